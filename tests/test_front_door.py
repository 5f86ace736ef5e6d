"""The front door: the names that the package offers, and that importing it is cheap."""

import ast
import sys
from importlib import import_module
from pathlib import Path

import pytest

import sundew_core
from tests.support.importing import loaded_by


@pytest.mark.parametrize("name", sundew_core.__all__)
def test_every_name_is_the_object_of_its_home(name):
    home = import_module(f"sundew_core.{sundew_core._HOMES[name]}")
    assert getattr(sundew_core, name) is getattr(home, name)
    assert name in dir(sundew_core)


def test_the_promised_names_can_be_imported_together():
    from sundew_core import Config, GateConfig, Rules, SundewGate, SundewSampler, bench, race, train

    assert issubclass(Config, GateConfig)
    assert all(callable(thing) for thing in (Rules, SundewGate, SundewSampler, bench, race, train))


def test_importing_the_package_loads_no_other_package():
    packages = {name.split(".")[0] for name in loaded_by("import sundew_core")}
    assert packages - sys.stdlib_module_names == {"sundew_core"}


def test_the_knobs_load_without_torch_and_the_gate_with_it():
    assert "torch" not in loaded_by("from sundew_core import Config, GateConfig, Rules")
    assert "torch" in loaded_by("from sundew_core import SundewGate")


@pytest.mark.parametrize("code", ["import sundew_core.gate.law", "from sundew_core.gate import law, reservoir"])
def test_the_law_and_the_reservoir_load_without_torch(code):
    assert "torch" not in loaded_by(code)


def test_the_gate_room_offers_the_gate_and_the_sampler():
    from sundew_core.gate import GateDecision, SundewGate, SundewSampler

    assert SundewGate is sundew_core.SundewGate
    assert SundewSampler is sundew_core.SundewSampler
    assert GateDecision.__module__ == "sundew_core.gate.gate"


@pytest.mark.parametrize("package", ["sundew_core", "sundew_core.gate"])
def test_an_unknown_name_is_an_attribute_error_that_names_it(package):
    with pytest.raises(AttributeError, match="'train_fast'"):
        _ = import_module(package).train_fast


def test_type_checkers_see_every_name_in_its_home():
    tree = ast.parse(Path(sundew_core.__file__).read_text(encoding="utf-8"))
    (for_types,) = [node for node in tree.body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"]
    seen = {alias.name: node.module for node in for_types.body for alias in node.names}
    assert seen == {name: f"sundew_core.{home}" for name, home in sundew_core._HOMES.items()}
    assert sorted(seen) == sorted(sundew_core.__all__)
