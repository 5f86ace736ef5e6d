"""The race: several arms train on one machine in turn, each charged only its own training seconds.

    for each seed:
        every arm gets a learner with the same initial weights, and is validated
        until all have used up their seconds: the arm that has used fewest has the next turn, of `slice_s`
        at equal shares of its seconds an arm is validated, for free

Turns are short, so that whatever else the machine does slows down all arms alike. The learning rate of each arm is
stretched over its own seconds. Like a run, a race yields events and knows no thread, no file and no screen.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Sequence

import torch

from sundew_core.config import Config
from sundew_core.data.dataset import Dataset, Progress
from sundew_core.data.loading import silent
from sundew_core.events import commands
from sundew_core.events.commands import Inbox, Stop
from sundew_core.events.contest import ArmValidated, ContestEvent, RaceFinished, RaceStarted, Rules, broke_off
from sundew_core.events.run import new_run_id
from sundew_core.training.budget import SecondsBudget
from sundew_core.training.clock import synchronize
from sundew_core.training.machine import find_device
from sundew_core.training.session import Tally
from sundew_core.training.trainer import prepare

WARM_UP_STEPS = 2
"""Steps of a twin before the start, charged to nobody: the first ones allocate memory and choose kernels."""


class Racer:
    """One arm of one seed: its session, its seconds, and what it has done."""

    def __init__(self, config: Config, seconds: float, progress: Progress, data: Dataset | None = None) -> None:
        self.budget = SecondsBudget(seconds, find_device(config.device))
        self.session = prepare(config, progress, self.budget, data)
        self.arm = config.arm
        self.seed = config.seed
        self._seconds = seconds
        self._tally = Tally()
        self._advancing = self.session.advance(self._tally)
        self._laps_s: dict[str, float] = {}
        self._energy_j = 0.0
        self._shares: list[float] = []
        """Shares of the seconds at which a validation is still due, ascending."""

    def ready(self, shares: Sequence[float]) -> ArmValidated:
        """Warm up and validate the untrained model; the next validations are at these shares of the seconds, the last at 1."""
        twin = self.session.learner.twin()
        size = self.session.arm.batch_size
        for _ in range(WARM_UP_STEPS):
            twin.step(torch.arange(size, device=twin.device) % len(twin.dataset.train), progress=0.0)
        self._shares = list(shares)
        return self._validated(0.0)

    @property
    def done(self) -> bool:
        """Whether the seconds are used up."""
        return not self._shares

    def turn(self, slice_s: float) -> ArmValidated | None:
        """Train for a slice, or up to the next validation, which is then returned."""
        due_s = self._shares[0] * self._seconds
        until_s = min(due_s, self.budget.spent_s + slice_s)
        meter = self.session.meter
        before_j = meter.read_j() if meter else 0.0
        with self.budget.charged():
            while self.budget.spent_s < until_s:
                next(self._advancing, None)
        if meter:
            self._energy_j += meter.read_j() - before_j
        if self.budget.spent_s < due_s:
            return None
        share = self._shares[0]
        while self._shares and self._shares[0] * self._seconds <= self.budget.spent_s:
            share = self._shares.pop(0)  # a long candidate batch may have passed several
        return self._validated(share)

    def _validated(self, share: float) -> ArmValidated:
        """Validate, and say what was done so far."""
        session, tally = self.session, self._tally
        for name, lap_s in session.clock.read().items():
            self._laps_s[name] = self._laps_s.get(name, 0.0) + lap_s
        trained = tally.active - session.waiting
        started_s = time.perf_counter()
        val_loss, val_accuracy = session.learner.validate()
        synchronize(session.learner.device)
        return ArmValidated(
            arm=self.arm,
            seed=self.seed,
            share=share,
            training_s=self.budget.spent_s,
            scoring_s=self._laps_s.get("scoring", 0.0),
            gating_s=self._laps_s.get("gating", 0.0),
            epochs=session.epochs_done,
            candidates=tally.candidates,
            trained=trained,
            steps=tally.steps,
            flop=session.cost.spent_flop(tally.scored, trained),
            energy_j=self._energy_j if session.meter else None,
            val_loss=val_loss,
            val_accuracy=val_accuracy,
            validation_s=time.perf_counter() - started_s,
        )


def race(
    config: Config, rules: Rules, *, name: str | None = None, inbox: Inbox = commands.nothing, progress: Progress = silent
) -> Iterator[ContestEvent]:
    """Race as `rules` say, with the knobs of `config` for all arms; yields what happens.

    `inbox` is asked between turns and heeds `Stop`. Raises `InputError` here, before the first event, where data, model
    or device cannot be used. Once the events have begun, they end with `RaceFinished` or with `ContestFailed`.
    """
    # An arm that cannot race must be known before another has used up its seconds.
    first = _line_up(config, rules, config.seed, progress)
    return _ended(_Race(config, rules, inbox, progress), first, name or new_run_id())


class _Race:
    """A race under way: who trains now, and what is asked of it."""

    def __init__(self, config: Config, rules: Rules, inbox: Inbox, progress: Progress) -> None:
        self._config = config
        self._rules = rules
        self._inbox = inbox
        self._progress = progress
        self.who: str | None = None
        """The arm whose turn it is."""

    def events(self, first: list[Racer], name: str) -> Iterator[ContestEvent]:
        """All events, beginning with the racers of the first seed."""
        began_s = time.perf_counter()
        yield _started(self._config, self._rules, first, name)
        stopped = False
        for seed in _seeds(self._config, self._rules):
            racers = first or _line_up(self._config, self._rules, seed, self._progress)
            first = []
            stopped = yield from self._run(racers)
            if stopped:
                break
        yield RaceFinished(reason="stopped" if stopped else "finished", wall_s=time.perf_counter() - began_s)

    def _run(self, racers: Sequence[Racer]) -> Generator[ContestEvent, None, bool]:
        """One seed from its start to its end; returns whether somebody stopped it."""
        validations = self._rules.validations
        for racer in racers:
            self.who = racer.arm
            yield racer.ready([i / validations for i in range(1, validations + 1)])
        while waiting := [racer for racer in racers if not racer.done]:
            if any(isinstance(command, Stop) for command in self._inbox(wait=False)):
                return True
            racer = min(waiting, key=lambda racer: racer.budget.spent_s)
            self.who = racer.arm
            validated = racer.turn(self._rules.slice_s)
            if validated is not None:
                yield validated
        self.who = None
        return False


def _ended(contest: _Race, first: list[Racer], name: str) -> Iterator[ContestEvent]:
    """The events of the race, closed by `ContestFailed` if anything goes wrong while they are made."""
    try:
        yield from contest.events(first, name)
    except Exception as error:
        yield broke_off(error, who=contest.who)


def _seeds(config: Config, rules: Rules) -> tuple[int, ...]:
    return tuple(range(config.seed, config.seed + rules.seeds))


def _line_up(config: Config, rules: Rules, seed: int, progress: Progress) -> list[Racer]:
    """The racers of one seed, in the order of the arms. They share one copy of the data."""
    racers: list[Racer] = []
    for arm in rules.arms:
        data = racers[0].session.learner.dataset if racers else None
        racers.append(Racer(config.changed(arm=arm, seed=seed), rules.seconds, progress, data))
    return racers


def _started(config: Config, rules: Rules, racers: Sequence[Racer], name: str) -> RaceStarted:
    return racers[0].session.setting(
        RaceStarted,
        race=name,
        config=config.model_dump(mode="json"),
        arms=rules.arms,
        seconds=rules.seconds,
        seeds=_seeds(config, rules),
        slice_s=rules.slice_s,
        validations=rules.validations,
        score_flop={racer.arm: racer.session.cost.score_flop for racer in racers},
    )
