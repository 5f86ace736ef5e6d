"""A session: one run under way, and the loop that turns it into events.

    RunStarted, Calibrated
    for each epoch:
        for each candidate batch:
            the user's commands are carried out; a pause waits here
            the arm proposes -> one transfer to the host -> the arm settles
            active samples queue; every full batch is an optimizer step whose losses return to the arm
            BatchSeen, a few dozen times per epoch
        the queue's tail trains
        SamplesSeen, at some epochs
        validation
        EpochEnded
    RunFinished

The host waits for the device once per candidate batch, in `to_host`, and never in an optimizer step. The ledger counts
on the device what each sample goes through.

Shapes: B candidates, N active among them, K numbers on their way to the host.
"""

import time
from collections.abc import Generator, Iterator
from dataclasses import fields, replace
from typing import Any, TypeVar

import torch
from torch import Tensor

from sundew_core.config import Config
from sundew_core.errors import NonFiniteLossError
from sundew_core.events.commands import Inbox
from sundew_core.events.run import EpochEnded, Event, RunStarted, Started
from sundew_core.gate.law import HISTOGRAM_BINS
from sundew_core.measuring.cost import CostModel
from sundew_core.measuring.meters import Meter
from sundew_core.models.building import describe
from sundew_core.training.arms import DenseArm
from sundew_core.training.budget import Budget, EpochBudget, dense_phase
from sundew_core.training.calibration import calibrate
from sundew_core.training.choosing import Arm, Choice
from sundew_core.training.clock import Clock
from sundew_core.training.learner import Learner
from sundew_core.training.ledger import Ledger, is_recorded
from sundew_core.training.machine import hardware, versions
from sundew_core.training.packing import Packer
from sundew_core.training.steering import Steering
from sundew_core.training.tally import Tally, batch_seen, run_finished

REPORTS_PER_EPOCH = 50
"""About how many `BatchSeen` an epoch yields; fewer if it has fewer candidate batches."""
UNREADABLE_NAMED = 100
"""The most unreadable files that a record names; it counts all of them."""

S = TypeVar("S", bound=Started)


def to_host(numbers: Tensor) -> list[float]:
    """Bring numbers [K] to the host: the only place in the hot path where the host waits for the device."""
    return numbers.tolist()


