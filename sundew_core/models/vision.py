"""Networks of torchvision, adapted to small images, to any number of channels, and to the number of classes."""

import difflib
from typing import Any

import torch
import torchvision
from torch import nn

from sundew_core.errors import InputError
from sundew_core.models.probing import accepts

SMALL_IMAGE = 64
"""Images with fewer pixels per side are small: the usual stem would discard 15 of 16 positions."""
USUAL_SIDES = (32, 64, 96, 128, 224, 256, 299)
"""Sizes that are tried, in this order, to name those that a network accepts."""
WITH_AUXILIARY_HEADS = ("googlenet", "inception_v3")


def build_resnet18(image_shape: tuple[int, int, int], classes: int) -> nn.Module:
    """ResNet-18. Below 64 pixels its stem is 3x3 with stride 1 and has no max-pooling, as is usual for CIFAR."""
    channels, height, width = image_shape
    model: nn.Module = torchvision.models.resnet18(weights=None, num_classes=classes)
    if max(height, width) < SMALL_IMAGE:
        model.conv1 = nn.Conv2d(channels, 64, 3, stride=1, padding=1, bias=False)
        model.maxpool = nn.Identity()
    else:
        _set_channels(model, channels)
    return model


def build_torchvision(name: str, image_shape: tuple[int, int, int], classes: int) -> nn.Module:
    """Build the classifier `torchvision.models.NAME` with random weights.

    Raises `InputError` if torchvision has no classifier of that name, or if it cannot take such images.
    """
    classifiers = torchvision.models.list_models(module=torchvision.models)
    if name not in classifiers:
        if name in torchvision.models.list_models():
            raise InputError(f"torchvision:{name} is not an image classifier: choose one, such as torchvision:mobilenet_v3_small")
        close = difflib.get_close_matches(name, classifiers, n=3) or ["mobilenet_v3_small", "resnet34"]
        raise InputError(
            f"torchvision has no model {name!r}: did you mean {' or '.join(f'torchvision:{match}' for match in close)}?"
        )
    # On the meta device the probe costs neither memory nor arithmetic: only shapes matter.
    with torch.device("meta"):
        shadow = _construct(name, image_shape[0], classes)
    if not accepts(shadow, image_shape):
        taken = [f"{side}x{side}" for side in USUAL_SIDES if accepts(shadow, (image_shape[0], side, side))]
        raise InputError(
            f"torchvision:{name} cannot take images of {image_shape[1]}x{image_shape[2]} pixels"
            + (f", only of {', '.join(taken)}: use an image folder with image_size set to one of these, or " if taken else ": ")
            + "choose another model, such as cnn or resnet18"
        )
    return _construct(name, image_shape[0], classes)


def _construct(name: str, channels: int, classes: int) -> nn.Module:
    options: dict[str, Any] = {}
    if name in WITH_AUXILIARY_HEADS:
        # With auxiliary heads the output in training mode would be a tuple instead of scores.
        options = {"aux_logits": False, "init_weights": True}
    model: nn.Module = torchvision.models.get_model(name, weights=None, num_classes=classes, **options)
    _set_channels(model, channels)
    return model


def _set_channels(model: nn.Module, channels: int) -> None:
    """Replace the network's first convolution if the images have another number of channels."""
    path, first = next((path, part) for path, part in model.named_modules() if isinstance(part, nn.Conv2d))
    if first.in_channels == channels:
        return
    replacement = nn.Conv2d(
        channels,
        first.out_channels,
        kernel_size=first.kernel_size,  # type: ignore[arg-type]
        stride=first.stride,  # type: ignore[arg-type]
        padding=first.padding,  # type: ignore[arg-type]
        bias=first.bias is not None,
    )
    model.set_submodule(path, replacement)
