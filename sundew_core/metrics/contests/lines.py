"""A race or a bench as lines of text: one line per validation while it runs, and the tables at its end."""

from collections.abc import Sequence

from sundew_core.events.contest import ArmValidated
from sundew_core.metrics.contests import bench, race
from sundew_core.metrics.contests.bench import BenchView
from sundew_core.metrics.contests.race import AXES, Estimate, RaceView
from sundew_core.wording import UNKNOWN, microseconds, percent

NAMES = {"seconds": "equal seconds", "samples": "equal samples", "epochs": "equal epochs", "flop": "equal FLOPs"}


def validation_line(event: ArmValidated, seconds: float) -> str:
    """How far an arm has come, and its accuracy."""
    return (
        f"seed {event.seed}  {event.arm:<18}  {event.training_s:7.1f} of {seconds:g} s  {event.epochs:8.2f} epochs  "
        f"{event.trained:>10,} trained  val acc {100 * event.val_accuracy:6.2f} %"
    )


def race_lines(view: RaceView) -> list[str]:
    """The result: accuracies in percent at equal seconds, samples, epochs and FLOPs, and the time to the dense accuracy."""
    if not view.finished_seeds:
        return ["No seed has finished: there is nothing to compare yet."]
    rows = [["arm", *NAMES.values(), "time to dense accuracy", "compute saved"]]
    for arm in view.arms:
        accuracies = [with_interval(race.accuracy_at_equal(view, arm, axis)) for axis in AXES]
        saved = race.compute_saved(view, arm)
        rows.append([arm, *accuracies, reach(view, arm), UNKNOWN if saved is None else percent(saved.value)])
    n = len(view.finished_seeds)
    note = "one seed: no interval" if n == 1 else f"mean ± half of the 95 % interval by Student's t, n = {n}"
    return [*table(rows), f"Accuracy in %; {note}. Compute saved per epoch, modelled from FLOPs, scoring included."]


def reach(view: RaceView, arm: str) -> str:
    """How long an arm took to reach the dense arm's final accuracy, or in how many seeds it never did."""
    reached = race.time_to_reach_dense(view, arm)
    if reached is None:
        return "no dense arm raced"
    if reached.seconds is None or reached.speedup is None:
        return f"never in {reached.n - reached.reached} of {reached.n}"
    return f"{reached.seconds.mean:.1f} s ({reached.speedup.mean:.2f} times faster)"


def with_interval(estimated: Estimate | None) -> str:
    """An accuracy in percent, with half the width of its interval if it has one."""
    if estimated is None:
        return UNKNOWN
    width = "" if estimated.half_width is None else f" ± {100 * estimated.half_width:.2f}"
    return f"{100 * estimated.mean:.2f}{width}"


def bench_lines(view: BenchView) -> list[str]:
    """The result: seconds per epoch, speed-up over dense and the share of its ceiling, cost of scoring and gate."""
    if view.started is None or not view.slices:
        return ["Nothing has been timed yet."]
    head = ["arm", "s/epoch (quartiles)", "times dense", "by CPU time", "ceiling", "share", "rate", "scoring"]
    rows = [[*head, "gate, per candidate batch"]]
    for name in view.started.contestants:
        epoch, faster, most = bench.epoch_s(view, name), bench.speedup(view, name), bench.ceiling(view, name)
        by_processor = bench.processor_speedup(view, name)
        share, rate = bench.share_of_ceiling(view, name), bench.realised_rate(view, name)
        laps = bench.batch_s(view, name)
        rows.append(
            [
                name,
                UNKNOWN if epoch is None else f"{epoch.median:.3f} ({epoch.low:.3f} to {epoch.high:.3f})",
                UNKNOWN if faster is None else f"{faster.median:.2f}",
                UNKNOWN if by_processor is None else f"{by_processor.median:.2f}",
                UNKNOWN if most is None else f"{most.value:.2f}",
                percent(share, 0),
                percent(rate),
                *(microseconds(None if lap is None else lap.median) for lap in laps),
            ]
        )
    lines = table(rows)
    lines += [f"{name}: left out, {why}" for name, why in view.started.left_out.items()]
    for event in view.gates:
        lap = bench.spread(event.laps_s)
        assert lap is not None, "a gate is timed at least once"
        lines.append(f"Scores and gate on {event.candidates:>9,} candidates at once: {1e3 * lap.median:9.3f} ms")
    if view.finished is not None and view.finished.process_peak_b is not None:
        lines.append(f"Peak memory of the whole process: {view.finished.process_peak_b / 1e6:,.0f} MB")
    return lines


def table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Align columns: the first to the left, the others to the right."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return [
        "  ".join([row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))])
        for row in rows
    ]
