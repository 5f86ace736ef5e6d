"""The simulation runs the gate of the training: same scores, same seed, same numbers. Its sources are what their names say."""

import dataclasses

import pytest
import torch

from sundew_core.config import Config, GateConfig
from sundew_core.errors import InputError, KnobError
from sundew_core.events.commands import Retune
from sundew_core.events.run import BatchSeen, Intervened
from sundew_core.gate.gate import SundewGate, gate_probabilities
from sundew_core.gate.law import HISTOGRAM_BINS
from sundew_core.lab.loop import settling_batches
from sundew_core.lab.scenario import DISTURBANCES, RECORDED, SOURCES
from sundew_core.lab.simulation import JUMP_AT, QUANTILES, SPREAD_BATCHES, draw, experiment, simulate
from sundew_core.lab.trace import respond
from sundew_core.training.trainer import prepare

GENERATED = [name for name in SOURCES if name != RECORDED]
SMALL = {"digits_repeats": 1, "candidate_batch": 128, "batch_size": 32, "epochs": 3, "device": "cpu", "seed": 5}
CHANGES = {15: {"target_activation_rate": 0.3, "gate_temperature": 0.05}, 25: {"adapt_kp": 0.3, "max_energy": 20.0}}


@dataclasses.dataclass
class Watched:
    """A short real run, with all scores that its gate received and all its decisions."""

    config: Config
    events: list
    scores: list
    decisions: list


@pytest.fixture(scope="module")
def run() -> Watched:
    """Train on digits through the trainer's own arm; commands change knobs on the way."""
    config = Config(**SMALL)
    session = prepare(config)
    scores, decisions, asked = [], [], iter(range(10_000))
    select, settle = session.arm.gate.select, session.arm.gate.settle

    def watched_select(significance):
        scores.append(significance.clone())
        return select(significance)

    def watched_settle(selection, readings):
        decisions.append(settle(selection, readings))
        return decisions[-1]

    session.arm.gate.select, session.arm.gate.settle = watched_select, watched_settle

    def inbox(*, wait):
        knobs = CHANGES.get(next(asked))
        return [Retune(knobs, "test")] if knobs else []

    return Watched(config, list(session.events("r", inbox)), scores, decisions)


@pytest.fixture(scope="module")
def trace(run):
    """The same scores, seed and changes through the lab's simulation."""
    knobs = {name: getattr(run.config, name) for name in GateConfig.model_fields}
    return simulate(GateConfig(**knobs), run.scores, seed=run.config.seed, changes=CHANGES)


def test_the_simulation_decides_as_the_trainers_arm_did_number_for_number(run, trace):
    assert len(run.decisions) == 36, "three epochs of 1,437 candidates in batches of 128"
    assert sum(isinstance(event, Intervened) and event.applied for event in run.events) == 4
    assert trace.expected_rate == tuple(decision.expected_rate for decision in run.decisions)
    assert trace.threshold == tuple(decision.threshold for decision in run.decisions)
    assert trace.realised_rate == tuple(decision.count / decision.mask.numel() for decision in run.decisions)
    assert trace.energy_u == tuple(decision.energy_u for decision in run.decisions)
    assert trace.set_point == tuple(decision.set_point for decision in run.decisions)
    assert trace.sensitivity == tuple(decision.sensitivity for decision in run.decisions)


def test_the_simulation_agrees_with_what_the_run_has_recorded(run, trace):
    recorded = [event for event in run.events if isinstance(event, BatchSeen)]
    assert len(recorded) == len(trace), "this run reports every batch"
    for event in recorded:
        at = event.batch - 1
        assert (event.threshold, event.set_point, event.energy_u) == (
            trace.threshold[at],
            trace.set_point[at],
            trace.energy_u[at],
        )
        assert event.active == round(trace.realised_rate[at] * event.candidates)
        assert event.expected_rate == pytest.approx(trace.expected_rate[at], rel=1e-12)
    assert trace.target[14] == 0.06
    assert trace.target[15] == 0.3
    assert trace.changed_at == 25


def test_with_another_seed_it_would_differ(run, trace):
    knobs = {name: getattr(run.config, name) for name in GateConfig.model_fields}
    other = simulate(GateConfig(**knobs), run.scores, seed=run.config.seed + 1, changes=CHANGES)
    assert other.realised_rate != trace.realised_rate


