"""Batch operations on images against slow references."""

import pytest
import torch

from sundew_core.data.dataset import FULL_SCALE, channel_statistics
from sundew_core.data.transforms import augment, contrast, prepare
from tests.support.datasets import generator, random_images

pytestmark = pytest.mark.usefixtures("data_home")


def shifted(image: torch.Tensor, down: int, right: int, mirrored: bool) -> torch.Tensor:
    """The obvious reference: one pixel at a time."""
    _, height, width = image.shape
    source = image.flip(2) if mirrored else image
    result = torch.zeros_like(image)
    for row in range(height):
        for column in range(width):
            # The shift moves the image after mirroring.
            y, x = row - down, column - right
            if 0 <= y < height and 0 <= x < width:
                result[:, row, column] = source[:, y, x]
    return result


@pytest.mark.parametrize("flip", [False, True])
@pytest.mark.parametrize("channels", [1, 3])
def test_augment_gives_each_image_its_own_shift_and_flip(channels, flip):
    images = random_images(64, channels, 6, 7)
    moved = augment(images, 2, flip, generator())
    found = []
    for before, after in zip(images, moved, strict=True):
        matches = [
            (down, right, mirrored)
            for down in range(-2, 3)
            for right in range(-2, 3)
            for mirrored in ([False, True] if flip else [False])
            if torch.equal(after, shifted(before, down, right, mirrored))
        ]
        assert len(matches) == 1
        found += matches
    assert {down for down, _, _ in found} == {right for _, right, _ in found} == {-2, -1, 0, 1, 2}
    assert len(set(found)) > 15
    if flip:
        assert 16 < sum(mirrored for _, _, mirrored in found) < 48


def test_augment_keeps_its_input_and_repeats_itself_with_the_same_seed():
    images = random_images(8, 3, 8, 8)
    before = images.clone()
    first, again, other = (augment(images, 2, True, generator(seed)) for seed in (1, 1, 2))
    assert torch.equal(images, before)
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert first.dtype == torch.uint8


def test_augment_without_shift_or_flip_does_nothing():
    images = random_images(4, 1, 8, 8)
    assert augment(images, 0, False, generator()) is images


def test_prepare_standardises_each_channel():
    images = random_images(50, 3, 8, 8)
    images[:, 1] //= 4
    mean, std = channel_statistics(images)
    prepared = prepare(images, mean, std)
    assert prepared.dtype == torch.float32
    assert prepared.shape == images.shape
    torch.testing.assert_close(prepared.mean(dim=(0, 2, 3)), torch.zeros(3), atol=1e-5, rtol=0)
    torch.testing.assert_close(prepared.std(dim=(0, 2, 3), correction=0), torch.ones(3), atol=1e-5, rtol=0)


def test_statistics_and_contrast_do_not_depend_on_chunks(monkeypatch):
    images = random_images(31, 3, 8, 8)
    whole = (*channel_statistics(images), contrast(images))
    monkeypatch.setattr("sundew_core.data.dataset.CHUNK_PIXELS", 3 * 8 * 8 * 4)
    parts = (*channel_statistics(images), contrast(images))
    for one, other in zip(whole, parts, strict=True):
        torch.testing.assert_close(one, other)
    pixels = images.double() / FULL_SCALE
    torch.testing.assert_close(whole[0], pixels.mean(dim=(0, 2, 3)).float())
    torch.testing.assert_close(whole[1], pixels.std(dim=(0, 2, 3), correction=0).float())


def test_a_constant_channel_can_still_be_prepared():
    images = torch.full((4, 1, 8, 8), 7, dtype=torch.uint8)
    assert prepare(images, *channel_statistics(images)).abs().max() < 1e-4


def test_contrast_is_zero_for_a_plain_image_and_half_for_black_and_white():
    images = torch.full((2, 3, 8, 8), 90, dtype=torch.uint8)
    images[1, :, :4], images[1, :, 4:] = 0, 255
    assert contrast(images).tolist() == [0.0, 0.5]
