"""Measure two public packages of this method and this project in turn, on the same data, model, machine and batches.

The packages need another environment than this project:

    python3 -m venv .venv-peers
    .venv-peers/bin/python -m pip install -r tools/peers/requirements.txt
    .venv-peers/bin/python -m tools.peers.measure --target 0.06 --seconds 60 --record docs/races/peers-6.json

`adaptive-sparse-training` has its own trainer, which gets the same images, prepared beforehand, in batches of the same
size. `sundew-algorithms` has a gate that decides about one event at a time; it takes the place of this project's gate and
gets the same significance. Both keep their defaults except for the target. Speed is measured against this project's dense
training in the same round.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

os.environ.setdefault("TQDM_DISABLE", "1")

import torch
from adaptive_sparse_training import AdaptiveSparseTrainer, ASTConfig
from sundew import SundewAlgorithm, SundewConfig

from sundew_core.arms import ARM_KINDS
from sundew_core.config import Config
from sundew_core.data.transforms import prepare as to_pixels
from sundew_core.metrics.contests.lines import table
from sundew_core.training.budget import EpochBudget
from sundew_core.training.choosing import Arm, Choice, Proposal
from sundew_core.training.machine import hardware, versions
from sundew_core.training.session import Session
from sundew_core.training.tally import Tally
from sundew_core.training.trainer import prepare
from tools.peers.section import table_of

ROUNDS_MIN = 5
FOREVER = 1_000_000_000
STEPS = 16
"""Batches in a slice of `adaptive-sparse-training`, and optimizer steps in every other slice."""


@dataclass
class Contestant:
    """One way to train; `slice` returns its candidates, its active candidates and the seconds of its decisions."""

    name: str
    slice: Callable[[], tuple[int, int, float]]
    per_candidate_s: list[float] = field(default_factory=list)
    candidates: int = 0
    active: int = 0
    deciding_s: float = 0.0

    def turn(self) -> None:
        """Train and time one slice."""
        started_s = time.perf_counter()
        candidates, active, deciding_s = self.slice()
        self.per_candidate_s.append((time.perf_counter() - started_s) / candidates)
        self.candidates += candidates
        self.active += active
        self.deciding_s += deciding_s


def ours(name: str, config: Config, adapt: Callable[[Session], None] = lambda _: None) -> Contestant:
    """The loop of this project, with its own gate or the gate that `adapt` puts in its place."""
    session = prepare(config, budget=EpochBudget(FOREVER))
    adapt(session)
    tally = Tally()
    advancing = session.advance(tally)

    def train() -> tuple[int, int, float]:
        candidates, active, steps = tally.candidates, tally.active, tally.steps
        while tally.steps - steps < STEPS:
            next(advancing)
        return tally.candidates - candidates, tally.active - active, session.clock.read().get("gating", 0.0)

    return Contestant(name, train)


class EventGateArm(Arm):
    """The arm of this project with the gate of `sundew-algorithms`: one call per candidate."""

    kind = ARM_KINDS["sundew"]

    def __init__(self, session: Session, target: float) -> None:
        super().__init__(session.config, session.arm.scorer)
        self._arm = session.arm
        self._clock = session.clock
        self._gate = SundewAlgorithm(SundewConfig(target_activation_rate=target))

    def propose(self, candidates: torch.Tensor) -> Proposal:
        """Score as this project does, and bring all scores to the host, where the other gate decides."""
        return Proposal(candidates, self._arm.scores(candidates))

    def settle(self, proposal: Proposal, readings: list[float]) -> Choice:
        """Decide about each candidate; all four parts of the other gate's significance are this project's score."""
        with self._clock.lap("gating"):
            events = ({"magnitude": 100 * s, "anomaly_score": s, "context_relevance": s, "urgency": s} for s in readings)
            active = [i for i, event in enumerate(events) if self._gate.process(event) is not None]
        return Choice(proposal.candidates[torch.tensor(active, dtype=torch.int64)])


def packaged_trainer(config: Config) -> Contestant:
    """The trainer of `adaptive-sparse-training` on the same model, images, batch size, optimizer and learning rate."""
    learner = prepare(config).learner
    data = learner.dataset
    pixels = to_pixels(data.train.images, data.mean, data.std)
    chance = torch.Generator().manual_seed(config.seed)
    settings = ASTConfig(target_activation_rate=config.target_activation_rate, use_amp=False, device="cpu")
    optimizer = torch.optim.AdamW(learner.model.parameters(), lr=learner.lr, weight_decay=learner.weight_decay, fused=True)
    trainer = AdaptiveSparseTrainer(learner.model, [], [], settings, optimizer=optimizer)
    select, deciding_s = trainer.sundew.select_samples, [0.0]

    def timed(losses: torch.Tensor, outputs: torch.Tensor) -> object:
        started_s = time.perf_counter()
        selected = select(losses, outputs)
        deciding_s[0] += time.perf_counter() - started_s
        return selected

    trainer.sundew.select_samples = timed

    def train() -> tuple[int, int, float]:
        deciding_s[0] = 0.0
        order = torch.randint(len(pixels), (STEPS * config.batch_size,), generator=chance)
        trainer.train_loader = [(pixels[part], data.train.labels[part]) for part in order.split(config.batch_size)]
        report = trainer.train_epoch(0)
        return len(order), round(report["activation_rate"] * len(order)), deciding_s[0]

    return Contestant("adaptive-sparse-training 1.0.1", train)


def main() -> None:
    """Measure, print a table, and write the record if `--record` names a file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--target", type=float, default=0.06, help="target activation rate (default: 0.06)")
    parser.add_argument("--seconds", type=float, default=60.0, help="length of the measurement (default: 60)")
    parser.add_argument("--dataset", default="digits")
    parser.add_argument("--model", default="cnn")
    parser.add_argument("--record", type=Path, help="where to write the record, for docs/results.md")
    options = parser.parse_args()
    began_s = time.time()
    config = Config(target_activation_rate=options.target, dataset=options.dataset, model=options.model, device="cpu")
    dense = ours("dense, this project", config.changed(arm="dense"))
    others = [
        ours("this project, memory", config),
        ours("this project, fresh", config.changed(scorer="fresh")),
        packaged_trainer(config),
        ours("sundew-algorithms 0.7.1", config, lambda session: put_event_gate(session, options.target)),
    ]
    pairs: dict[str, list[float]] = {other.name: [] for other in others}
    for contestant in (dense, *others):
        contestant.slice()  # the first slice allocates memory and chooses kernels
    ends_s = time.perf_counter() + options.seconds
    while time.perf_counter() < ends_s or len(dense.per_candidate_s) < ROUNDS_MIN * len(others):
        for other in others:
            dense.turn()
            other.turn()
            pairs[other.name].append(dense.per_candidate_s[-1] / other.per_candidate_s[-1])
    what = {
        "started_s": began_s, "target": options.target, "dataset": config.dataset, "model": config.model,
        "versions": versions(), "hardware": hardware(torch.device("cpu")),
    }  # fmt: skip
    contestants = [
        {
            "name": other.name, "times_dense": pairs[other.name], "candidates": other.candidates, "active": other.active,
            "deciding_s": other.deciding_s,
        }
        for other in others
    ]  # fmt: skip
    record = {"peers": what, "contestants": contestants}
    print("\n".join(table(table_of(record))))
    if options.record:
        options.record.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def put_event_gate(session: Session, target: float) -> None:
    """Let the gate of `sundew-algorithms` decide in this session."""
    session.arm = EventGateArm(session, target)


if __name__ == "__main__":
    main()