def test_the_same_arguments_give_the_same_trace_and_another_seed_another_one():
    config = GateConfig()
    first = experiment(config, "loss-like", "target step", batches=60, candidates=64)
    draw.cache_clear()
    assert experiment(config, "loss-like", "target step", batches=60, candidates=64) == first
    assert experiment(config, "loss-like", "target step", batches=60, candidates=64, seed=1) != first


def test_a_simulation_leaves_threads_and_cached_scores_as_they_are():
    threads, before = torch.get_num_threads(), draw("uniform", 40, 64, 0).clone()
    experiment(GateConfig(), "uniform", "score shift", batches=40, candidates=64)
    assert torch.get_num_threads() == threads, "a training may be under way in this process"
    assert torch.equal(draw("uniform", 40, 64, 0), before)


def test_every_named_source_is_registered():
    assert tuple(QUANTILES) == tuple(GENERATED)


@pytest.mark.parametrize("source", GENERATED)
def test_scores_of_a_source_are_significance(source):
    scores = draw(source, 40, 100, 3)
    assert scores.shape == (40, 100)
    assert scores.dtype == torch.float32
    assert 0.0 <= scores.min() <= scores.max() <= 1.0
    assert not torch.equal(scores[0], scores[0].sort().values), "in random order: sampling is systematic"


def test_each_batch_follows_its_distribution_as_closely_as_ranks_do():
    scores = draw("uniform", 20, 50, 0)
    for batch in scores:
        assert torch.equal(batch.histc(50, 0, 1), torch.ones(50)), "one in each fiftieth"


def test_sources_are_what_their_names_say():
    ties = draw("90 % easy", 5, 200, 0)
    assert ((ties == 0.3).float().mean(1) == 0.9).all()
    skewed = draw("loss-like", 5, 500, 0)
    assert skewed.median() < skewed.mean() < 0.25
    bimodal = draw("bimodal", 5, 500, 0)
    assert ((bimodal > 0.4) & (bimodal < 0.6)).sum() == 0
    drifting = draw("drifting", 100, 200, 0).mean(1)
    assert drifting[-1] - drifting[0] == pytest.approx(0.4, abs=0.02)
    jump = draw("sudden jump", 100, 200, 0)
    at = int(JUMP_AT * 100)
    assert jump[:at].max() <= 0.3
    assert jump[at:].min() >= 0.6


def test_recorded_scores_have_the_shares_of_their_histogram_and_follow_the_runs_course():
    early, late = (0,) * 10 + (1,) * 10, (0,) * 15 + (1, 2, 3, 2, 2)
    scores = draw(RECORDED, 40, 200, 0, (early, late))
    assert scores[0].histc(20, 0, 1).tolist() == [20 * count for count in early]
    assert scores[-1].histc(20, 0, 1).tolist() == [20 * count for count in late]
    assert torch.equal(scores[19].histc(20, 0, 1), scores[0].histc(20, 0, 1))
    assert scores[-1].unique().numel() == 200, "spread within their bins"


def test_the_histograms_of_a_real_run_are_a_source(run):
    histograms = tuple(event.significance_histogram for event in run.events if isinstance(event, BatchSeen))
    trace = experiment(GateConfig(), RECORDED, "none", batches=100, candidates=256, histograms=histograms)
    assert respond(trace).steady_rate == pytest.approx(0.06, rel=0.03)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: draw("gaussian", 4, 4, 0), "unknown score source 'gaussian': choose one of recorded, uniform"),
        (lambda: draw(RECORDED, 4, 4, 0), "recorded no significance"),
        (lambda: draw(RECORDED, 4, 4, 0, ((0,) * 20,)), "recorded no significance"),
        (lambda: experiment(GateConfig(), "uniform", "earthquake"), "unknown disturbance 'earthquake': choose one of none"),
        (lambda: simulate(GateConfig(), []), "no scores to simulate with"),
        (lambda: simulate(GateConfig(), [torch.full((4,), 2.0)]), r"must lie in \[0, 1\]"),
    ],
)
def test_impossible_simulations_are_refused_with_a_message(call, says):
    with pytest.raises(InputError, match=says):
        call()


def test_a_change_that_is_not_allowed_is_refused():
    with pytest.raises(KnobError, match="gate_temperature=7"):
        simulate(GateConfig(), [torch.rand(8)] * 3, changes={1: {"gate_temperature": 7}})


