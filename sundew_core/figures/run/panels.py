"""The six panels of a run by name. Pages, reports and tests iterate over `PANELS`."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from sundew_core import metrics
from sundew_core.figures.panel import Panel
from sundew_core.figures.run import beside_dense, over_epochs
from sundew_core.metrics import RunView
from sundew_core.wording import percent, seconds

NO_RUN = "No run yet: start one and this panel fills while it trains."


def absent_until(ready: Callable[[RunView], bool], waiting: str) -> Callable[[RunView], str | None]:
    """Make the sentence of a panel that is not `ready`; `waiting` says, during the first epoch, when it will be."""

    def empty(run: RunView) -> str | None:
        if ready(run):
            return None
        if run.failed is not None:
            return f"The run failed: {run.failed.error}"
        if run.finished is not None:
            return "The run ended before this panel had data."
        return NO_RUN if run.started is None else f"First epoch under way: {waiting}"

    return empty


def _has_loss(run: RunView) -> bool:
    return any(batch.train_loss is not None for batch in run.batches) or any(e.train_loss is not None for e in run.epochs)


def _has_samples(run: RunView) -> bool:
    return metrics.samples(run) is not None


def _loss_numbers(run: RunView) -> str:
    losses = [(f"epoch {e.epoch}", e.train_loss) for e in run.epochs if e.train_loss is not None]
    if not losses:
        latest = next(batch.train_loss for batch in reversed(run.batches) if batch.train_loss is not None)
        return f"Cross-entropy {latest:.3f} in the latest batches of the first epoch."
    (first, first_loss), (last, last_loss) = losses[0], losses[-1]
    return f"Mean cross-entropy {last_loss:.3f} in {last}" + (f", {first_loss:.3f} in {first}." if first != last else ".")


def _accuracy_numbers(run: RunView) -> str:
    last, best = run.epochs[-1], max(run.epochs, key=lambda epoch: epoch.val_accuracy)
    return (
        f"{percent(last.val_accuracy)} of the held-out samples after epoch {last.epoch}, "
        f"at best {percent(best.val_accuracy)} after epoch {best.epoch}."
    )


def _rate_numbers(run: RunView) -> str:
    rate, held = metrics.activation_rate(run), metrics.held_rate(run)
    assert rate is not None
    whole = f"{percent(rate.value, 2)} of {rate.n:,} candidates active"
    if run.target is None:
        return f"{whole}."
    if len(run.targets) < 2:
        return f"{whole}, target {percent(run.target)}."
    since = "nothing counted since" if held is None else f"{percent(held.value, 2)} of {held.n:,} since"
    return f"{whole}; target changed to {percent(run.target)}, {since}."


def _savings_numbers(run: RunView) -> str:
    saved, skipped = metrics.energy_saved(run), metrics.samples_skipped(run)
    assert saved is not None
    assert skipped is not None
    return f"Compute saved {percent(saved.value)}, {saved.how}; samples skipped {percent(skipped.value)}."


def _speed_numbers(run: RunView) -> str:
    own, dense, single = metrics.epoch_s(run), metrics.dense_epoch_s(run), metrics.single_epoch_s(run)
    faster, most = metrics.speedup(run), metrics.speedup_ceiling(run)
    untimed = "no epoch of this run since the last change" if run.outdated else "no epoch of this run timed yet"
    words = [f"this run {seconds(own.value)} per epoch (n = {own.n})" if own else untimed]
    if dense is not None and single is not None:
        words.append(f"dense {seconds(dense.value)} (n = {dense.n})")
        words.append(f"per-sample {seconds(single.value)} (n = {single.n})")
    else:
        words.append("dense steps were not timed in this run")
    if faster is not None:
        words.append(f"speed-up {faster.value:.1f}×" + (f", modelled ceiling {most.value:.1f}×" if most else ""))
    sentence = "; ".join(words)
    return f"{sentence[0].upper()}{sentence[1:]}."


def _samples_numbers(run: RunView) -> str:
    counted = metrics.samples(run)
    assert counted is not None
    return f"{counted.active:,} of {counted.candidates:,} candidates processed, {counted.candidates - counted.active:,} skipped."


PANELS: Mapping[str, Panel[RunView]] = MappingProxyType(
    {
        "loss": Panel(
            title="Training loss",
            draw=over_epochs.training_loss,
            look_for="Look for: falling epoch means; they cover only trained samples, and the gate chooses hard ones.",
            empty=absent_until(_has_loss, "the loss appears with the first trained batches."),
            numbers=_loss_numbers,
        ),
        "accuracy": Panel(
            title="Validation accuracy",
            draw=over_epochs.validation_accuracy,
            look_for="Look for: how high the line gets in the same training seconds as the random arm.",
            empty=absent_until(lambda run: bool(run.epochs), "the held-out samples are checked when it ends."),
            numbers=_accuracy_numbers,
        ),
        "activation": Panel(
            title="Activation rate",
            draw=over_epochs.activation_rate,
            look_for="Look for: the line settling on the dashed target.",
            empty=absent_until(_has_samples, "the rate appears with the gate's first candidates."),
            numbers=_rate_numbers,
        ),
        "savings": Panel(
            title="Energy savings",
            draw=beside_dense.energy_savings,
            look_for="Look for: the gap between bar and line; it is what scoring the candidates costs.",
            empty=absent_until(lambda run: bool(run.epochs), "its operations are added up when it ends."),
            numbers=_savings_numbers,
        ),
        "speed": Panel(
            title="Speed",
            draw=beside_dense.speed,
            look_for="Look for: how near this run's bar comes to the dashed ceiling.",
            empty=absent_until(
                lambda run: metrics.epoch_s(run) is not None or metrics.dense_epoch_s(run) is not None,
                "its seconds are known when it ends.",
            ),
            numbers=_speed_numbers,
        ),
        "samples": Panel(
            title="Samples",
            draw=beside_dense.samples,
            look_for="Look for: the bright share; only these samples cost a training step.",
            empty=absent_until(_has_samples, "the count begins with the gate's first candidates."),
            numbers=_samples_numbers,
        ),
    }
)
"""In the order in which a page lays them out, three in a row."""
