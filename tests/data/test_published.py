"""Published data sets: reading their file formats, and the messages if they are missing or broken."""

import hashlib
import pickle

import numpy as np
import pytest

from sundew_core.config import Config
from sundew_core.data import fetch, published
from sundew_core.data.catalogue import PUBLISHED
from sundew_core.data.loading import load
from tests.support.datasets import refuse, write_mnist

pytestmark = pytest.mark.usefixtures("data_home")


@pytest.fixture
def cifar(data_home, monkeypatch):
    """A CIFAR-10 with four images per file in the published format, with checksums; red is plane 0."""
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


@pytest.fixture
def no_network(monkeypatch):
    def refuse_connection(request, timeout):
        raise OSError("Name or service not known")

    monkeypatch.setattr(fetch.urllib.request, "urlopen", refuse_connection)


def test_mnist_is_read_from_disk(data_home, capsys):
    pixels = write_mnist(data_home)
    data = load(Config(dataset="mnist"))
    assert data.image_shape == (1, 28, 28)
    assert np.array_equal(data.train.images[:, 0].numpy(), pixels)
    assert data.train.labels.tolist() == [*range(10), 0, 1]
    assert len(data.val) == 5
    assert (data.shift, data.flip, len(data.classes)) == (2, False, 10)
    assert capsys.readouterr().out == ""


def test_fashion_mnist_is_read_from_its_own_folder(data_home):
    write_mnist(data_home, "FashionMNIST")
    data = load(Config(dataset="fashion-mnist"))
    assert data.flip
    assert "Sandal" in data.classes


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
