"""Data sets: what the loaders promise, the batch operations against slow references, and every message."""

from __future__ import annotations

import hashlib
import pickle
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from sundew_core.config import DATASETS, Config
from sundew_core.data import fetch, folder, loading, published, shapes
from sundew_core.data.catalogue import PUBLISHED
from sundew_core.data.dataset import FULL_SCALE, channel_statistics, evenly, holdout
from sundew_core.data.inventory import inventory
from sundew_core.data.loading import SOURCES, load
from sundew_core.data.transforms import augment, contrast, prepare
from sundew_core.errors import DataError

CLASSES = len(shapes.OUTLINES)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def random_images(n: int, channels: int, height: int, width: int) -> torch.Tensor:
    """Without a 0, so that padding can be told from pixels."""
    return torch.randint(1, 256, (n, channels, height, width), generator=generator(), dtype=torch.uint8)


@pytest.fixture(autouse=True)
def data_home(tmp_path, monkeypatch):
    """An empty data folder, and no memory of what other tests loaded."""
    monkeypatch.setenv("SUNDEW_DATA", str(tmp_path / "data"))
    loading._latest.clear()
    return tmp_path / "data"


# --- Batch operations ------------------------------------------------------------------------------------------


def shifted(image: torch.Tensor, down: int, right: int, mirrored: bool) -> torch.Tensor:
    """The obvious reference: one pixel at a time."""
    _, height, width = image.shape
    source = image.flip(2) if mirrored else image
    result = torch.zeros_like(image)
    for row in range(height):
        for column in range(width):
            # The shift moves what is on the screen, mirrored or not.
            y, x = row - down, column - right
            if 0 <= y < height and 0 <= x < width:
                result[:, row, column] = source[:, y, x]
    return result


@pytest.mark.parametrize("flip", [False, True])
@pytest.mark.parametrize("channels", [1, 3])
def test_augment_gives_each_image_a_shift_and_a_flip_of_its_own(channels, flip):
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


def test_augment_leaves_its_input_alone_and_repeats_itself_with_the_same_seed():
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


def test_holdout_takes_a_fifth_of_each_class_and_always_the_same():
    labels = torch.randint(0, 7, (503,), generator=generator())
    held_out = holdout(labels)
    assert held_out.sum() == 101
    for label in range(7):
        members = (labels == label).sum().item()
        assert abs((held_out & (labels == label)).sum().item() - members / 5) < 1
    assert torch.equal(held_out, holdout(labels))


def test_every_beginning_of_the_even_order_holds_the_classes_in_proportion():
    labels = torch.cat((torch.full((100,), 7), torch.full((50,), 2), torch.full((10,), 0)))[torch.randperm(160)]
    order = evenly(labels)
    assert sorted(order.tolist()) == list(range(160))
    for count in (16, 32, 80, 144):
        taken = labels[order[:count]].bincount(minlength=8)[[7, 2, 0]]
        assert (taken - torch.tensor([100, 50, 10]) * count / 160).abs().max() <= 1
    assert torch.equal(order, evenly(labels))


# --- The registry and the built-in data sets ---------------------------------------------------------------------


def test_the_registry_has_exactly_the_names_of_the_configuration():
    assert set(SOURCES) == set(DATASETS)
    assert [row.name for row in inventory()] == [*DATASETS, "folder:PATH"]


def test_a_part_of_the_training_images_is_an_even_one_and_part_of_every_larger_part():
    whole, some, more = (load(Config(dataset="digits", train_samples=samples)) for samples in (0, 100, 300))
    assert (len(whole.train), len(some.train), len(more.train)) == (1437, 100, 300)
    assert some.train.labels.bincount().tolist() == [10] * 10
    pictures = [{image.numpy().tobytes() for image in part.train.images} for part in (some, more, whole)]
    assert pictures[0] < pictures[1] < pictures[2]
    assert torch.equal(some.val.images, whole.val.images)
    assert torch.equal(some.mean, whole.mean)


def test_wrong_labels_stay_known_in_a_part_of_the_training_images():
    knobs = {"dataset": "shapes", "shapes_samples": 400, "shapes_label_noise": 0.2}
    whole, some = load(Config(**knobs)), load(Config(**knobs, train_samples=100))
    assert some.noisy.shape == (100,)
    by_image = {image.numpy().tobytes(): wrong for image, wrong in zip(whole.train.images, whole.noisy.tolist(), strict=True)}
    assert [by_image[image.numpy().tobytes()] for image in some.train.images] == some.noisy.tolist()


@pytest.mark.parametrize("samples", [9, 1438])
def test_a_part_that_cannot_be_is_refused_in_words(samples):
    with pytest.raises(DataError, match=f"train_samples={samples:,} is not allowed with digits: give 10 to 1,437, or 0 for all"):
        load(Config(dataset="digits", train_samples=samples))


