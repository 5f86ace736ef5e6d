"""Models: every registered name, the sizes they promise, odd images, and steps of a single sample."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from sundew_core import config
from sundew_core.data.loading import load
from sundew_core.data.transforms import augment, prepare
from sundew_core.errors import InputError
from sundew_core.models.building import MODELS, build, default_lr, describe
from sundew_core.models.probing import accepts, single_sample_safe

DIGITS = (1, 8, 8)
MNIST = (1, 28, 28)
CIFAR = (3, 32, 32)
SMALL_MODELS = ("cnn", "vit-nano")


def step(model: nn.Module, images: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Loss of one training step's backward pass."""
    loss = F.cross_entropy(model(images), labels)
    loss.backward()
    return loss


def forward_mflop(model: nn.Module, image_shape: tuple[int, int, int]) -> float:
    """Million operations of one sample's forward pass, in training mode, as the counter does not see fused operators."""
    with FlopCounterMode(display=False) as counter:
        model(torch.zeros(1, *image_shape))
    return counter.get_total_flops() / 1e6


def test_the_registry_has_exactly_the_names_of_the_configuration():
    assert tuple(MODELS) == config.MODELS


@pytest.mark.parametrize("image_shape", [DIGITS, MNIST, CIFAR])
@pytest.mark.parametrize("name", config.MODELS)
def test_every_model_scores_every_class_at_full_and_at_half_resolution(name, image_shape):
    model = build(name, image_shape, 7)
    channels, height, width = image_shape
    assert model(torch.randn(2, *image_shape)).shape == (2, 7)
    assert accepts(model, (channels, height // 2, width // 2))
    assert model.training


@pytest.mark.parametrize("name", config.MODELS)
def test_a_single_sample_trains_every_parameter(name):
    torch.manual_seed(0)
    model = build(name, DIGITS, 10).train()
    # A head that starts at zero passes no gradient back in the first step.
    if name == "cnn":
        nn.init.normal_(model.head.weight)
    with single_sample_safe(model):
        loss = step(model, torch.randn(1, *DIGITS), torch.tensor([3]))
    assert torch.isfinite(loss)
    for path, weight in model.named_parameters():
        assert weight.grad is not None, path
        assert torch.isfinite(weight.grad).all(), path


def test_batch_norm_refuses_a_single_sample_without_help_and_is_left_as_it_was():
    model = build("resnet18", DIGITS, 10).train()
    images, labels = torch.randn(1, *DIGITS), torch.tensor([3])
    with pytest.raises(ValueError, match="more than 1 value per channel"):
        step(model, images, labels)
    statistics = model.bn1.running_mean.clone()
    modes = [part.training for part in model.modules()]
    with single_sample_safe(model):
        assert model.training
        step(model, images, labels)
    assert [part.training for part in model.modules()] == modes
    # The refused step changed the first layers; the helped step must change no statistics.
    assert torch.equal(model.bn1.running_mean, statistics)


@pytest.mark.parametrize("name", config.MODELS)
def test_the_same_seed_gives_the_same_weights(name):
    weights = []
    for _ in range(2):
        torch.manual_seed(4)
        weights.append(nn.utils.parameters_to_vector(build(name, DIGITS, 10).parameters()))
    assert torch.equal(*weights)


def test_the_default_model_is_as_cheap_as_promised():
    assert forward_mflop(build("cnn", DIGITS, 10), DIGITS) < 3.1
    assert 10 < forward_mflop(build("cnn", CIFAR, 10), CIFAR) < 25


@pytest.fixture
def one_thread():
    """Train with one thread: such small batches gain nothing from more, which would wait for each other."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def test_the_default_model_passes_97_percent_on_digits_after_6000_presentations(one_thread):
    digits = load(config.Config(dataset="digits"))
    batch_size, steps = 64, 6000 // 64
    accuracies = []
    for seed in range(3):
        torch.manual_seed(seed)
        random = torch.Generator().manual_seed(seed)
        model = build("cnn", digits.image_shape, len(digits.classes))
        optimizer = torch.optim.AdamW(model.parameters(), lr=default_lr("cnn"), weight_decay=0.01)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
        order = torch.cat([torch.randperm(len(digits.train), generator=random) for _ in range(5)])
        for number in range(steps):
            chosen = order[number * batch_size : (number + 1) * batch_size]
            images = augment(digits.train.images[chosen], digits.shift, digits.flip, random)
            optimizer.zero_grad()
            step(model, prepare(images, digits.mean, digits.std), digits.train.labels[chosen])
            optimizer.step()
            schedule.step()
        model.eval()
        with torch.no_grad():
            scores = model(prepare(digits.val.images, digits.mean, digits.std))
        accuracies.append((scores.argmax(dim=1) == digits.val.labels).float().mean().item())
    assert sum(accuracies) / len(accuracies) >= 0.97


def test_the_vit_is_the_published_one():
    model = build("vit", CIFAR, 10)
    assert describe("vit", model).startswith("vit: patch 4, 64 tokens, dim 256, depth 6, 8 heads, MLP ratio 2, 3,")
    assert default_lr("vit") == 1e-4
    assert 400 < forward_mflop(model, CIFAR) < 450


def test_the_layers_of_a_vit_start_from_different_weights():
    first, second, *_ = build("vit-nano", CIFAR, 10).layers.layers
    assert not torch.equal(first.linear1.weight, second.linear1.weight)
    assert not torch.equal(first.self_attn.in_proj_weight, second.self_attn.in_proj_weight)


@pytest.mark.parametrize(("side", "tokens"), [(8, 16), (28, 49), (32, 64), (64, 256), (128, 256), (224, 196)])
def test_patches_keep_the_number_of_tokens_within_bounds(side, tokens):
    assert f", {tokens} tokens," in describe("vit-nano", build("vit-nano", (3, side, side), 10))


@pytest.mark.parametrize(("side", "words"), [(9, "8 or 10"), (30, "28 or 32"), (500, "480 or 512")])
def test_a_vit_names_the_sizes_that_it_can_cut(side, words):
    with pytest.raises(InputError, match=f"{side}x{side} is not a multiple.*give images of {words}"):
        build("vit-nano", (3, side, side), 10)


@pytest.mark.parametrize("name", SMALL_MODELS)
def test_large_images_are_accepted(name):
    model = build(name, (3, 224, 224), 5)
    assert model(torch.zeros(1, 3, 224, 224)).shape == (1, 5)
    assert accepts(model, (3, 112, 112))


def test_resnet18_keeps_its_usual_stem_for_large_images():
    small, large, grey = (build("resnet18", shape, 10) for shape in (CIFAR, (3, 64, 64), (1, 64, 64)))
    assert (small.conv1.stride, large.conv1.stride) == ((1, 1), (2, 2))
    assert isinstance(small.maxpool, nn.Identity)
    assert isinstance(large.maxpool, nn.MaxPool2d)
    assert grey(torch.zeros(2, 1, 64, 64)).shape == (2, 10)


@pytest.mark.parametrize("image_shape", [CIFAR, (1, 32, 32)])
def test_torchvision_models_fit_channels_and_classes(image_shape):
    model = build("torchvision:mobilenet_v3_small", image_shape, 7)
    assert model.train()(torch.zeros(2, *image_shape)).shape == (2, 7)
    assert describe("torchvision:mobilenet_v3_small", model).endswith("parameters")
    with single_sample_safe(model):
        step(model, torch.randn(1, *image_shape), torch.tensor([0]))


def test_an_unknown_torchvision_model_is_refused_with_close_names():
    with pytest.raises(InputError, match=r"no model 'resnet19'.*torchvision:resnet18"):
        build("torchvision:resnet19", CIFAR, 10)


@pytest.mark.parametrize("name", ["fcn_resnet50", "raft_small", "r3d_18", "quantized_resnet18"])
def test_a_torchvision_model_other_than_a_classifier_is_refused(name):
    with pytest.raises(InputError, match=f"torchvision:{name} is not an image classifier"):
        build(f"torchvision:{name}", CIFAR, 10)


@pytest.mark.parametrize(("name", "sizes"), [("vit_b_16", "only of 224x224"), ("alexnet", "only of 64x64, 96x96")])
def test_a_torchvision_model_that_cannot_take_the_image_names_sizes(name, sizes):
    with pytest.raises(InputError, match=f"cannot take images of 32x32 pixels, {sizes}.*image_size"):
        build(f"torchvision:{name}", CIFAR, 10)


def test_accepts_keeps_a_model_and_is_false_if_a_forward_pass_would_raise():
    model = nn.Sequential(nn.Conv2d(3, 4, 5), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(4 * 4 * 4, 10)).train()
    model[1].eval()
    statistics = model[1].running_mean.clone()
    assert accepts(model, (3, 8, 8))
    assert not accepts(model, (3, 4, 4))
    assert not accepts(model, (3, 16, 16))
    assert not accepts(nn.Conv2d(3, 4, 1), (3, 8, 8))
    assert [part.training for part in model] == [True, False, True, True]
    assert torch.equal(model[1].running_mean, statistics)


def test_the_learning_rate_of_torchvision_models_is_declared():
    assert default_lr("torchvision:resnet34") == 1e-3
    assert all(1e-5 < default_lr(name) < 1e-1 for name in config.MODELS)
