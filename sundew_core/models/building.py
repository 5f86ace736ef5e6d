"""`build(name, image_shape, classes)`: the one way to a model, through the registry of builders."""

import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from torch import nn

from sundew_core.config import split_name
from sundew_core.models.cnn import Cnn
from sundew_core.models.vit import NANO, PUBLISHED, Vit

Builder = Callable[[tuple[int, int, int], int], nn.Module]
"""Takes an image shape [C, H, W] and a number of classes; returns a model with random weights."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to build a model, and the peak learning rate that suits it with AdamW and a cosine schedule."""

    build: Builder
    lr: float


def _resnet18(image_shape: tuple[int, int, int], classes: int) -> nn.Module:
    # This loads all of torchvision, which the default models do not need.
    from sundew_core.models.vision import build_resnet18

    return build_resnet18(image_shape, classes)


MODELS: Mapping[str, Recipe] = types.MappingProxyType(
    {
        "cnn": Recipe(Cnn, 2e-3),
        "vit-nano": Recipe(partial(Vit, sizes=NANO), 3e-3),
        "vit": Recipe(partial(Vit, sizes=PUBLISHED), 1e-4),
        "resnet18": Recipe(_resnet18, 1e-3),
    }
)
"""Every name of `config.MODELS`; torchvision builds `torchvision:NAME`."""
TORCHVISION_LR = 1e-3


def build(name: str, image_shape: tuple[int, int, int], classes: int) -> nn.Module:
    """Build the model for images [C, H, W] on the CPU. Seed torch's global generator first: the weights are drawn from it.

    Raises `InputError` if torchvision has no such classifier, or if the model cannot take such images.
    """
    kind, own_name = split_name(name)
    if kind == "torchvision":
        from sundew_core.models.vision import build_torchvision

        return build_torchvision(own_name, image_shape, classes)
    return MODELS[name].build(image_shape, classes)


def default_lr(name: str) -> float:
    """The peak learning rate that `lr=auto` stands for, with AdamW and a cosine schedule."""
    return TORCHVISION_LR if split_name(name)[0] == "torchvision" else MODELS[name].lr


def describe(name: str, model: nn.Module) -> str:
    """The model's name and sizes in one line, such as `cnn: features 32-64, 75,498 parameters`."""
    parameters = f"{sum(weight.numel() for weight in model.parameters()):,} parameters"
    return f"{name}: {model.sizes}, {parameters}" if isinstance(model, Cnn | Vit) else f"{name}: {parameters}"
