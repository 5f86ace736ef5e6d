"""Coloured shapes, drawn when needed: a data set whose size, redundancy, label noise and imbalance are knobs.

Adaptive selection can only win if samples differ in what they teach. Here the user sets that difference: near copies
(redundancy), wrong labels (noise) and rare classes (imbalance). The same seed gives the same images.

Shapes: N images of C=3 channels, S=32 pixels on a side.
"""

import math
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Self

import torch
from torch import Tensor

from sundew_core.config import Config
from sundew_core.data.dataset import FULL_SCALE, Dataset, Progress, Split, channel_statistics

SIDE = 32
"""Height and width of the images, in pixels."""
DRAW_CHUNK = 2_048
"""Images drawn at a time, to limit the memory."""
VALIDATION_STREAM = 1 << 32
"""Added to the seed for the validation images: seeds are below 2^31, so no run trains on them."""

RADIUS_PIXELS = (6.0, 13.0)
CENTRE_PIXELS = (12.0, 20.0)
TILT_RADIANS = math.pi / 8
"""Largest rotation of a shape, each way."""
NOISE = (0.01, 0.08)
"""Standard deviation of the pixel noise, in units of full scale."""
GRADIENT = 0.2
"""Largest change of the background's brightness over the image, in units of full scale."""
COLOUR_DISTANCE = 0.35
"""Least change from background to shape in one channel, in units of full scale."""
COPY_PIXELS = 0.5
"""Standard deviation of a near copy's displacement."""
COPY_RADIANS = 0.05
"""Standard deviation of a near copy's rotation."""


Outline = Callable[[Tensor, Tensor], Tensor]
"""Signed distance to a shape's edge at (u, v), negative inside; all in units of the shape's radius."""
OUTLINES: Mapping[str, Outline] = types.MappingProxyType(
    {
        "disc": lambda u, v: torch.hypot(u, v) - 0.9,
        "square": lambda u, v: torch.maximum(u.abs(), v.abs()) - 0.78,
        "triangle": lambda u, v: torch.maximum(math.sqrt(0.75) * u.abs() + 0.5 * v, -v) - 0.55,
        "cross": lambda u, v: torch.maximum(torch.minimum(u.abs(), v.abs()) - 0.28, torch.maximum(u.abs(), v.abs()) - 1.0),
        "ring": lambda u, v: (torch.hypot(u, v) - 0.72).abs() - 0.22,
        "bar": lambda u, v: torch.maximum(u.abs() - 1.0, v.abs() - 0.3),
        "frame": lambda u, v: (torch.maximum(u.abs(), v.abs()) - 0.64).abs() - 0.18,
        "half-disc": lambda u, v: torch.maximum(torch.hypot(u, v + 0.45) - 1.0, -v - 0.45),
    }
)
"""The classes; if they are imbalanced, the most common is first."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Scenes:
    """What `draw` draws, one row per image."""

    labels: Tensor
    """[N] int64, index into `OUTLINES`."""
    centre: Tensor
    """[N, 2] row and column, in pixels."""
    radius: Tensor
    """[N] in pixels."""
    angle: Tensor
    """[N] in radians."""
    shape_colour: Tensor
    """[N, 3] in [0, 1]."""
    ground_colour: Tensor
    """[N, 3] in [0, 1]."""
    gradient: Tensor
    """[N, 2] change of brightness over the image, downwards and to the right."""
    noise: Tensor
    """[N] standard deviation of the pixel noise."""

    def take(self, index: Tensor | slice) -> Self:
        """The scenes at `index` [M]; an index may repeat."""
        return replace(self, **{field.name: getattr(self, field.name)[index] for field in fields(self)})


def load_shapes(config: Config, progress: Progress) -> Dataset:
    """Draw the data set that `seed` and the `shapes_*` knobs describe; the validation images are balanced and clean."""
    progress(f"Drawing {config.shapes_samples:,} training images of shapes")
    generator = torch.Generator().manual_seed(config.seed)
    labels = imbalanced_labels(config.shapes_samples, config.shapes_imbalance, generator)
    originals = near_copies(labels, config.shapes_redundancy, generator)
    train_images = draw(_with_copies(random_scenes(labels, generator), originals, generator), generator)
    given_labels, noisy = mislabelled(labels, config.shapes_label_noise, generator)

    generator = torch.Generator().manual_seed(config.seed + VALIDATION_STREAM)
    val_labels = torch.arange(max(config.shapes_samples // 5, len(OUTLINES))) % len(OUTLINES)
    val_images = draw(random_scenes(val_labels, generator), generator)

    mean, std = channel_statistics(train_images)
    return Dataset(
        name="shapes",
        classes=tuple(OUTLINES),
        train=Split(images=train_images, labels=given_labels),
        val=Split(images=val_images, labels=val_labels),
        mean=mean,
        std=std,
        shift=2,
        flip=True,
        noisy=noisy,
    )


def imbalanced_labels(samples: int, imbalance: float, generator: torch.Generator) -> Tensor:
    """Labels [samples] in random order; class sizes fall geometrically, the first `imbalance` times the last.

    Every class has at least one sample, taken from the first class.
    """
    weights = imbalance ** -torch.linspace(0.0, 1.0, len(OUTLINES), dtype=torch.float64)
    borders = (weights.cumsum(0) / weights.sum() * samples).round().long()
    counts = borders.diff(prepend=torch.zeros(1, dtype=torch.long)).clamp(min=1)
    counts[0] -= counts.sum() - samples
    labels = torch.arange(len(OUTLINES)).repeat_interleave(counts)
    return labels[torch.randperm(samples, generator=generator)]


def near_copies(labels: Tensor, redundancy: float, generator: torch.Generator) -> Tensor:
    """For each sample [N], the index of the sample that it nearly copies; an original has its own index.

    In each class, a fraction `redundancy` of the samples copies its other samples; at least one sample is an original.
    """
    originals = torch.arange(len(labels))
    for label in range(len(OUTLINES)):
        members = (labels == label).nonzero().flatten()
        kept = max(1, round(len(members) * (1.0 - redundancy)))
        picks = torch.randint(kept, (len(members) - kept,), generator=generator)
        originals[members[kept:]] = members[picks]
    return originals


def mislabelled(labels: Tensor, rate: float, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Labels [N] of which a fraction `rate`, rounded to whole samples, is wrong; and which ones are, [N] bool."""
    count = round(len(labels) * rate)
    chosen = torch.randperm(len(labels), generator=generator)[:count]
    noisy = torch.zeros(len(labels), dtype=torch.bool)
    noisy[chosen] = True
    given = labels.clone()
    steps = torch.randint(1, len(OUTLINES), (count,), generator=generator)
    given[chosen] = (labels[chosen] + steps) % len(OUTLINES)
    return given, noisy


