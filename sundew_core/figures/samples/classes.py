"""Figures of what the gate let through: what each class got, and how much of the active set changes.

Each has its sentence (`..._words`), for those who do not see it.
"""

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
"""Bars that fit into a card; of more classes, those that got least and most of their fair part."""
ROTATED_FROM = 8
"""With this many bars, or longer names, the names under them stand slanted."""
LEAST_CHANGED_SPAN = 20.0
"""Percentage points that the axis of the turnover spans at least."""


def class_rates(run: RunView, table: SampleTable, dark: bool) -> Drawn:
    """Draw each class's part of all activations, and beside it its part of the data set, in percent."""
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
        return "Nothing has been active yet."
    if table.even:
        return "Every sample was active equally often, so every class got its part."
    starved = [f"{share.name} ({share.ratio:.2f}×)" for share in shares if share.starved]
    if starved:
        return f"Starved, below half of what its part of the data set would give: {_listed(starved)}."
    least, most = shares[0], shares[-1]
    return (
        f"No class is starved: from {least.ratio:.2f}× ({least.name}) to {most.ratio:.2f}× ({most.name}) of what its part of "
        "the data set would give."
    )


def active_set(run: RunView, dark: bool) -> Drawn:
    """Draw how much of the active set changed from epoch to epoch, in percent, and how much it would by chance."""
    look = theme(dark)
    colour, words = arm_colours(run, look)
    told = turnover(run)
    epochs = [change.epoch for change in told]
    changed = [short(100 * change.changed, 4) for change in told]
    chance = [short(100 * change.by_chance.value, 4) for change in told]
    line = scatter(
        "changed", "lines+markers", epochs, changed, name="changed", hovertemplate="%{y:.1f} %", cliponaxis=False,
        line={"color": colour, "width": 2.5},
        marker={"color": colour, "size": 7, "line": {"color": look.panel, "width": 1.5}},
    )  # fmt: skip
    lot = scatter(
        "chance", "lines", epochs, chance, name="by lot", hovertemplate="%{y:.1f} %",
        line={"color": look.text, "width": 1.5, "dash": "dash"},
    )  # fmt: skip
    last = max((seen.epoch for seen in run.samples_seen), default=2)
    return make_figure(
        "Active set",
        look,
        traces=[lot, line],
        labels=[note("╌ as many drawn by lot, modelled", look, look.text)],
        headline=Headline(f"{changed[-1]:.0f} %", f"epoch {epochs[-1]}", words) if told else None,
        xaxis=epoch_axis(look, "epochs", range=[1, last], **epoch_ticks(last)),
        yaxis=axis(look, "% changed since the epoch before", nticks=5, range=_changed_range([*changed, *chance])),
        hovermode="x unified",
    )


def active_set_words(run: RunView) -> str:
    """Report how much of the active set changed last, of a run with two whole epochs in a row."""
    last = turnover(run)[-1]
    return (
        f"Of all samples active in epoch {last.epoch} or the one before, {percent(last.changed, 0)} were active in only one of "
        f"the two; drawn by lot it would be {percent(last.by_chance.value, 0)}."
    )


def _extremes(shares: Sequence[ClassShare]) -> list[ClassShare]:
    """All classes, or of too many those that got least and most of their fair part, in their own order."""
    if len(shares) <= MOST_CLASSES:
        return list(shares)
    by_ratio = sorted(shares, key=lambda share: share.ratio)
    return [*by_ratio[: MOST_CLASSES // 2], *by_ratio[-MOST_CLASSES // 2 :]]


def _classes_title(shares: Sequence[ClassShare], shown: Sequence[ClassShare]) -> str:
    return "classes" if len(shown) == len(shares) else f"classes that got least and most of {len(shares):,}"


def _listed(words: Sequence[str]) -> str:
    shown = list(words[:4]) + ([f"{len(words) - 4} more"] if len(words) > 4 else [])
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def _changed_range(values: Sequence[float]) -> list[float]:
    low = max(0.0, min(values, default=0.0) - 5.0)
    high = min(100.0, max(values, default=100.0) + 5.0)
    if high - low < LEAST_CHANGED_SPAN:
        low, high = max(0.0, high - LEAST_CHANGED_SPAN), max(high, LEAST_CHANGED_SPAN)
    return [short(low), short(high + 0.15 * (high - low))]
