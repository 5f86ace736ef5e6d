"""Steering: carries out the user's commands between two candidate batches, and yields events about them.

A change of a knob is validated, then applied or refused, and recorded either way. During a pause the trainer waits in
the inbox; a step lets it continue to the next batch or epoch, and then wait again.
"""

from collections.abc import Generator, Iterator
from typing import Any

from sundew_core.config import KNOBS, Config
from sundew_core.errors import InputError
from sundew_core.events.commands import Command, Inbox, Pause, Resume, Retune, Step, Stop
from sundew_core.events.run import Event, Intervened, Paused, Resumed
from sundew_core.training.choosing import Arm


class Steering:
    """The commands of one run, and whether it trains, waits or ends."""

    def __init__(self, config: Config, arm: Arm, inbox: Inbox) -> None:
        self._config = config
        self._arm = arm
        self._inbox = inbox
        self._waiting = False
        self._step: Step | None = None

    @property
    def stepping(self) -> bool:
        """Whether the run waits after every batch, so that the user wants to see each of them."""
        return self._step is not None and self._step.unit == "batch"

    def attend(self, batch: int, progress: float, *, epoch_begins: bool) -> Generator[Event, None, bool]:
        """Carry out the commands that came before candidate batch `batch` + 1; returns whether the run continues."""
        if self._step is not None and (self._step.unit == "batch" or epoch_begins):
            self._step, self._waiting = None, True
            yield Paused(batch=batch, progress=progress)
        asked = list(self._inbox(wait=False))
        while asked or self._waiting:
            for command in asked or self._inbox(wait=True):
                if isinstance(command, Stop):
                    return False
                yield from self._obey(command, batch, progress)
            asked = []
        return True

    def _obey(self, command: Command, batch: int, progress: float) -> Iterator[Event]:
        match command:
            case Retune(knobs, who):
                for knob, value in knobs.items():
                    yield from self._retune(knob, value, who, batch, progress)
            case Pause() if not self._waiting:
                self._step, self._waiting = None, True
                yield Paused(batch=batch, progress=progress)
            case Resume() | Step() if self._waiting:
                self._step = command if isinstance(command, Step) else None
                self._waiting = False
                yield Resumed(batch=batch, progress=progress)
            case Step():
                self._step = command

    def _retune(self, knob: str, value: Any, who: str, batch: int, progress: float) -> Iterator[Event]:
        old, reason = getattr(self._config, knob, None), None
        try:
            if knob in KNOBS and not KNOBS[knob].live:
                raise InputError(f"{knob} cannot change during a run: stop it and start another")
            old = self._arm.retune(knob, value)
        except InputError as error:
            reason = str(error)
        if reason is not None or old != value:
            yield Intervened(
                knob=knob, old=old, new=value, who=who, batch=batch, progress=progress, applied=reason is None, reason=reason
            )