@pytest.mark.parametrize("source", GENERATED)
def test_the_default_gate_settles_on_every_source_after_a_step(source):
    trace = experiment(GateConfig(), source, "target step")
    answer = respond(trace)
    assert trace.changed_at == 200
    assert trace.target[199] == 0.06
    assert trace.target[200] == pytest.approx(0.09)
    assert answer.settled_after is not None
    assert answer.settled_after < 1.5 * float(settling_batches(0.12, 0.008))
    assert answer.steady_rate == pytest.approx(0.09, rel=0.01)


def test_a_target_that_cannot_step_up_steps_down():
    trace = experiment(GateConfig(target_activation_rate=0.9), "uniform", "target step", batches=20, candidates=32)
    assert trace.target[-1] == pytest.approx(0.6)


def test_the_loop_makes_up_for_a_shift_of_the_scores_half_way():
    trace = experiment(GateConfig(), "uniform", "score shift")
    assert trace.changed_at == 200
    assert trace.expected_rate[200] > 0.1, "at first more are let through"
    assert respond(trace).steady_rate == pytest.approx(0.06, rel=0.01)
    assert trace.threshold[-1] > trace.threshold[199]


def test_without_a_disturbance_only_the_source_that_jumps_has_a_change():
    assert {name: experiment(GateConfig(), name, "none", batches=20, candidates=32).changed_at for name in GENERATED} == {
        name: 10 if name == "sudden jump" else 0 for name in GENERATED
    }
    assert set(DISTURBANCES) == {"none", "target step", "score shift"}


def test_gains_outside_the_stable_triangle_ring_and_those_inside_do_not():
    def end(kp, ki):
        return experiment(GateConfig(adapt_kp=kp, adapt_ki=ki), "uniform", "target step").expected_rate[-100:]

    assert max(end(0.12, 0.15)) - min(end(0.12, 0.15)) > 0.03
    assert max(end(0.12, 0.05)) - min(end(0.12, 0.05)) < 0.003


def test_the_spread_counts_the_last_batches_in_the_bins_of_a_run_and_knows_the_gates_curve():
    trace = experiment(GateConfig(), "uniform", "none", batches=80, candidates=100)
    spread = trace.spread
    assert spread.batches == SPREAD_BATCHES
    assert len(spread.candidates) == len(spread.active) == HISTOGRAM_BINS
    assert sum(spread.candidates) == 100 * SPREAD_BATCHES
    assert sum(spread.active) == round(100 * sum(trace.realised_rate[-SPREAD_BATCHES:]))
    assert all(active <= seen for active, seen in zip(spread.active, spread.candidates, strict=True))
    assert sum(spread.active[10:]) > 5 * sum(spread.active[:10]), "mostly the significant ones"
    curve = gate_probabilities(torch.tensor(spread.scores), trace.threshold[-1], 0.15)
    assert spread.probabilities == tuple(curve.tolist())


def test_the_scatter_is_that_of_the_candidates_with_the_threshold_held_still():
    generator = torch.Generator().manual_seed(0)
    drawn = [torch.rand(64, generator=generator) for _ in range(50)]
    trace = simulate(GateConfig(), drawn)
    held = torch.stack([gate_probabilities(batch, trace.threshold[-1], 0.15).mean() for batch in drawn])
    assert trace.scatter == pytest.approx(float(held.std() / held.mean()), rel=0.25)
    assert simulate(GateConfig(), [drawn[0]] * 50).scatter == 0.0
    assert simulate(GateConfig(), drawn[:1]).scatter == 0.0, "one batch has no neighbour"


def test_batches_may_differ_in_size():
    generator = torch.Generator().manual_seed(0)
    trace = simulate(GateConfig(), [torch.rand(size, generator=generator) for size in (64, 64, 17)])
    assert trace.candidates == 64
    assert trace.batch == (1, 2, 3)


def test_the_gate_under_test_is_the_one_that_trains():
    config, scores = GateConfig(activation_threshold=0.9), draw("uniform", 30, 64, 2).unbind()
    gate = SundewGate(config, seed=2)
    decisions = [gate(batch) for batch in scores]
    assert simulate(config, scores, seed=2).threshold == tuple(decision.threshold for decision in decisions)
