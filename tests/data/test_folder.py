"""Image folders: layouts, decoding, and every message."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from sundew_core.config import Config
from sundew_core.data import folder, loading
from sundew_core.data.loading import load
from tests.support.datasets import refuse

pytestmark = pytest.mark.usefixtures("data_home")


def write_image(path: Path, colour: tuple[int, int, int] = (200, 30, 60), size: tuple[int, int] = (40, 30)) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, colour).save(path)


@pytest.fixture
def pictures(tmp_path):
    """Two classes, red and blue, ten images each, in train/ and in val/."""
    root = tmp_path / "pictures"
    for part, count in (("train", 10), ("val", 4)):
        for index in range(count):
            write_image(root / part / "red" / f"{index}.png", (250, 0, 0))
            write_image(root / part / "blue" / f"{index}.JPG", (0, 0, 250))
    return root


def of_folder(root: Path, **knobs) -> Config:
    return Config(dataset=f"folder:{root}", **{"image_size": 16, **knobs})


def test_a_folder_is_read_with_its_classes_in_order(pictures, capsys):
    (pictures / "train" / "red" / "notes.txt").write_text("no image")
    (pictures / "train" / ".hidden").mkdir()
    messages = []
    data = load(of_folder(pictures), progress=messages.append)
    assert data.classes == ("blue", "red")
    assert (len(data.train), len(data.val)) == (20, 8)
    assert data.image_shape == (3, 16, 16)
    assert data.unreadable == ()
    mean_colour = data.train.images[data.train.labels == 1].float().mean(dim=(0, 2, 3))
    torch.testing.assert_close(mean_colour, torch.tensor([250.0, 0.0, 0.0]), atol=3, rtol=0)
    assert any("of 20 images" in message for message in messages)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("name", ["valid", "test"])
def test_the_folder_of_validation_images_may_have_another_name(pictures, name):
    (pictures / "val").rename(pictures / name)
    assert len(load(of_folder(pictures)).val) == 8


def test_a_folder_of_classes_alone_is_split_reproducibly(pictures):
    data = load(of_folder(pictures / "train"))
    assert (len(data.train), len(data.val)) == (16, 4)
    assert torch.bincount(data.val.labels).tolist() == [2, 2]
    loading._latest.clear()
    assert torch.equal(load(of_folder(pictures / "train", seed=9)).val.labels, data.val.labels)


def test_images_are_scaled_to_the_short_side_and_cropped_to_the_centre(tmp_path):
    path = tmp_path / "stripes.png"
    stripes = np.zeros((20, 60, 3), dtype=np.uint8)
    stripes[:, 20:40] = 255
    Image.fromarray(stripes).save(path)
    assert (folder._decode(path, 20) == 255).all()
    assert folder._decode(path, 10).shape == (10, 10, 3)


def test_sixteen_bit_grey_transparent_and_rotated_images_are_decoded_as_seen(tmp_path):
    grey, clear, turned = tmp_path / "grey.png", tmp_path / "clear.png", tmp_path / "turned.jpg"
    Image.fromarray(np.full((8, 8), 128 << 8, dtype=np.uint16)).save(grey)
    palette = Image.new("P", (8, 8))
    palette.putpalette([10, 200, 10] * 256)
    palette.save(clear, transparency=bytes([255, 128]))
    exif = Image.Exif()
    exif[0x0112] = 6
    upright = np.zeros((16, 16, 3), dtype=np.uint8)
    upright[:, :8] = 255
    Image.fromarray(upright).save(turned, exif=exif)
    assert (folder._decode(grey, 8) == 128).all()
    assert folder._decode(clear, 8)[0, 0].tolist() == [10, 200, 10]
    pixels = folder._decode(turned, 16)
    assert pixels[:6].min() > 200
    assert pixels[10:].max() < 50


def test_a_broken_image_is_left_out_and_named(pictures):
    whole = (pictures / "train" / "blue" / "0.JPG").read_bytes()
    (pictures / "train" / "blue" / "broken.jpg").write_bytes(whole[: len(whole) // 2])
    (pictures / "val" / "red" / "empty.png").write_bytes(b"")
    data = load(of_folder(pictures))
    assert data.unreadable == ("train/blue/broken.jpg", "val/red/empty.png")
    assert (len(data.train), len(data.val)) == (20, 8)
    assert data.train.labels.tolist() == [0] * 10 + [1] * 10


def test_a_changed_folder_is_read_again(pictures):
    first = load(of_folder(pictures))
    assert load(of_folder(pictures)) is first
    assert load(of_folder(pictures, image_size=8)).image_shape == (3, 8, 8)
    write_image(pictures / "train" / "red" / "new.png")
    assert len(load(of_folder(pictures)).train) == 21


def test_a_broken_link_is_an_unreadable_image(pictures):
    (pictures / "train" / "red" / "gone.png").symlink_to(pictures / "nowhere.png")
    data = load(of_folder(pictures))
    assert data.unreadable == ("train/red/gone.png",)


def test_a_missing_folder_is_refused(tmp_path):
    refuse(of_folder(tmp_path / "nowhere"), str(tmp_path / "nowhere"), "does not exist", "give the path")


def test_a_file_instead_of_a_folder_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    refuse(of_folder(tmp_path / "file"), "is not a folder")


def test_an_empty_folder_is_refused(tmp_path):
    refuse(of_folder(tmp_path), str(tmp_path), "no class folders", "two or more classes")


def test_one_class_is_refused(tmp_path):
    write_image(tmp_path / "only" / "0.png")
    refuse(of_folder(tmp_path), "only the class folder only", "two or more classes")


def test_a_folder_without_validation_images_is_refused(pictures):
    (pictures / "val").rename(pictures / "holiday")
    refuse(of_folder(pictures), "none for validation", "add a folder val or test")


def test_classes_that_differ_between_training_and_validation_are_refused(pictures):
    (pictures / "val" / "blue").rename(pictures / "val" / "green")
    refuse(of_folder(pictures), "blue", str(pictures / "val"), "same class folders")


def test_a_class_without_images_is_refused(pictures):
    (pictures / "train" / "green").mkdir()
    (pictures / "val" / "green").mkdir()
    refuse(of_folder(pictures), str(pictures / "train" / "green"), "holds no images")


def test_a_class_without_a_readable_image_is_refused(pictures):
    for path in (pictures / "val" / "red").iterdir():
        path.write_bytes(b"nonsense")
    refuse(of_folder(pictures), str(pictures / "val" / "red"), "no image of", "can be read")


def test_a_single_image_cannot_be_split(tmp_path):
    for name, count in (("many", 9), ("single", 1)):
        for index in range(count):
            write_image(tmp_path / name / f"{index}.png")
    refuse(of_folder(tmp_path), "single readable image", "add images")
