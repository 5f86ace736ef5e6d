"""Write `docs/results.md` from the records in `docs/races`: races, benches, settings tried and public packages measured.

python -m sundew_core race --seeds 3 --json > docs/races/NAME.json
python -m sundew_core bench --json > docs/races/NAME.json
python -m tools.tried docs/races/NAME.json ...
python -m tools.peers.measure --record docs/races/NAME.json
python -m tools.race_results
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sundew_core.config import Config
from sundew_core.events.contest import BenchStarted, ContestEvent, RaceStarted, from_record
from sundew_core.metrics.contests import bench, race
from sundew_core.metrics.contests.bench import BenchView
from sundew_core.metrics.contests.lines import NAMES, reach, with_interval
from sundew_core.metrics.contests.race import AXES, Estimate, RaceView
from sundew_core.wording import UNKNOWN, microseconds
from tools import DOCS, tried
from tools.peers import section as peers
from tools.support.markdown import recorded, table

RECORDS, RESULTS = DOCS / "races", DOCS / "results.md"
LEAST_SEEDS, LEAST_PASSES = 3, 3.0
"""What a race needs before it supports a claim: a mean of fewer seeds, or fewer dense passes over the data, says little."""
UNREST = 0.1
"""A bench counts as disturbed if its dense slices differ from each other by more than this, quartile to quartile."""
GOAL_SHARE = 0.85
"""An arm below this share of its ceiling is listed: the overhead around its gate is too large."""
HEAD = """# Results

`python -m tools.race_results` generates this page from the records in [races](races); nothing here is written by hand. Every
number follows from recorded events: replay them with `sundew_core.events.contest.from_record`.