def test_digits_are_split_the_same_way_for_every_seed(capsys):
    digits = load(Config(dataset="digits", digits_repeats=3))
    assert (len(digits.train), len(digits.val)) == (1437, 360)
    assert digits.image_shape == (1, 8, 8)
    assert (digits.repeats, digits.shift, digits.flip, digits.noisy) == (3, 1, False, None)
    assert digits.classes == tuple("0123456789")
    assert digits.train.images.max() == 255
    # Pins the split: results of different releases are compared with each other.
    assert hashlib.md5(digits.val.images.numpy().tobytes()).hexdigest() == "93a626ef2120f3b0417350099ab1572d"
    loading._latest.clear()
    again = load(Config(dataset="digits", seed=5))
    assert torch.equal(digits.val.images, again.val.images)
    assert capsys.readouterr().out == ""


def test_digits_in_validation_are_not_in_training():
    from sklearn.datasets import load_digits

    digits = load(Config(dataset="digits"))
    together = torch.cat((digits.train.images, digits.val.images)).flatten(1)
    everything = torch.from_numpy(load_digits().data * (255 / 16)).round().to(torch.uint8)
    assert sorted(map(tuple, together.tolist())) == sorted(map(tuple, everything.tolist()))


def test_what_was_loaded_last_is_not_loaded_again():
    first = load(Config(dataset="shapes", shapes_samples=40))
    assert load(Config(dataset="shapes", shapes_samples=40, lr=0.1)) is first
    other = load(Config(dataset="shapes", shapes_samples=41))
    assert other is not first
    assert load(Config(dataset="shapes", shapes_samples=40)) is not first


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


# --- Shapes ------------------------------------------------------------------------------------------------------


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


def test_near_copies_are_near_and_no_copies():
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


# --- Image folders -----------------------------------------------------------------------------------------------


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
def test_validation_images_may_lie_in_a_folder_of_another_name(pictures, name):
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


def refuse(config: Config, *words: str) -> None:
    with pytest.raises(DataError) as refusal:
        load(config)
    for word in words:
        assert word in str(refusal.value)


def test_a_link_that_leads_nowhere_is_an_unreadable_image(pictures):
    (pictures / "train" / "red" / "gone.png").symlink_to(pictures / "nowhere.png")
    data = load(of_folder(pictures))
    assert data.unreadable == ("train/red/gone.png",)


def test_a_missing_folder_is_refused(tmp_path):
    refuse(of_folder(tmp_path / "nowhere"), str(tmp_path / "nowhere"), "does not exist", "give the path")


def test_a_file_is_no_folder(tmp_path):
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
    refuse(of_folder(pictures), str(pictures / "val" / "red"), "not one image", "can be read")


def test_a_single_image_cannot_be_split(tmp_path):
    for name, count in (("many", 9), ("single", 1)):
        for index in range(count):
            write_image(tmp_path / name / f"{index}.png")
    refuse(of_folder(tmp_path), "single readable image", "add images")


# --- Published data sets -----------------------------------------------------------------------------------------


