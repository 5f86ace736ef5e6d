"""Figures of the architecture flow: one small time series per stage, from the same events as its box."""

from collections.abc import Callable, Mapping, Sequence

from sundew_core import metrics
from sundew_core.events.run import BatchSeen, EpochEnded
from sundew_core.figures.flow.stage_words import PART_NAMES
from sundew_core.figures.parts import Drawn, Headline, axis, bar_trace, heatmap, level, make_figure, short, stepped
from sundew_core.figures.run import interventions
from sundew_core.figures.run.over_epochs import arm_colours, run_axis, span_of, trace_line, trace_points
from sundew_core.figures.theme import faint, theme
from sundew_core.metrics import Point, RunView
from sundew_core.wording import UNKNOWN, milliseconds

COLUMNS = 80
"""Most moments in the figure of significance over time."""
Reading = Callable[[BatchSeen], float | None]


def of_batches(run: RunView, reading: Reading) -> list[Point]:
    """The readings of the telemetry over epochs done, without those that are None."""
    found = [(batch.progress, reading(batch)) for batch in run.batches]
    return [(x, y) for x, y in found if y is not None]


def realised(batch: BatchSeen) -> float | None:
    """Realised rate of one telemetry event, in percent."""
    return 100 * batch.active / batch.candidates if batch.candidates else None


def pace(batch: BatchSeen) -> float | None:
    """Candidates per training second of one telemetry event."""
    return batch.candidates / batch.training_s if batch.training_s else None


def part_ms(run: RunView, part: str) -> list[Point]:
    """Measured milliseconds per candidate batch that a part takes, one point per epoch."""
    if run.started is None:
        return []
    batch = int(run.started.config["candidate_batch"])
    return [
        (float(epoch.epoch), 1000 * batch * _part_s(epoch, part) / epoch.candidates) for epoch in run.epochs if epoch.candidates
    ]


def _part_s(epoch: EpochEnded, part: str) -> float:
    match part:
        case "scoring":
            return epoch.scoring_s
        case "gate":
            return epoch.gating_s
    return epoch.training_s - epoch.scoring_s - epoch.gating_s


def candidates(run: RunView, dark: bool) -> Drawn:
    """Draw the candidates per training second."""
    return _over(run, dark, "Pace", "candidates per training second", {"pace": of_batches(run, pace)}, "{:,.0f}")