def random_scenes(labels: Tensor, generator: torch.Generator) -> Scenes:
    """A random scene for each label [N]: small and pale shapes are hard, large and bright ones easy."""

    def uniform(low: float, high: float, *shape: int) -> Tensor:
        return torch.rand((len(labels), *shape), generator=generator) * (high - low) + low

    ground = uniform(0.1, 0.9, 3)
    # Away from the background in every channel, towards the end of the scale that is farther away.
    direction = torch.where(ground < 0.5, 1.0, -1.0)
    return Scenes(
        labels=labels,
        centre=uniform(*CENTRE_PIXELS, 2),
        radius=uniform(*RADIUS_PIXELS),
        angle=uniform(-TILT_RADIANS, TILT_RADIANS),
        shape_colour=(ground + direction * uniform(COLOUR_DISTANCE, 0.9, 3)).clamp(0.0, 1.0),
        ground_colour=ground,
        gradient=uniform(-GRADIENT, GRADIENT, 2),
        noise=uniform(*NOISE),
    )


def _with_copies(scenes: Scenes, originals: Tensor, generator: torch.Generator) -> Scenes:
    """The scenes, with every near copy replaced by its original, slightly moved and rotated."""
    copied = scenes.take(originals)
    is_copy = (originals != torch.arange(len(originals))).float()  # [N]
    moved = torch.randn((len(originals), 2), generator=generator) * COPY_PIXELS
    turned = torch.randn(len(originals), generator=generator) * COPY_RADIANS
    return replace(copied, centre=copied.centre + moved * is_copy[:, None], angle=copied.angle + turned * is_copy)


def draw(scenes: Scenes, generator: torch.Generator) -> Tensor:
    """Images [N, 3, S, S] uint8 of the scenes, each with fresh pixel noise."""
    images = torch.empty((len(scenes.labels), 3, SIDE, SIDE), dtype=torch.uint8)
    for start in range(0, len(images), DRAW_CHUNK):
        chunk = scenes.take(slice(start, start + DRAW_CHUNK))
        cover = _cover(chunk)[:, None]  # [n, 1, S, S]
        ramp = torch.linspace(-0.5, 0.5, SIDE)
        light = chunk.gradient[:, 0, None, None] * ramp[:, None] + chunk.gradient[:, 1, None, None] * ramp  # [n, S, S]
        pixels = torch.lerp(chunk.ground_colour[:, :, None, None] + light[:, None], chunk.shape_colour[:, :, None, None], cover)
        pixels += chunk.noise[:, None, None, None] * torch.randn(pixels.shape, generator=generator)
        images[start : start + DRAW_CHUNK] = (pixels.clamp(0.0, 1.0) * FULL_SCALE).round().to(torch.uint8)
    return images


def _cover(scenes: Scenes) -> Tensor:
    """How much of each pixel the shape covers: [N, S, S] in [0, 1], with edges one pixel soft."""
    pixel = torch.arange(SIDE, dtype=torch.float32) + 0.5
    down = (pixel - scenes.centre[:, :1])[:, :, None]  # [N, S, 1]
    right = (pixel - scenes.centre[:, 1:])[:, None, :]  # [N, 1, S]
    cosine, sine = scenes.angle.cos()[:, None, None], scenes.angle.sin()[:, None, None]
    radius = scenes.radius[:, None, None]
    u = (right * cosine + down * sine) / radius  # [N, S, S]
    v = (down * cosine - right * sine) / radius  # [N, S, S]
    distance = torch.empty_like(u)
    for label, outline in enumerate(OUTLINES.values()):
        members = scenes.labels == label
        distance[members] = outline(u[members], v[members])
    return (0.5 - distance * radius).clamp(0.0, 1.0)