def write_idx(path: Path, array: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    header = struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
    path.write_bytes(header + array.astype(np.uint8).tobytes())


def write_mnist(home: Path, name: str = "MNIST") -> np.ndarray:
    """Twelve training and five test images in the published format; returns the training images."""
    raw = home / name / "raw"
    pixels = np.random.default_rng(0).integers(0, 256, (12, 28, 28))
    write_idx(raw / "train-images-idx3-ubyte", pixels)
    write_idx(raw / "train-labels-idx1-ubyte", np.arange(12) % 10)
    write_idx(raw / "t10k-images-idx3-ubyte", pixels[:5])
    write_idx(raw / "t10k-labels-idx1-ubyte", np.arange(5))
    return pixels


def test_mnist_is_read_from_disk(data_home, capsys):
    pixels = write_mnist(data_home)
    data = load(Config(dataset="mnist"))
    assert data.image_shape == (1, 28, 28)
    assert np.array_equal(data.train.images[:, 0].numpy(), pixels)
    assert data.train.labels.tolist() == [*range(10), 0, 1]
    assert len(data.val) == 5
    assert (data.shift, data.flip, len(data.classes)) == (2, False, 10)
    assert capsys.readouterr().out == ""


def test_fashion_mnist_is_read_from_a_folder_of_its_own(data_home):
    write_mnist(data_home, "FashionMNIST")
    data = load(Config(dataset="fashion-mnist"))
    assert data.flip
    assert "Sandal" in data.classes


@pytest.fixture
def cifar(data_home, monkeypatch):
    """A CIFAR-10 of four images a file in the published format, with its checksums; red is plane 0."""
    import torchvision.datasets

    reader = torchvision.datasets.CIFAR10
    base = data_home / reader.base_folder
    base.mkdir(parents=True)
    pixels = np.zeros((4, 3, 32, 32), dtype=np.uint8)
    pixels[:, 0] = 200
    pixels[:, 2, 5, 7] = 9

    def write(name: str, content: object) -> list[str]:
        (base / name).write_bytes(pickle.dumps(content))
        return [name, hashlib.md5((base / name).read_bytes()).hexdigest()]

    def batch(name: str) -> list[str]:
        return write(name, {"data": pixels.reshape(4, -1), "labels": [0, 1, 2, 3]})

    monkeypatch.setattr(reader, "train_list", [batch(name) for name, _ in reader.train_list])
    monkeypatch.setattr(reader, "test_list", [batch(name) for name, _ in reader.test_list])
    name, md5 = write(reader.meta["filename"], {"label_names": [f"class {k}" for k in range(10)]})
    monkeypatch.setattr(reader, "meta", {"filename": name, "key": "label_names", "md5": md5})
    return pixels


def test_cifar_is_read_from_disk(cifar):
    data = load(Config(dataset="cifar10"))
    assert data.image_shape == (3, 32, 32)
    assert (len(data.train), len(data.val)) == (20, 4)
    assert np.array_equal(data.train.images[:4].numpy(), cifar)
    assert data.train.images.is_contiguous()
    assert data.classes[3] == "class 3"
    assert (data.shift, data.flip) == (4, True)


def test_svhn_is_read_from_disk(data_home, monkeypatch):
    import torchvision.datasets
    from scipy.io import savemat

    data_home.mkdir()
    parts = dict(torchvision.datasets.SVHN.split_list)
    for part in ("train", "test"):
        url, name, _ = parts[part]
        pixels = np.zeros((32, 32, 3, 4), dtype=np.uint8)
        pixels[0, 1, 2] = 77
        savemat(data_home / name, {"X": pixels, "y": np.array([[1], [10], [3], [4]])})
        parts[part] = [url, name, hashlib.md5((data_home / name).read_bytes()).hexdigest()]
    monkeypatch.setattr(torchvision.datasets.SVHN, "split_list", parts)
    data = load(Config(dataset="svhn"))
    assert data.image_shape == (3, 32, 32)
    assert data.train.labels.tolist() == [1, 0, 3, 4]
    assert (data.train.images[:, 2, 0, 1] == 77).all()
    assert data.classes == tuple("0123456789")


@pytest.fixture
def no_network(monkeypatch):
    def refuse_connection(request, timeout):
        raise OSError("Name or service not known")

    monkeypatch.setattr(fetch.urllib.request, "urlopen", refuse_connection)


@pytest.mark.parametrize("name", PUBLISHED)
def test_without_network_the_message_names_what_works(name, no_network, data_home, capsys):
    refuse(Config(dataset=name), name, str(data_home), "Name or service not known", "digits, shapes or folder:PATH")
    assert capsys.readouterr().out == ""
    assert not list(data_home.rglob("*.part"))


@pytest.mark.parametrize("keep", [3, 500])
def test_broken_files_end_in_a_message_that_names_them(keep, data_home):
    write_mnist(data_home)
    path = data_home / "MNIST" / "raw" / "train-images-idx3-ubyte"
    path.write_bytes(path.read_bytes()[:keep])
    refuse(Config(dataset="mnist"), "cannot be read", f"delete {data_home / 'MNIST'}", "digits, shapes or folder:PATH")


def test_a_changed_cifar_file_ends_in_a_message(cifar, data_home):
    (data_home / "cifar-10-batches-py" / "test_batch").write_bytes(b"half")
    refuse(Config(dataset="cifar10"), "cannot be read", "corrupted", "cifar-10-batches-py")


def test_fetch_keeps_only_what_was_published(tmp_path):
    source, path = tmp_path / "source", tmp_path / "folder" / "file"
    source.write_bytes(b"published" * 1000)
    md5 = hashlib.md5(source.read_bytes()).hexdigest()
    nowhere = (tmp_path / "nowhere").as_uri()
    with pytest.raises(OSError, match=r"nowhere.*incomplete or changed"):
        fetch.fetch([nowhere, source.as_uri()], path, "0" * 32, lambda message: None)
    assert list(path.parent.iterdir()) == []
    messages: list[str] = []
    fetch.fetch([nowhere, source.as_uri()], path, md5, messages.append)
    assert path.read_bytes() == source.read_bytes()
    assert messages[0].startswith("Downloading file")
    source.unlink()
    fetch.fetch([source.as_uri()], path, md5, messages.append)


def test_the_archives_are_those_that_torchvision_names(data_home):
    import torchvision.datasets

    for name, entry in PUBLISHED.items():
        archives = published._archives(getattr(torchvision.datasets, entry.reader), data_home)
        assert archives, name
        for urls, path, md5 in archives:
            assert urls
            assert all(url.startswith("http") and url.endswith(path.name) for url in urls)
            assert path.is_relative_to(data_home)
            assert len(md5) == 32


def test_inventory_tells_what_is_on_disk(data_home):
    write_mnist(data_home)
    rows = {row.name: row for row in inventory()}
    assert rows["mnist"].status == "on disk"
    assert str(data_home) in rows["mnist"].note
    assert rows["cifar10"].status == "downloadable"
    assert "170 MB" in rows["cifar10"].note
    assert rows["digits"].status == rows["shapes"].status == rows["folder:PATH"].status == "offline"


def test_inventory_does_not_load_torch():
    code = "import sys; from sundew_core.data.inventory import inventory; inventory(); print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
