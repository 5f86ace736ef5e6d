"""The inventory shows which data sets are on disk, without loading torch."""

import subprocess
import sys

import pytest

from sundew_core.data.inventory import inventory
from tests.support.datasets import write_mnist

pytestmark = pytest.mark.usefixtures("data_home")


def test_inventory_shows_what_is_on_disk(data_home):
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
