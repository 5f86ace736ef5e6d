"""The strip's words, without a browser: places in an epoch, time left, and what the device is doing."""

import dataclasses

import pytest

from pages.panels.shell import strip
from pages.panels.shell.following import Shown
from sundew_core.measuring.usage import GpuUsage, Usage
from sundew_core.metrics import RunView
from tests.support import made_up

BATCHES = 4
"""Candidate batches of an epoch of `made_up.started`: 1,000 candidates in batches of 256, the last one smaller."""
GPU = GpuUsage(utilisation=0.984, memory_used_b=12 * 2**30, memory_total_b=80 * 2**30, power_w=350.4)


def run_with(*events, **hardware) -> RunView:
    return RunView.of([dataclasses.replace(made_up.started(), hardware=hardware), *events])


@pytest.mark.parametrize(
    ("events", "place"),
    [
        ([], (1, 0)),
        ([made_up.batch(1, 0.75, 1, 10, batch=3)], (1, 3)),
        ([made_up.batch(1, 1.0, 1, 10, batch=4)], (1, 4)),  # until it has been validated
        ([made_up.batch(1, 1.0, 1, 10, batch=4), made_up.ended(1)], (2, 0)),
        ([made_up.ended(1), made_up.batch(2, 1.25, 1, 10, batch=5)], (2, 1)),
        ([made_up.ended(10)], (10, 0)),
    ],
)
def test_an_epoch_is_under_way_until_it_has_been_validated(events, place):
    assert strip._place(run_with(*events)) == place


def test_batches_are_counted_with_the_last_smaller_one():
    assert strip._batch(run_with(), 3).endswith(f"3</b> / {BATCHES}")


def test_a_processor_is_named_with_its_share_in_use():
    run = run_with(accelerator="none", threads="2", processor="Some CPU")
    assert strip.device(run.started, None).value == "CPU, 2 threads"
    assert strip.device(run.started, Usage(cpu=None, cores=2, gpu=None)).value == "CPU, 2 threads"
    in_use = strip.device(run.started, Usage(cpu=0.943, cores=2, gpu=None))
    assert (in_use.name, in_use.value) == ("Device: CPU, 2 threads", "94 % of 2 cores")
    assert "this process" in in_use.detail


def test_a_gpu_is_named_with_utilisation_memory_and_power():
    run = run_with(accelerator="NVIDIA H100 80GB HBM3")
    in_use = strip.device(run.started, Usage(cpu=0.1, cores=16, gpu=GPU))
    assert (in_use.name, in_use.value) == ("H100 80GB HBM3", "98 % · 12.0 / 80 GiB · 350 W")


@pytest.mark.parametrize(
    ("silent", "value"),
    [
        ({"power_w": None}, "98 % · 12.0 / 80 GiB"),
        ({"memory_total_b": None, "utilisation": None}, "12.0 GiB · 350 W"),
        (dict.fromkeys(("power_w", "memory_total_b", "memory_used_b", "utilisation")), "Tesla"),
    ],
)
def test_what_a_gpu_does_not_tell_is_left_out(silent, value):
    usage = Usage(cpu=None, cores=4, gpu=dataclasses.replace(GPU, **silent))
    assert strip.device(run_with(accelerator="Tesla").started, usage).value == value


@pytest.mark.parametrize(("span_s", "text"), [(0.2, "0:00"), (59.6, "1:00"), (3_725.0, "1:02:05"), (-3.0, "0:00")])
def test_time_left_is_written_as_on_a_clock(span_s, text):
    assert strip._clock(span_s) == text


def test_without_a_run_there_is_nothing_to_tell():
    facts = list(strip._facts(Shown(None, RunView(), 0)))
    assert {fact.value for fact in facts} == {strip.UNKNOWN}
