"""The runner: a job that trains runs. The user may steer a run while it trains."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from sundew_core.config import Config
from sundew_core.events.commands import Pause, Resume, Retune, Step, Stop
from sundew_core.events.run import Event, RunFailed, failed, new_run_id
from sundew_core.jobs.job import Job, Slot
from sundew_core.records.runs import Recorder, RunStore


class Runner(Job[Event, RunFailed]):
    """Trains one run at a time in the background and records it in `store`. Safe to use from several threads."""

    def __init__(self, store: RunStore, slot: Slot | None = None) -> None:
        """Jobs that share a `slot` never train at the same time."""
        super().__init__(slot or Slot(), failed)
        self.store = store
        self._config: Config | None = None

    def start(self, config: Config) -> str:
        """Begin a run and return its id. Raises `InputError` while another job trains."""
        run = new_run_id()

        def begin() -> None:
            self.store.begin(run, config)
            self._config = config

        def load() -> Callable[[], Iterator[Event]]:
            from sundew_core.training.trainer import train

            return partial(train, config, run=run, inbox=self._inbox)

        return self._start(run, f"run {run} is still training", begin, load)

    @property
    def config(self) -> Config | None:
        """The active run's configuration, including changes that it has not applied yet; None without a run."""
        return self._config if self.active else None

    def retune(self, knobs: Mapping[str, Any], *, who: str) -> None:
        """Change knobs of the running gate from the next candidate batch on; without a run, do nothing.

        Raises `KnobError` for an unknown knob or a value out of range; then no knob changes.
        """
        with self._lock:
            if self._config is None:
                return
            self._config = self._config.changed(**knobs)
            self._commands.put(Retune(dict(knobs), who))

    def send(self, command: Pause | Resume | Step | Stop) -> None:
        """Send a command to the run; without a run, do nothing."""
        self._commands.put(command)

    def _record(self, run: str, events: Iterable[Event]) -> None:
        with Recorder(self.store, run) as recorder:
            for event in events:
                recorder.take(event)
