"""Meters against counters that the test writes itself; a machine without a meter gives None."""

import sys
import types

import pytest

from sundew_core.measuring import meters


@pytest.fixture
def powercap(tmp_path):
    """A powercap tree with two packages, one with a sub-domain that must not be counted twice."""
    for name, energy_uj in (("intel-rapl:0", 900), ("intel-rapl:1", 100), ("intel-rapl:0:0", 500)):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "energy_uj").write_text(f"{energy_uj}\n")
        (folder / "max_energy_range_uj").write_text("999\n")
    return tmp_path


def test_packages_add_up_and_overflows_are_corrected(powercap):
    meter = meters.PowercapMeter(powercap)
    assert meter.read_j() == 0.0
    (powercap / "intel-rapl:0" / "energy_uj").write_text("50\n")  # 900 -> 1000 = 0 -> 50
    (powercap / "intel-rapl:1" / "energy_uj").write_text("400\n")
    assert meter.read_j() == pytest.approx(450e-6)
    assert meter.read_j() == pytest.approx(450e-6)


def test_without_counters_there_is_no_meter(tmp_path, monkeypatch):
    monkeypatch.setattr(meters.PowercapMeter.__init__, "__defaults__", (tmp_path,))
    assert meters.find_meter("cpu") is None
    assert meters.find_meter("mps") is None


class NVMLError(Exception):
    pass


def fake_nvml(read_mj):
    nvml = types.ModuleType("pynvml")
    nvml.NVMLError = NVMLError
    nvml.nvmlInit = lambda: None
    nvml.nvmlDeviceGetHandleByIndex = lambda index: index
    nvml.nvmlDeviceGetTotalEnergyConsumption = read_mj
    return nvml


def test_nvml_counts_millijoules(monkeypatch):
    readings = iter([1_000, 5_500])
    monkeypatch.setitem(sys.modules, "pynvml", fake_nvml(lambda handle: next(readings)))
    meter = meters.find_meter("cuda", 1)
    assert meter.name == "NVML, GPU 1"
    assert meter.read_j() == 5.5


def test_a_gpu_without_the_counter_has_no_meter(monkeypatch):
    def unsupported(handle):
        raise NVMLError

    monkeypatch.setitem(sys.modules, "pynvml", fake_nvml(unsupported))
    assert meters.find_meter("cuda") is None
    monkeypatch.setitem(sys.modules, "pynvml", None)
    assert meters.find_meter("cuda") is None


@pytest.mark.parametrize(
    ("visible", "index", "handle"),
    [(None, 1, 1), ("3,5", 1, 5), ("3, GPU-af01", 1, "GPU-af01"), ("", 0, 0)],
)
def test_torch_counts_visible_gpus_and_nvml_all_of_them(monkeypatch, visible, index, handle):
    if visible is None:
        monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    else:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    nvml = fake_nvml(lambda handle: 0)
    nvml.nvmlDeviceGetHandleByUUID = lambda uuid: uuid
    assert meters.nvml_handle(nvml, index) == handle
