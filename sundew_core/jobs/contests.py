"""The runner of contests: a job that runs races and benches. It shares its slot with the runner of runs."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from sundew_core.config import Config
from sundew_core.events.commands import Stop
from sundew_core.events.contest import ContestEvent, ContestFailed, Rules, broke_off, positive
from sundew_core.events.run import new_run_id
from sundew_core.jobs.job import Job, Slot
from sundew_core.records.contests import ContestStore


class ContestRunner(Job[ContestEvent, ContestFailed]):
    """Runs one race or bench at a time in the background and records it in `store`. Safe to use from several threads."""

    def __init__(self, store: ContestStore, slot: Slot) -> None:
        """Jobs that share a `slot` never train at the same time."""
        super().__init__(slot, broke_off)
        self.store = store

    def race(self, config: Config, rules: Rules) -> str:
        """Begin a race and return its id. Raises `InputError` while another job trains."""
        contest = new_run_id()

        def load() -> Callable[[], Iterator[ContestEvent]]:
            from sundew_core.contests.race import race

            return partial(race, config, rules, name=contest, inbox=self._inbox)

        begin = partial(self.store.begin, contest, "race", config, rules.plan)
        return self._start(contest, f"race {contest} is still running", begin, load)

    def bench(self, config: Config, seconds: float) -> str:
        """Begin a bench whose rounds take `seconds` in all, and return its id. Raises `InputError` as `race` does."""
        positive("seconds", seconds)
        contest = new_run_id()

        def load() -> Callable[[], Iterator[ContestEvent]]:
            from sundew_core.contests.bench import bench

            return partial(bench, config, seconds, name=contest, inbox=self._inbox)

        begin = partial(self.store.begin, contest, "bench", config, {"seconds": seconds})
        return self._start(contest, f"bench {contest} is still running", begin, load)

    def stop(self) -> None:
        """End the contest after its current turn and keep what is recorded; without a contest, do nothing."""
        self._commands.put(Stop())

    def _record(self, contest: str, events: Iterable[ContestEvent]) -> None:
        for event in events:
            self.store.append(contest, event)