def scores(run: RunView, dark: bool) -> Drawn:
    """Draw how many candidates have which significance over time, and the threshold."""
    look = theme(dark)
    colour, _ = arm_colours(run, look)
    seen = [batch for batch in run.batches if batch.significance_histogram]
    kept = [seen[i * len(seen) // COLUMNS] for i in range(COLUMNS)] if len(seen) > COLUMNS else seen
    bins = len(kept[0].significance_histogram or ()) if kept else 0
    counts = heatmap(
        "significance", [[(batch.significance_histogram or ())[i] for batch in kept] for i in range(bins)],
        [[0, look.panel], [1, faint(look.secondary, 0.9)]], name="candidates", x=[short(batch.progress) for batch in kept],
        y=[short((i + 0.5) / bins, 3) for i in range(bins)],
        hovertemplate="significance %{y:.2f}: %{z} candidates<extra></extra>",
    )  # fmt: skip
    among = of_batches(run, lambda batch: batch.threshold)
    ends = [0.0, 1.0, *(y for _, y in among)]  # a soft gate with a low rate has a threshold above 1
    return make_figure(
        "Significance",
        look,
        traces=[counts, trace_line("threshold", among, colour, 2)],
        headline=Headline(UNKNOWN, "threshold", colour),
        xaxis=run_axis(run, look, showgrid=False),
        yaxis=axis(look, "significance", range=[short(min(ends)), short(max(ends))], nticks=5, showgrid=False),
        hovermode="closest",
    )


def forward_ms(run: RunView, dark: bool) -> Drawn:
    """Draw the time that scoring by a forward pass takes."""
    look = theme(dark)
    colour, words = arm_colours(run, look)
    found = part_ms(run, "scoring")
    return make_figure(
        "Forward passes", look, traces=[trace_points("scoring", found, colour, look)], xaxis=run_axis(run, look),
        headline=Headline(milliseconds(found[-1][1] / 1000), colour=words) if found else None,
        yaxis=axis(look, "ms per candidate batch", nticks=5, rangemode="tozero"), hovermode="x unified",
    )  # fmt: skip


def rates(run: RunView, dark: bool) -> Drawn:
    """Draw the expected rate against the set-point."""
    expected = of_batches(run, lambda batch: None if batch.expected_rate is None else 100 * batch.expected_rate)
    aimed = of_batches(run, lambda batch: None if batch.set_point is None else 100 * batch.set_point)
    return _over(run, dark, "Expected rate", "% of candidates", {"expected": expected, "set-point": aimed}, "{:.1f} %")


def thresholds(run: RunView, dark: bool) -> Drawn:
    """Draw the threshold."""
    found = of_batches(run, lambda batch: batch.threshold)
    return _over(run, dark, "Threshold", "significance", {"threshold": found}, "{:.3f}")


def energy(run: RunView, dark: bool) -> Drawn:
    """Draw the energy in the reservoir."""
    found = of_batches(run, lambda batch: batch.energy_u)
    full = float(run.knobs["max_energy"]) if run.knobs else 0.0
    lines = [level("full", full, theme(dark).secondary)]
    return _over(run, dark, "Energy", "u", {"energy": found}, "{:.0f} u", lines, range=[0, short(1.1 * full)])


def active(run: RunView, dark: bool) -> Drawn:
    """Draw the realised rate against the target."""
    targets = [(done, 100 * target) for done, target in run.targets]
    ends = [(span_of(run), y) for _, y in targets[-1:]]
    lines_of = {"realised": of_batches(run, realised), "target": [*targets, *ends]}
    return _over(run, dark, "Realised rate", "% of candidates", lines_of, "{:.1f} %")


def waiting(run: RunView, dark: bool) -> Drawn:
    """Draw the queue over the latest epoch."""
    found = [(x, float(y)) for x, y in metrics.queue(run)]
    figure = _over(run, dark, "Queue", "samples", {"queue": found}, "{:.0f}")
    if found:
        figure["layout"]["xaxis"].update(range=[short(found[0][0]), short(max(found[-1][0], found[0][0] + 0.01))], dtick=None)
    return figure


def part_times(run: RunView, dark: bool) -> Drawn:
    """Draw the parts of a candidate batch's time on top of each other, one bar per epoch."""
    look = theme(dark)
    colour, words = arm_colours(run, look)
    tones = {"scoring": look.change, "gate": faint(colour, 0.55), "step": colour}
    traces: list[Drawn] = []
    for part, name in PART_NAMES.items():
        found = metrics.decimate(part_ms(run, part))
        heights = [short(y, 4) for _, y in found]
        traces.append(bar_trace(part, [x for x, _ in found], heights, tones[part], name=name, hovertemplate="%{y:.3g} ms"))
    whole = sum(trace["y"][-1] for trace in traces) if run.epochs else None
    changed, labels = interventions.markers(run, look, span_of(run), lambda done: done + 0.5)
    return make_figure(
        "Time", look, traces=traces, labels=labels, lines=changed, barmode="stack", bargap=0.25,
        headline=None if whole is None else Headline(milliseconds(whole / 1000), colour=words),
        xaxis=run_axis(run, look, showgrid=False, range=[0.5, span_of(run) + 0.5]),
        yaxis=axis(look, "ms per candidate batch", nticks=5),
        hovermode="x unified",
    )  # fmt: skip


def losses(run: RunView, dark: bool) -> Drawn:
    """Draw the losses that the training steps return."""
    found = of_batches(run, lambda batch: batch.train_loss)
    return _over(run, dark, "Losses", "cross-entropy", {"loss": found}, "{:.3f}")


def _over(
    run: RunView, dark: bool, title: str, unit: str, lines_of: Mapping[str, Sequence[Point]], form: str,
    lines: Sequence[Drawn] = (), **y: object,
) -> Drawn:  # fmt: skip
    """One line in the arm's colour, with its latest number in this form as the headline, and a second line to compare."""
    look = theme(dark)
    colour, words = arm_colours(run, look)
    (name, points), *others = lines_of.items()
    traces = [trace_line(name, points, colour, 2), *(stepped(trace_line(*other, look.text, 1.5)) for other in others)]
    changed, labels = interventions.markers(run, look, span_of(run))
    return make_figure(
        title, look, traces=traces, labels=labels, lines=[*lines, *changed], xaxis=run_axis(run, look),
        headline=Headline(form.format(points[-1][1]), colour=words) if points else None,
        yaxis=axis(look, unit, nticks=5, **{"rangemode": "tozero", **y}), hovermode="x unified",
    )  # fmt: skip
