"""The host waits for a device once per candidate batch, and never in an optimizer step."""

import pytest
import torch

from sundew_core.training.tally import Tally
from sundew_core.training.trainer import prepare
from tests.support.small_runs import small
from tests.support.synchronising import Crossings, Synchronising


def test_the_counters_of_waiting_operations_do_count():
    with Crossings() as crossings, Synchronising() as synchronising:
        x = torch.ones(3)
        x.tolist()
        x.sum().item()
        x[x > 0]
        float(x[0])
    assert crossings.asked == ["tolist", "item", "__float__"]
    assert [name.split(".")[1] for name in synchronising.found] == ["_local_scalar_dense", "index", "_local_scalar_dense"]


@pytest.mark.parametrize(
    "knobs",
    [
        {}, {"gate_temperature": 0.0}, {"normalisation": "relative"}, {"memory_refresh": 4}, {"scorer": "fresh"},
        {"scorer": "proxy"}, {"arm": "random"}, {"arm": "dense"}, {"arm": "infobatch"}, {"arm": "selective-backprop"},
        {"arm": "selective-backprop", "scorer": "fresh"}, {"model": "vit-nano"},
        {"dataset": "shapes", "shapes_samples": 400},
        {"model": "resnet18", "dataset": "shapes", "shapes_samples": 50, "candidate_batch": 16, "batch_size": 4},
    ],
    ids=str,
)  # fmt: skip
def test_the_host_waits_once_per_candidate_batch_and_never_in_an_optimizer_step(knobs):
    session = prepare(small(**knobs, target_activation_rate=0.5, activation_threshold=0.5))
    batches = session._candidate_batches()[:3]
    tally = Tally()
    session._look_and_train(
        session.arm, batches[0], tally, report=True
    )  # the first batch builds lasting state, such as that of the optimizer
    tally = Tally()
    with Crossings() as crossings, Synchronising() as synchronising:
        for candidates in batches[1:]:
            session._look_and_train(session.arm, candidates, tally, report=True)
    assert tally.steps >= len(batches[1:])
    assert crossings.asked == ["tolist"] * len(batches[1:])
    assert synchronising.found == []
