"""Drawn shapes: balanced, distinguishable, and with exactly the noise, imbalance and redundancy of the knobs."""

import pytest
import torch

from sundew_core.config import Config
from sundew_core.data import loading, shapes
from sundew_core.data.dataset import FULL_SCALE
from sundew_core.data.loading import load
from tests.support.datasets import CLASSES, generator

pytestmark = pytest.mark.usefixtures("data_home")


def test_shapes_are_balanced_clean_and_the_same_for_the_same_seed():
    config = Config(dataset="shapes", shapes_samples=400, seed=3)
    first = load(config)
    loading._latest.clear()
    again = load(config)
    other = load(config.changed(seed=4))
    assert torch.equal(first.train.images, again.train.images)
    assert torch.equal(first.val.images, again.val.images)
    assert not torch.equal(first.train.images, other.train.images)
    assert len(first.val) == 80
    assert torch.bincount(first.train.labels).tolist() == [400 // CLASSES] * CLASSES
    assert torch.bincount(first.val.labels).tolist() == [80 // CLASSES] * CLASSES
    assert first.noisy is not None
    assert not first.noisy.any()


def test_shapes_of_different_classes_look_different():
    labels = torch.arange(CLASSES)
    scenes = shapes.random_scenes(labels, generator())
    same = {name: getattr(scenes, name)[:1].expand_as(getattr(scenes, name)) for name in ("centre", "angle")}
    scenes = shapes.Scenes(
        labels=labels, radius=torch.full((CLASSES,), 10.0), noise=torch.zeros(CLASSES), gradient=torch.zeros(CLASSES, 2),
        shape_colour=torch.ones(CLASSES, 3), ground_colour=torch.zeros(CLASSES, 3), **same,
    )  # fmt: skip
    pixels = shapes.draw(scenes, generator()).float().flatten(1) / FULL_SCALE
    cover = pixels.mean(dim=1)
    assert cover.min() > 0.03
    assert cover.max() < 0.5
    apart = torch.cdist(pixels, pixels, p=1) / pixels.shape[1] + torch.eye(CLASSES)
    assert apart.min() > 0.02


@pytest.mark.parametrize("rate", [0.0, 0.1, 0.5])
def test_label_noise_is_exact_known_and_only_in_training(rate):
    clean = load(Config(dataset="shapes", shapes_samples=400))
    data = load(Config(dataset="shapes", shapes_samples=400, shapes_label_noise=rate))
    assert data.noisy is not None
    assert data.noisy.sum() == round(400 * rate)
    assert torch.equal(data.noisy, data.train.labels != clean.train.labels)
    assert torch.equal(data.train.images, clean.train.images)
    assert torch.equal(data.val.labels, clean.val.labels)


@pytest.mark.parametrize("imbalance", [1.0, 4.0, 100.0])
def test_class_sizes_fall_geometrically(imbalance):
    counts = torch.bincount(shapes.imbalanced_labels(20_000, imbalance, generator())).double()
    assert counts.sum() == 20_000
    assert counts[0] / counts[-1] == pytest.approx(imbalance, rel=0.03)
    torch.testing.assert_close(counts[1:] / counts[:-1], torch.full((CLASSES - 1,), imbalance ** (-1 / (CLASSES - 1))).double(),
                               rtol=0.05, atol=0)  # fmt: skip


@pytest.mark.parametrize("samples", [10, 11, 17, 50])
def test_even_the_rarest_class_has_a_sample(samples):
    counts = torch.bincount(shapes.imbalanced_labels(samples, 100.0, generator()), minlength=CLASSES)
    assert counts.min() >= 1
    assert counts.sum() == samples


@pytest.mark.parametrize("redundancy", [0.0, 0.5, 0.9])
def test_redundancy_is_the_fraction_of_near_copies(redundancy):
    labels = shapes.imbalanced_labels(800, 1.0, generator())
    originals = shapes.near_copies(labels, redundancy, generator())
    copies = originals != torch.arange(800)
    assert copies.float().mean() == pytest.approx(redundancy, abs=0.01)
    assert torch.equal(labels[originals], labels)
    assert not copies[originals].any()


def test_near_copies_are_near_but_not_equal():
    redundancy = 0.5
    data = load(Config(dataset="shapes", shapes_samples=400, shapes_redundancy=redundancy))
    labels = shapes.imbalanced_labels(400, 1.0, random := generator())
    originals = shapes.near_copies(labels, redundancy, random)
    copies = originals != torch.arange(400)
    pixels = data.train.images.float().flatten(1) / FULL_SCALE
    apart = torch.cdist(pixels, pixels)
    near = apart[copies, originals[copies]]
    usual = apart[copies].median(dim=1).values
    assert (near < usual / 2).float().mean() > 0.95
    assert near.min() > 0
