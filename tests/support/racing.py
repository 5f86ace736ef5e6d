"""Act on the Race page without a browser: made-up contests, and a runner that races nothing."""

from sundew_core.config import Config
from sundew_core.errors import InputError
from sundew_core.events.contest import ContestEvent, Rules
from sundew_core.records.contests import ContestStore

PLANS = {
    "race": {"arms": ["sundew", "dense", "random"], "seconds": 10.0, "seeds": 1, "validations": 2},
    "bench": {"seconds": 1.0},
}


class QuietContests:
    """Takes a configuration and rules, and races nothing."""

    def __init__(self) -> None:
        self.active: str | None = None
        self.unrecorded = None
        self.refusal: str | None = None
        self.asked: list[tuple] = []
        self.stopped = 0

    def race(self, config: Config, rules: Rules) -> str:
        return self._begin("race", config, rules)

    def bench(self, config: Config, seconds: float) -> str:
        return self._begin("bench", config, seconds)

    def stop(self) -> None:
        self.stopped += 1

    def _begin(self, *asked) -> str:
        if self.refusal:
            raise InputError(self.refusal)
        self.asked.append(asked)
        return "x"


def keep(contest: str, *events: ContestEvent, kind="race", config: Config | None = None, **plan) -> None:
    """Record a contest in the store that the page reads."""
    store = ContestStore()
    store.begin(contest, kind, config or Config(), {**PLANS[kind], **plan})
    for event in events:
        store.append(contest, event)
    store.close()
