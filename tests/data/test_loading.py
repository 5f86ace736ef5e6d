"""The registry of data sets, the cache of the latest one, and the digits, which need no download."""

import hashlib

import pytest
import torch

from sundew_core.config import DATASETS, Config
from sundew_core.data import loading
from sundew_core.data.inventory import inventory
from sundew_core.data.loading import SOURCES, load
from sundew_core.errors import DataError

pytestmark = pytest.mark.usefixtures("data_home")


def test_the_registry_has_exactly_the_names_of_the_configuration():
    assert set(SOURCES) == set(DATASETS)
    assert [row.name for row in inventory()] == [*DATASETS, "folder:PATH"]


def test_a_part_of_the_training_images_is_even_and_within_every_larger_part():
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
def test_an_impossible_number_of_samples_is_refused(samples):
    with pytest.raises(DataError, match=f"train_samples={samples:,} is not allowed with digits: give 10 to 1,437, or 0 for all"):
        load(Config(dataset="digits", train_samples=samples))


def test_digits_are_split_the_same_way_for_every_seed(capsys):
    digits = load(Config(dataset="digits", digits_repeats=3))
    assert (len(digits.train), len(digits.val)) == (1437, 360)
    assert digits.image_shape == (1, 8, 8)
    assert (digits.repeats, digits.shift, digits.flip, digits.noisy) == (3, 1, False, None)
    assert digits.classes == tuple("0123456789")
    assert digits.train.images.max() == 255
    # The split must not change: results of different releases are compared with each other.
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
