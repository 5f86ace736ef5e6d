"""Usage against clocks and a GPU that the test makes up; what a machine does not report is None."""

import subprocess
import sys
import time
import types

import pytest

from sundew_core.measuring import usage


class Clock:
    """Wall and CPU seconds that pass only by `pass_by`."""

    wall_s = 100.0
    cpu_s = 7.0

    def pass_by(self, wall_s: float, cpu_s: float) -> None:
        self.wall_s += wall_s
        self.cpu_s += cpu_s


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    fake = types.SimpleNamespace(monotonic=lambda: clock.wall_s, process_time=lambda: clock.cpu_s)
    monkeypatch.setattr(usage, "time", fake)
    monkeypatch.setattr(usage, "_cores", lambda: 4)
    return clock


def test_the_processor_is_read_as_a_share_of_all_cores_between_two_readings(clock):
    meter = usage.UsageMeter("cpu")
    assert meter.read() == usage.Usage(cpu=None, cores=4, gpu=None)
    clock.pass_by(2.0, 4.0)
    assert meter.read().cpu == pytest.approx(0.5)
    clock.pass_by(1.0, 0.0)
    assert meter.read().cpu == 0.0


def test_readings_close_to_each_other_get_the_same_answer(clock):
    meter = usage.UsageMeter("cpu")
    meter.read()
    clock.pass_by(1.0, 1.0)
    first = meter.read()
    clock.pass_by(0.1, 0.4)
    assert meter.read() is first
    clock.pass_by(0.9, 0.6)
    assert meter.read().cpu == pytest.approx(0.25), "over the whole second, in spite of the reading in between"


def test_a_long_silence_is_not_averaged_over(clock):
    meter = usage.UsageMeter("cpu")
    meter.read()
    clock.pass_by(3600.0, 60.0)
    assert meter.read().cpu is None
    clock.pass_by(1.0, 4.0)
    assert meter.read().cpu == 1.0


def test_a_share_never_exceeds_the_machine():
    assert usage.cpu_share(2.02, 1.0, 2) == 1.0


class NVMLError(Exception):
    pass


def refuse(_):
    raise NVMLError


def fake_nvml(**answers):
    """NVML on a machine with two GPUs: answers from `answers`, and an error for everything else."""
    nvml = types.ModuleType("pynvml")
    nvml.NVMLError = NVMLError
    nvml.nvmlInit = lambda: None
    nvml.nvmlDeviceGetHandleByIndex = lambda index: index if index < 2 else refuse(index)
    for name in ("nvmlDeviceGetUtilizationRates", "nvmlDeviceGetMemoryInfo", "nvmlDeviceGetPowerUsage"):
        setattr(nvml, name, answers.get(name, refuse))
    return nvml


def test_a_gpu_reports_utilisation_memory_and_power(monkeypatch):
    nvml = fake_nvml(
        nvmlDeviceGetUtilizationRates=lambda handle: types.SimpleNamespace(gpu=90 + handle, memory=1),
        nvmlDeviceGetMemoryInfo=lambda handle: types.SimpleNamespace(used=5, total=80, free=75),
        nvmlDeviceGetPowerUsage=lambda handle: 350_500,
    )
    monkeypatch.setitem(sys.modules, "pynvml", nvml)
    assert usage.UsageMeter("cuda:1").read().gpu == usage.GpuUsage(
        utilisation=0.91, memory_used_b=5, memory_total_b=80, power_w=350.5
    )


def test_what_a_gpu_does_not_report_is_none(monkeypatch):
    monkeypatch.setitem(sys.modules, "pynvml", fake_nvml(nvmlDeviceGetPowerUsage=lambda handle: 20_000))
    assert usage.UsageMeter("cuda").read().gpu == usage.GpuUsage(
        utilisation=None, memory_used_b=None, memory_total_b=None, power_w=20.0
    )


@pytest.mark.parametrize(
    ("device", "nvml"), [("cpu", fake_nvml()), ("mps", fake_nvml()), ("cuda:7", fake_nvml()), ("cuda", None)]
)
def test_without_a_gpu_to_ask_there_is_none(monkeypatch, device, nvml):
    monkeypatch.setitem(sys.modules, "pynvml", nvml)
    assert usage.UsageMeter(device).read().gpu is None


def test_a_reading_without_a_gpu_is_cheap(monkeypatch):
    monkeypatch.setattr(usage, "SPAN_S", 0.0)
    meter = usage.UsageMeter("cpu")
    started_s = time.process_time()
    for _ in range(200):
        meter.read()
    assert (time.process_time() - started_s) / 200 < 0.001


def test_it_loads_neither_torch_nor_streamlit():
    script = "import sys, sundew_core.measuring.usage; assert not {'torch', 'streamlit', 'pynvml'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", script], check=True)