class Session:
    """One run under way: the parts made by `prepare`, and the loop over them."""

    def __init__(
        self, config: Config, learner: Learner, arm: Arm, clock: Clock, cost: CostModel, meter: Meter | None,
        budget: Budget | None = None,
    ) -> None:  # fmt: skip
        self.config = config
        self.learner = learner
        self.arm = arm
        self.clock = clock
        self.cost = cost
        self.meter = meter
        self.budget = budget or EpochBudget(config.epochs)
        self.samples = len(learner.dataset.train)
        self.per_epoch = self.samples * learner.dataset.repeats
        labels = learner.dataset.train.labels.to(learner.device)
        self.ledger = Ledger(labels, len(learner.dataset.classes), arm.trained_losses)
        self._warm_up = DenseArm(config)
        self._packer = Packer(arm.batch_size)
        self._order = torch.Generator().manual_seed(config.seed)
        self._batches = 0
        self._candidates = 0
        self._trained = 0
        """Samples trained in this epoch; the tally counts them when their losses are on the host."""
        self._recorded = 0
        """Candidates seen when the ledger was last recorded."""
        self._dealt: tuple[Tensor, ...] = ()
        """The candidate batches of this epoch."""
        self._choice: Choice | None = None
        """The latest of this epoch."""

    def events(self, run: str, inbox: Inbox) -> Iterator[Event]:
        """All events of the run, in order."""
        return filter(None, self._run(run, inbox))

    def advance(self, tally: Tally) -> Iterator[None]:
        """Train until the budget is used up and count in `tally`; yield after every candidate batch.

        For contests: nothing is reported, validated or obeyed, as the caller does all that. Dense phases begin and end
        between two candidate batches, since the number of epochs is not known.
        """
        while True:
            for _ in self._epoch(tally):
                yield
                if self.budget.share(self.epochs_done) >= 1.0:
                    return

    def setting(self, kind: type[S], **own: Any) -> S:
        """The event that opens a run or a contest: the fields in `own`, and what is known before the first step."""
        learner, dataset = self.learner, self.learner.dataset
        known: dict[str, Any] = {
            "started_s": time.time(),
            "config": self.config.model_dump(mode="json"),
            "device": str(learner.device),
            "model": describe(self.config.model, learner.model),
            "parameters": sum(parameter.numel() for parameter in learner.model.parameters()),
            "lr": learner.lr,
            "train_samples": self.samples,
            "val_samples": len(dataset.val),
            "classes": dataset.classes,
            "image_shape": dataset.image_shape,
            "candidates_per_epoch": self.per_epoch,
            "unreadable_count": len(dataset.unreadable),
            "unreadable_files": dataset.unreadable[:UNREADABLE_NAMED],
            "forward_flop": self.cost.forward_flop,
            "step_flop": self.cost.step_flop,
            "score_flop": self.cost.score_flop,
            "energy_meter": self.meter.name if self.meter else None,
            "versions": versions(),
            "hardware": hardware(learner.device),
        }
        asked = {field.name for field in fields(kind)}
        return kind(**{name: value for name, value in known.items() if name in asked} | own)

    def _run(self, run: str, inbox: Inbox) -> Iterator[Event | None]:
        """The events of the run, and None after a candidate batch that is not reported."""
        started_s = time.perf_counter()
        yield self.setting(RunStarted, run=run)
        yield calibrate(self.learner, self.config, self.cost)
        steering = Steering(self.config, self.arm, inbox)
        done: list[EpochEnded] = []
        for epoch in range(1, self.config.epochs + 1):
            ended, complete = yield from self._run_epoch(epoch, steering)
            done.append(ended)
            if not complete:
                break
            yield ended
        yield run_finished(done, complete, time.perf_counter() - started_s)

    def _run_epoch(self, epoch: int, steering: Steering) -> Generator[Event | None, None, tuple[EpochEnded, bool]]:
        """Train one epoch of a run; returns its summary, and whether it was complete or stopped by a command."""
        arm, tally = self._arm_at(self.budget.share(self.epochs_done)), Tally()
        self.ledger.begin_epoch()
        energy_before_j = self.meter.read_j() if self.meter else None
        complete = yield from self._epoch(tally, epoch, arm, steering)
        with self.clock.lap("training"):
            self._read(self.learner.readings.tolist(), tally)
        laps_s = self.clock.read()
        energy_j = self.meter.read_j() - energy_before_j if self.meter and energy_before_j is not None else None
        recorded = is_recorded(epoch, self.config.epochs, self.samples) or not complete
        if recorded and self._candidates > self._recorded:  # a run may be stopped before the first candidate of an epoch
            self._recorded, seen = self._candidates, torch.cat(self._dealt)[: tally.candidates]
            yield self.ledger.record(epoch, self.epochs_done, seen, whole=complete)
        return self._epoch_ended(epoch, arm, tally, laps_s, energy_j), complete

    def _epoch(
        self, tally: Tally, epoch: int = 0, arm: Arm | None = None, steering: Steering | None = None
    ) -> Generator[Event | None, None, bool]:
        """Train one epoch and count in `tally`; yield after every candidate batch. Returns whether the epoch is complete.

        Without `arm`, the phase decides the arm at every candidate batch. Without `steering`, nothing is obeyed or reported.
        """
        self._dealt, self._choice, self._trained = self._candidate_batches(), None, 0
        batches, reported, complete = len(self._dealt), Tally(), True
        report_every = max(1, batches // REPORTS_PER_EPOCH)
        self.learner.forget()
        for i, candidates in enumerate(self._dealt, 1):
            report = False
            if steering is not None:
                complete = yield from steering.attend(self._batches, self.epochs_done, epoch_begins=i == 1)
                if not complete:
                    break
                report = i % report_every == 0 or i == batches or steering.stepping
            began_s = time.perf_counter()
            with self.clock.lap("training"):
                chooser = arm or self._arm_at(self.budget.share(self.epochs_done))
                self._choice, histogram = self._look_and_train(chooser, candidates, tally, report=report)
            tally.training_s += time.perf_counter() - began_s
            if report:
                yield batch_seen(epoch, self._batches, self.epochs_done, tally.since(reported), self._choice, histogram)
                reported = replace(tally)
            else:
                yield None
        with self.clock.lap("training"):
            for samples in self._packer.tail():
                self._step(samples, tally)
        return complete

    @property
    def waiting(self) -> int:
        """Active samples that queue for a full batch and have not been trained yet."""
        return len(self._packer)

    @property
    def epochs_done(self) -> float:
        """Candidates seen over those of an epoch, such as 2.25."""
        return self._candidates / self.per_epoch

    def _arm_at(self, share: float) -> Arm:
        """The arm that chooses at this share of the run; in dense phases, one that takes every candidate."""
        return self._warm_up if dense_phase(self.config, share, self.arm.dense_end) else self.arm

    def _candidate_batches(self) -> tuple[Tensor, ...]:
        """Indices of one epoch's candidates, shuffled, each sample as often as the data set repeats it: tensors [B]."""
        repeats = self.learner.dataset.repeats
        order = torch.cat([torch.randperm(self.samples, generator=self._order) for _ in range(repeats)])
        return torch.split(order.to(self.learner.device, non_blocking=True), self.config.candidate_batch)

    def _look_and_train(
        self, arm: Arm, candidates: Tensor, tally: Tally, *, report: bool
    ) -> tuple[Choice, tuple[int, ...] | None]:
        """Let the arm choose among candidates [B], and train on every full batch that has queued up.

        Returns the choice and, for a batch to `report`, the histogram of its scores if it has scores.
        """
        proposal = arm.propose(candidates)
        numbers, K = [self.learner.readings, proposal.readings], proposal.readings.numel()  # noqa: N806
        if report and proposal.significance is not None:
            numbers.append(proposal.significance.histc(HISTOGRAM_BINS, min=0.0, max=1.0))
        broken, loss_sum, *readings = to_host(torch.cat(numbers))
        histogram = tuple(int(count) for count in readings[K:]) or None
        self._read([broken, loss_sum], tally)
        with self.clock.lap("gating"):
            choice = arm.settle(proposal, readings[:K])
            self._packer.put(choice.active)
            full_batches = list(self._packer.full_batches())
        self.ledger.look(candidates, proposal.significance)
        self.ledger.activate(choice.active)
        B, N = candidates.numel(), choice.active.numel()  # noqa: N806
        self._batches += 1
        self._candidates += B
        tally.candidates += B
        tally.scored += B if arm.sparse else 0
        tally.active += N
        tally.expected += (choice.expected_rate or 0.0) * B
        for samples in full_batches:
            self._step(samples, tally)
        return choice, histogram

    def _step(self, samples: Tensor, tally: Tally) -> None:
        """One optimizer step on samples [N]; the arm gets their losses."""
        losses = self.learner.step(samples, self.budget.share(self.epochs_done), self.arm.weights(samples))
        self.arm.learn(samples, losses)
        self.ledger.learn(samples, losses)
        tally.steps += 1
        self._trained += samples.numel()

    def _read(self, readings: list[float], tally: Tally) -> None:
        """Take in the learner's readings: the sum of losses, or that one of them was not finite."""
        broken, tally.loss_sum = readings
        tally.trained = self._trained
        if broken:
            raise NonFiniteLossError(
                f"the training loss became NaN or infinite near candidate batch {self._batches}; that step was skipped and the "
                f"weights did not change. The usual cause is too high a learning rate (lr={self.learner.lr:g}): "
                "lower it tenfold. If it happens again, look for broken values in the images"
            )

    def _epoch_ended(self, epoch: int, arm: Arm, tally: Tally, laps_s: dict[str, float], energy_j: float | None) -> EpochEnded:
        """Validate and sum up."""
        started_s, choice = time.perf_counter(), self._choice
        val_loss, val_accuracy = self.learner.validate()
        dense_flop = self.cost.dense_flop(tally.candidates)
        return EpochEnded(
            epoch=epoch,
            epochs=self.config.epochs,
            phase="sparse" if arm.sparse else "dense",
            train_loss=tally.train_loss,
            val_loss=val_loss,
            val_accuracy=val_accuracy,
            activation_rate=tally.active / tally.candidates if tally.candidates else 0.0,
            expected_rate=tally.expected_rate(choice),
            set_point=choice.set_point if choice else None,
            threshold=choice.threshold if choice else None,
            energy_u=choice.energy_u if choice else None,
            candidates=tally.candidates,
            active=tally.active,
            steps=tally.steps,
            training_s=laps_s.get("training", 0.0),
            scoring_s=laps_s.get("scoring", 0.0),
            gating_s=laps_s.get("gating", 0.0),
            validation_s=time.perf_counter() - started_s,
            flop=self.cost.spent_flop(tally.candidates, tally.active) if arm.sparse else dense_flop,
            dense_flop=dense_flop,
            energy_j=energy_j,
        )
