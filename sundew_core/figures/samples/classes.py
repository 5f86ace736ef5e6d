"""Figures of what the gate let through: each class's part, and how much of the active set changes."""

from collections.abc import Sequence

from sundew_core.figures.parts import (
    MARGIN,
    Drawn,
    Headline,
    axis,
    bar_trace,
    coloured,
    epoch_axis,
    epoch_ticks,
    label,
    make_figure,
    note,
    scatter,
    short,
)
from sundew_core.figures.run.over_epochs import arm_colours
from sundew_core.figures.theme import theme
from sundew_core.metrics import RunView
from sundew_core.metrics.sample_table import ClassShare, SampleTable, class_shares, turnover
from sundew_core.wording import percent

MOST_CLASSES = 14
"""Bars that fit into a card; of more classes, those with the least and the most of their fair part are shown."""
ROTATED_FROM = 8
"""From this many bars on, their names are slanted, unless they are single letters."""
LEAST_CHANGED_SPAN = 20.0
"""Least span of the turnover's axis, in percentage points."""


def class_rates(run: RunView, table: SampleTable, dark: bool) -> Drawn:
    """Draw each class's part of all activations, and its part of the data set, in percent."""
    look = theme(dark)
    shares = class_shares(table)
    shown = _extremes(shares)
    names = [share.name for share in shown]
    got = [short(100 * share.active_share, 4) for share in shown]
    fair = [short(100 * share.share, 4) for share in shown]
    activations = bar_trace(
        "got", names, got, look.arms[run.arm] if run.arm else look.active, name="activations",
        customdata=[[share.active, short(share.ratio, 3)] for share in shown],
        hovertemplate="%{y:.1f} % (%{customdata[0]:,}), %{customdata[1]}×",
    )  # fmt: skip
    marks = scatter(
        "fair", "markers", names, fair, name="samples", hovertemplate="%{y:.1f} %",
        marker={"symbol": "line-ew", "size": 16, "line": {"color": look.text, "width": 2}},
    )  # fmt: skip
    top = max([*got, *fair], default=1.0)
    passed_over = [share.name for share in shares if share.starved]
    starved = f"   {coloured(f'starved: {_listed(passed_over)}', look.change_text)}" if passed_over else ""
    labels = [note(f"<b>—</b> part of the samples{starved}", look, look.text)]
    labels += [
        label(
            f"{share.ratio:.1f}×", look.change_text, name="starved", x=share.name, y=100 * share.share, yanchor="bottom", yshift=2
        )
        for share in shown
        if share.starved
    ]
    number = None
    if shares:
        least = min(shares, key=lambda share: share.ratio)
        number = Headline(f"{least.ratio:.2f}×", f"least: {least.name}", look.change_text if least.starved else None)
    slanted = len(shown) >= ROTATED_FROM and max(map(len, names), default=0) > 1
    return make_figure(
        "Classes",
        look,
        traces=[activations, marks],
        labels=labels,
        headline=number,
        margin={**MARGIN, "b": 58} if slanted else MARGIN,
        xaxis=axis(look, _classes_title(shares, shown), type="category", tickangle=-40 if slanted else 0, showgrid=False),
        yaxis=axis(look, "% of all activations", nticks=5, range=[0, short(1.22 * top)]),
        hovermode="x unified",
        bargap=0.35,
    )


def class_words(table: SampleTable) -> str:
    """Say whether the gate starves a class."""
    shares = sorted(class_shares(table), key=lambda share: share.ratio)
    if not shares:
        return "No sample has been active yet."
    if table.even:
        return "Every sample was active equally often, so every class got its part."
    starved = [f"{share.name} ({share.ratio:.2f}×)" for share in shares if share.starved]
    if starved:
        return f"Starved, with less than half of their part of the data set: {_listed(starved)}."
    least, most = shares[0], shares[-1]
    span = f"from {least.ratio:.2f}× ({least.name}) to {most.ratio:.2f}× ({most.name})"
    return f"No class is starved: each got {span} of its part of the data set."


def active_set(run: RunView, dark: bool) -> Drawn:
    """Draw how much of the active set changed from epoch to epoch, and how much would change by chance, in percent."""
    look = theme(dark)
    colour, words = arm_colours(run, look)
    changes = turnover(run)
    epochs = [change.epoch for change in changes]
    changed = [short(100 * change.changed, 4) for change in changes]
    chance = [short(100 * change.by_chance.value, 4) for change in changes]
    line = scatter(
        "changed", "lines+markers", epochs, changed, name="changed", hovertemplate="%{y:.1f} %", cliponaxis=False,
        line={"color": colour, "width": 2.5},
        marker={"color": colour, "size": 7, "line": {"color": look.panel, "width": 1.5}},
    )  # fmt: skip
    at_random = scatter(
        "chance", "lines", epochs, chance, name="at random", hovertemplate="%{y:.1f} %",
        line={"color": look.text, "width": 1.5, "dash": "dash"},
    )  # fmt: skip
    last = max((seen.epoch for seen in run.samples_seen), default=2)
    return make_figure(
        "Active set",
        look,
        traces=[at_random, line],
        labels=[note("╌ as many drawn at random, modelled", look, look.text)],
        headline=Headline(f"{changed[-1]:.0f} %", f"epoch {epochs[-1]}", words) if changes else None,
        xaxis=epoch_axis(look, "epochs", range=[1, last], **epoch_ticks(last)),
        yaxis=axis(look, "% changed since the epoch before", nticks=5, range=_changed_range([*changed, *chance])),
        hovermode="x unified",
    )


def active_set_words(run: RunView) -> str:
    """Report the latest change of the active set, for a run with two whole epochs in a row."""
    last = turnover(run)[-1]
    return (
        f"{percent(last.changed, 0)} of the samples active in epoch {last.epoch} or the one before were active in only one of "
        f"the two; if drawn at random, {percent(last.by_chance.value, 0)} would be."
    )


def _extremes(shares: Sequence[ClassShare]) -> list[ClassShare]:
    """All classes; if they are too many, those with the least of their fair part, then those with the most."""
    if len(shares) <= MOST_CLASSES:
        return list(shares)
    by_ratio = sorted(shares, key=lambda share: share.ratio)
    return [*by_ratio[: MOST_CLASSES // 2], *by_ratio[-MOST_CLASSES // 2 :]]


def _classes_title(shares: Sequence[ClassShare], shown: Sequence[ClassShare]) -> str:
    return "classes" if len(shown) == len(shares) else f"classes with least and most, of {len(shares):,}"


def _listed(words: Sequence[str]) -> str:
    shown = list(words[:4]) + ([f"{len(words) - 4} more"] if len(words) > 4 else [])
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def _changed_range(values: Sequence[float]) -> list[float]:
    low = max(0.0, min(values, default=0.0) - 5.0)
    high = min(100.0, max(values, default=100.0) + 5.0)
    if high - low < LEAST_CHANGED_SPAN:
        low, high = max(0.0, high - LEAST_CHANGED_SPAN), max(high, LEAST_CHANGED_SPAN)
    return [short(low), short(high + 0.15 * (high - low))]
