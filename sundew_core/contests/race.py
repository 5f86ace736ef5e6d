"""The race: several arms train on one machine in turn, each charged only its own training seconds.

    for each seed:
        every arm gets a learner with the same initial weights, and is validated
        until all have used up their seconds: the arm that has used fewest gets the next turn, of `slice_s`
        at equal shares of its seconds an arm is validated; validation is not charged

Turns are short, so that other work of the machine slows down all arms alike. The learning rate of each arm is stretched
over its own seconds. Like a run, a race yields events and knows no thread, no file and no screen.
"""

import time
from collections.abc import Generator, Iterator, Sequence

import torch

from sundew_core.config import Config
from sundew_core.data.dataset import Dataset, Progress
from sundew_core.data.loading import silent
from sundew_core.events import commands
from sundew_core.events.commands import Inbox, Stop
from sundew_core.events.contest import ArmValidated, ContestEvent, RaceFinished, RaceStarted, Rules, ended
from sundew_core.events.run import new_run_id
from sundew_core.training.budget import SecondsBudget
from sundew_core.training.clock import synchronize
from sundew_core.training.machine import find_device
from sundew_core.training.tally import Tally
from sundew_core.training.trainer import prepare

WARM_UP_STEPS = 2
"""Steps of a twin before the start, not charged: the first steps allocate memory and choose kernels."""


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
        """Train for a slice, or up to the next validation; returns the validation if it is due."""
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
        """Validate, and sum up the work so far."""
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
    """Race as `rules` say, with the knobs of `config` for all arms, and yield what happens.

    The race obeys a `Stop` of `inbox` between turns. Raises `InputError` before the first event if data, model or
    device cannot be used. Once the events have begun, they end with `RaceFinished` or `ContestFailed`.
    """
    # An arm that cannot race must be found before another arm has used up its seconds.
    first = _line_up(config, rules, config.seed, progress)
    contest = _Race(config, rules, inbox, progress)
    return ended(contest.events(first, name or new_run_id()), lambda: contest.who)


class _Race:
    """A race under way, and the arm that trains now."""

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
        rules = self._rules
        seeds = tuple(range(self._config.seed, self._config.seed + rules.seeds))
        yield first[0].session.setting(
            RaceStarted,
            race=name,
            config=self._config.model_dump(mode="json"),
            arms=rules.arms,
            seconds=rules.seconds,
            seeds=seeds,
            slice_s=rules.slice_s,
            validations=rules.validations,
            score_flop={racer.arm: racer.session.cost.score_flop for racer in first},
        )
        stopped = False
        for seed in seeds:
            racers = first or _line_up(self._config, rules, seed, self._progress)
            first = []
            stopped = yield from self._run(racers)
            if stopped:
                break
        yield RaceFinished(reason="stopped" if stopped else "finished", wall_s=time.perf_counter() - began_s)

    def _run(self, racers: Sequence[Racer]) -> Generator[ContestEvent, None, bool]:
        """One seed from start to end; returns whether the user stopped it."""
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


def _line_up(config: Config, rules: Rules, seed: int, progress: Progress) -> list[Racer]:
    """The racers of one seed, in the order of the arms. They share one copy of the data."""
    racers: list[Racer] = []
    for arm in rules.arms:
        data = racers[0].session.learner.dataset if racers else None
        racers.append(Racer(config.changed(arm=arm, seed=seed), rules.seconds, progress, data))
    return racers
