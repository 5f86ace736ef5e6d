"""A data set: its held-out samples, and where its tensors are."""

import pytest
import torch

from sundew_core.config import Config
from sundew_core.data.dataset import evenly, holdout
from sundew_core.data.loading import load
from tests.support.datasets import generator

pytestmark = pytest.mark.usefixtures("data_home")


def test_holdout_takes_a_fifth_of_each_class_and_always_the_same():
    labels = torch.randint(0, 7, (503,), generator=generator())
    held_out = holdout(labels)
    assert held_out.sum() == 101
    for label in range(7):
        members = (labels == label).sum().item()
        assert abs((held_out & (labels == label)).sum().item() - members / 5) < 1
    assert torch.equal(held_out, holdout(labels))


def test_the_first_samples_of_the_even_order_hold_the_classes_in_proportion():
    labels = torch.cat((torch.full((100,), 7), torch.full((50,), 2), torch.full((10,), 0)))[torch.randperm(160)]
    order = evenly(labels)
    assert sorted(order.tolist()) == list(range(160))
    for count in (16, 32, 80, 144):
        taken = labels[order[:count]].bincount(minlength=8)[[7, 2, 0]]
        assert (taken - torch.tensor([100, 50, 10]) * count / 160).abs().max() <= 1
    assert torch.equal(order, evenly(labels))


def test_to_moves_the_tensors_and_keeps_the_rest():
    data = load(Config(dataset="shapes", shapes_samples=40))
    there = data.to("meta")
    assert {there.train.images.device.type, there.val.labels.device.type, there.mean.device.type} == {"meta"}
    assert (there.name, there.classes, there.image_shape) == (data.name, data.classes, (3, 32, 32))


def test_data_too_large_for_the_gpu_stays_in_pinned_memory(monkeypatch):
    data = load(Config(dataset="shapes", shapes_samples=40))
    pinned = []
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (data.train.nbytes, 0))
    monkeypatch.setattr(torch.Tensor, "pin_memory", lambda tensor: pinned.append(tensor.shape) or tensor)
    monkeypatch.setattr(torch.Tensor, "to", lambda tensor, device: tensor)
    there = data.to("cuda")
    assert there.train.images is data.train.images
    assert len(pinned) == 4
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (3 * data.train.nbytes, 0))
    data.to("cuda")
    assert len(pinned) == 4