*Equal seconds* compares the arms at the end of their training seconds. *Equal samples*, *epochs* and *FLOPs* compare them where
the arm with the fewest of these stopped, interpolated linearly between two validations. `±` is half of the 95 % confidence
interval by Student's t over the seeds. FLOPs and compute saved are modelled from counted operations, scoring included.
"""


def main() -> None:
    """Read every record and write the page."""
    RESULTS.write_text(page(read_records(RECORDS)), encoding="utf-8")
    print(f"wrote {RESULTS}")


Record = Sequence[ContestEvent] | Mapping[str, Any]
"""The events of a race or a bench, or what `tools.tried` or `tools.peers.measure` has written."""


def read_records(folder: Path) -> dict[str, Record]:
    """Every record in the folder, by file name."""
    return {path.name: _read(json.loads(path.read_text(encoding="utf-8"))) for path in sorted(folder.glob("*.json"))}


def _read(document: dict[str, Any]) -> Record:
    return [from_record(record) for record in document["events"]] if "events" in document else document


def page(records: Mapping[str, Record]) -> str:
    """The whole page as Markdown; `records` holds the records by file name."""
    contests = {name: record for name, record in records.items() if not isinstance(record, Mapping)}
    races = {name: RaceView.of(events) for name, events in contests.items() if isinstance(events[0], RaceStarted)}
    parts = [HEAD]
    for name, record in records.items():
        if name in races:
            parts += race_section(name, races[name], list(races.values()))
        elif isinstance(record, Mapping):
            parts += tried.section(name, record) if "tried" in record else peers.section(name, record)
        else:
            parts += bench_section(name, record)
    return "\n".join(parts).rstrip() + "\n"


def race_section(name: str, view: RaceView, races: Sequence[RaceView]) -> list[str]:
    """One race: its origin, its table, the shorter ones among `races` with the same knobs, and where the gate loses."""
    started = view.started
    assert started is not None, f"{name} begins with RaceStarted"
    n = len(view.finished_seeds)
    columns = ["arm", *NAMES.values(), "deviation at equal seconds", "time to the dense accuracy", "compute saved per epoch"]
    rows = []
    for arm in view.arms:
        finals = race.accuracy_at_equal(view, arm, "seconds")
        saved = race.compute_saved(view, arm)
        rows.append(
            [
                arm,
                *(with_interval(race.accuracy_at_equal(view, arm, axis)) for axis in AXES),
                UNKNOWN if finals is None or finals.deviation is None else f"{100 * finals.deviation:.2f}",
                reach(view, arm),
                UNKNOWN if saved is None else f"{100 * saved.value:.1f} %",
            ]
        )
    return [
        f"## Race on {started.config['dataset']}: {started.model}, {started.seconds:g} training seconds per arm, n = {n}",
        "",
        *_where(name, started),
        *(["The data are synthetic: redundant or mislabelled on purpose."] if started.config["dataset"] == "shapes" else []),
        *_caution(view),
        "",
        *table(columns, *rows),
        "",
        "Accuracy in % of the held-out samples; a dash means not measured. "
        + ("Joules were not measured: no meter." if started.energy_meter is None else f"Meter: {started.energy_meter}."),
        *_seed_by_seed(view),
        *_in_less_time(view, races),
        "",
        "Where the gate loses:",
        "",
        *_losses(view),
        "",
    ]


def _seed_by_seed(view: RaceView) -> list[str]:
    """The mean difference between the gate and each other arm at equal seconds, taken within each seed."""
    if "sundew" not in view.arms or len(view.finished_seeds) < 2:
        return []
    words = []
    for arm in view.arms:
        finals = [[race.final_accuracy(view, who, seed) for who in ("sundew", arm)] for seed in view.finished_seeds]
        apart = race.estimate([own - other for own, other in finals if own is not None and other is not None])
        if arm != "sundew" and apart is not None and apart.half_width is not None:
            words.append(f"{100 * apart.mean:+.2f} ± {100 * apart.half_width:.2f} points against {arm}")
    return ["", f"Difference within each seed at equal seconds: the gate is at {', '.join(words)}."] if words else []


def _in_less_time(view: RaceView, races: Sequence[RaceView]) -> list[str]:
    """Compare the dense arm here with the arms of shorter races that have the same knobs and seeds.

    In a shorter race the learning rate falls to its end sooner, so its result is no point on a curve of this race.
    """
    assert view.started is not None
    dense = race.accuracy_at_equal(view, "dense", "seconds") if "dense" in view.arms else None
    lines = []
    for other in races:
        if dense is None or other.started is None or other.started.seconds >= view.started.seconds or not _alike(view, other):
            continue
        for arm in other.arms:
            reached, times = race.accuracy_at_equal(other, arm, "seconds"), view.started.seconds / other.started.seconds
            if reached is None:
                continue
            short = 100 * (dense.mean - reached.mean)
            lines.append(
                f"In only {other.started.seconds:g} seconds, {times:.2f} times fewer, {arm} reaches {with_interval(reached)}; "
                f"dense reaches {with_interval(dense)} in all of its seconds: "
                + ("dense is matched." if short <= 0.0 else f"{arm} falls {short:.2f} points short.")
            )
    return ["", *lines] if lines else []


def _alike(one: RaceView, other: RaceView) -> bool:
    """Whether two races have the same knobs and seeds; arms and length may differ."""
    assert one.started is not None
    assert other.started is not None
    knobs = [{**started.config, "arm": None} for started in (one.started, other.started)]
    return knobs[0] == knobs[1] and one.finished_seeds == other.finished_seeds


def _where(name: str, started: RaceStarted | BenchStarted) -> list[str]:
    """The day, the machine, the versions and the knobs."""
    defaults = Config().model_dump(mode="json")
    ignored = ("arm", "seed", "dataset", "model", "device")
    changed = {knob: value for knob, value in started.config.items() if knob not in ignored and defaults.get(knob) != value}
    knobs = ", ".join(f"{knob}={value}" for knob, value in changed.items()) or "none"
    versions = ", ".join(f"{package} {version}" for package, version in started.versions.items())
    newer = ", ".join(knob for knob in defaults if knob not in started.config)
    return [
        f"{recorded(name, started.started_s, started.hardware)}; {versions}. Knobs changed from their defaults: {knobs}."
        + (f" The record is older than these knobs: {newer}." if newer else "")
    ]


def _caution(view: RaceView) -> list[str]:
    """A warning if the race is too small to support a claim."""
    assert view.started is not None
    n = len(view.finished_seeds)
    words = [] if n >= LEAST_SEEDS else [f"only {n} seed{'s' if n != 1 else ''}"]
    if "dense" in view.arms and n:
        passes = min(view.of_arm("dense", seed)[-1].candidates for seed in view.finished_seeds) / view.started.train_samples
        if passes < LEAST_PASSES:
            words.append(f"only {passes:.1f} dense passes over the data")
    return [f"**Too short to support a claim**: {' and '.join(words)}. It only shows that recording works."] if words else []


def _losses(view: RaceView) -> list[str]:
    """One line for each comparison that the gate loses, and whether the intervals overlap."""
    if "sundew" not in view.arms:
        return ["- the gate did not race."]
    found = []
    for axis in AXES:
        own = race.accuracy_at_equal(view, "sundew", axis)
        for arm in view.arms:
            other = race.accuracy_at_equal(view, arm, axis)
            if arm != "sundew" and own is not None and other is not None and other.mean > own.mean:
                found.append(
                    f"- against {arm} at {NAMES[axis]}: {100 * (other.mean - own.mean):.2f} points, {_sure(own, other)}."
                )
    reached = race.time_to_reach_dense(view, "sundew")
    if reached is not None and reached.seconds is None:
        found.append(f"- the gate never reached dense's final accuracy in {reached.n - reached.reached} of {reached.n} seeds.")
    return found or ["- nowhere in this race."]


def _sure(own: Estimate, other: Estimate) -> str:
    if own.high is None or other.low is None:
        return "one seed, so no interval"
    return "beyond the 95 % intervals" if other.low > own.high else "within the 95 % intervals"


def _unrest(view: BenchView) -> list[str]:
    """A warning if other programs disturbed the bench: dense slices over the dense slices before them should give 1."""
    itself = bench.speedup(view, bench.DENSE)
    if itself is None or itself.high - itself.low <= UNREST:
        return []
    return [
        f"**Other programs disturbed this bench**: dense slices differ from each other by a factor of {itself.low:.2f} to "
        f"{itself.high:.2f} (quartiles, n = {itself.n}). Its ratios are hints, not facts; repeat it on a quiet machine."
    ]


def bench_section(name: str, events: Sequence[ContestEvent]) -> list[str]:
    """One bench: its origin, its table, how the gate's cost grows, and the arms that fall short of their ceiling."""
    view = BenchView.of(events)
    started = view.started
    assert started is not None, f"{name} begins with BenchStarted"
    columns = [
        "arm",
        "s/epoch",
        "quartiles",
        "n",
        "times dense",
        "quartiles",
        "by CPU time",
        "ceiling",
        "share",
        "rate",
        "scoring",
        "gate",
    ]
    rows = []
    short = []
    for contestant in started.contestants:
        epoch, faster, most = bench.epoch_s(view, contestant), bench.speedup(view, contestant), bench.ceiling(view, contestant)
        share, rate = bench.share_of_ceiling(view, contestant), bench.realised_rate(view, contestant)
        if epoch is None or faster is None or most is None or share is None or rate is None:
            rows.append([contestant, *[UNKNOWN] * (len(columns) - 1)])
            continue
        laps = bench.batch_s(view, contestant)
        by_processor = bench.processor_speedup(view, contestant)
        rows.append(
            [
                contestant, f"{epoch.median:.3f}", f"{epoch.low:.3f} to {epoch.high:.3f}", str(epoch.n), f"{faster.median:.2f}",
                f"{faster.low:.2f} to {faster.high:.2f}",
                UNKNOWN if by_processor is None else f"{by_processor.median:.2f}", f"{most.value:.2f}",
                f"{100 * share:.0f} %", f"{100 * rate:.1f} %",
                *(microseconds(None if lap is None else lap.median) for lap in laps),
            ]
        )  # fmt: skip
        if share < GOAL_SHARE and contestant != "dense":
            short.append(f"- {contestant}: {faster.median:.2f} times dense, {100 * share:.0f} % of its ceiling {most.value:.2f}.")
    growth = [(event.candidates, bench.spread(event.laps_s)) for event in view.gates]
    peak = view.finished.process_peak_b if view.finished else None
    return [
        f"## Bench on {started.config['dataset']}: {started.model}",
        "",
        *_where(name, started),
        *_unrest(view),
        "",
        *table(columns, *rows),
        "",
        "Medians and quartiles; each slice is compared with the dense slice timed just before it. Scoring and gate are times of "
        f"one candidate batch of {started.config['candidate_batch']}. The ceiling is modelled from counted FLOPs at the realised "
        "rate, as if every operation took the same time. A share exceeds 100 % if the operations of a forward pass run faster "
        "than those of a training step, for example in the caches of a CPU. CPU time leaves out what other programs took. "
        + (f"Peak memory of the whole process: {peak / 1e6:,.0f} MB." if peak else ""),
        "",
        *table(
            ("candidates at once", "scores and gate", "per candidate"),
            *(
                (f"{n:,}", f"{1e3 * lap.median:.3f} ms", f"{1e9 * lap.median / n:,.0f} ns")
                for n, lap in growth
                if lap is not None
            ),
        ),
        "",
        f"Less than {100 * GOAL_SHARE:.0f} % of the ceiling:",
        "",
        *(short or ["- none."]),
        "",
    ]


if __name__ == "__main__":
    main()
