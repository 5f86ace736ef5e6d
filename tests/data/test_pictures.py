"""Pictures are the training images of the run's own data; other data are refused."""

import dataclasses
import io

import numpy as np
import pytest
import torch
from PIL import Image

from sundew_core.config import Config
from sundew_core.data import pictures as module
from sundew_core.data.loading import load
from sundew_core.data.pictures import LARGEST_SIDE, RunsData, pictures
from sundew_core.errors import DataError

SMALL = {"dataset": "shapes", "shapes_samples": 60}


def recorded(config, indices):
    dataset = load(config)
    labels = tuple(dataset.train.labels[list(indices)].tolist())
    return RunsData(samples=len(dataset.train), classes=dataset.classes, labels=labels)


@pytest.mark.parametrize("knobs", [{"dataset": "digits"}, SMALL], ids=["grey", "colour"])
def test_a_picture_has_exactly_the_pixels_of_the_data_set(knobs):
    config, indices = Config(**knobs), [5, 0, 41]
    files = pictures(config, indices, recorded(config, indices))
    images = load(config).train.images[indices].permute(0, 2, 3, 1).numpy()
    assert len(files) == 3
    for file, image in zip(files, images, strict=True):
        picture = Image.open(io.BytesIO(file))
        assert picture.format == "PNG"
        assert np.array_equal(np.asarray(picture), image.squeeze(-1) if image.shape[-1] == 1 else image)


def test_large_images_are_scaled_down(monkeypatch):
    config = Config(**SMALL)
    data = recorded(config, [0])
    dataset = load(config)
    large = dataclasses.replace(dataset.train, images=torch.zeros((60, 3, 300, 400), dtype=torch.uint8))
    monkeypatch.setattr(module, "load", lambda _: dataclasses.replace(dataset, train=large))
    (file,) = pictures(config, [0], data)
    assert Image.open(io.BytesIO(file)).size == (LARGEST_SIDE, LARGEST_SIDE * 3 // 4)


def test_the_data_set_of_a_run_that_trains_is_not_loaded_again(monkeypatch):
    config = Config(**SMALL)
    data = recorded(config, [0])
    monkeypatch.setattr("sundew_core.data.shapes.draw", lambda *_: pytest.fail("drawn anew"))
    assert pictures(config, [0], data)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"samples": 59}, "it had 59 training samples and now has 60"),
        ({"classes": ("cat", "dog")}, "its classes were cat, dog and are disc, square, triangle, cross,"),
        ({"labels": (7, 7, 7)}, "samples have other labels"),
    ],
)
def test_other_data_than_the_runs_are_refused(change, says):
    config, indices = Config(**SMALL), [0, 1, 2]
    with pytest.raises(DataError, match=f"shapes is no longer the one of this run: {says}"):
        pictures(config, indices, dataclasses.replace(recorded(config, indices), **change))


def test_many_classes_are_not_all_named():
    config = Config(**SMALL)
    other = dataclasses.replace(recorded(config, [0]), classes=tuple(f"class {i}" for i in range(100)))
    with pytest.raises(DataError, match="class 9 and 90 more and are disc"):
        pictures(config, [0], other)


def test_nothing_is_downloaded_for_a_picture(monkeypatch, tmp_path):
    monkeypatch.setenv("SUNDEW_DATA", str(tmp_path))
    monkeypatch.setattr(module, "load", lambda _: pytest.fail("loaded"))
    with pytest.raises(DataError, match=rf"cifar10 is no longer in {tmp_path}: start a run with it"):
        pictures(Config(dataset="cifar10"), [0], RunsData(samples=50_000, classes=(), labels=(0,)))


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(DataError, match="does not exist"):
        pictures(Config(dataset=f"folder:{tmp_path / 'gone'}"), [0], RunsData(samples=1, classes=(), labels=(0,)))
