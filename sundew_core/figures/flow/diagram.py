"""Diagram: what the architecture flow shows of a run at a moment, as plain data that the browser draws.

Every word and number of the diagram is made here, so that it can be tested, exported and read aloud without a screen. The
lines of the stages come from `stage_words`.
"""

from collections.abc import Mapping
from types import MappingProxyType

from sundew_core import metrics
from sundew_core.arms import VARIANTS, stage_of, stages_of, variant_of
from sundew_core.figures.flow.stage_words import PART_NAMES, Look, lines_of, mark
from sundew_core.figures.parts import Drawn, short
from sundew_core.figures.theme import DARK, LIGHT, Theme
from sundew_core.gate.law import gate_curve
from sundew_core.metrics import Measured, RunView
from sundew_core.wording import UNKNOWN, milliseconds, percent, seconds, times

CELLS = 100
"""Cells in the picture of the mask: one per percent."""
DENSE_DOTS = 3.0
"""Dots per second that stand for the candidates of dense training; all other arms have the same scale."""
MOST_DOTS = 60.0
"""Dots per second at most: if an arm needs more, each dot stands for more candidates."""
PART_STAGES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"scoring": ("forward", "significance"), "gate": ("gate", "chance"), "step": ("step",)}
)
"""The stages that may show a part of an arm's time; the first one that the arm has shows it."""
SHARED_TIME: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"the gate's": ("controller", "reservoir", "mask", "pack", "significance"), "the train steps'": ("memory",)}
)
"""Stages without their own clock, by the time that includes theirs."""


def own_variant(run: RunView) -> str:
    """The variant that a run trains; before the start, that of the default settings."""
    return variant_of(run.started.config) if run.started is not None else "sundew-memory"


def choices(run: RunView) -> dict[str, str]:
    """Labels of the variants to choose from, by name: the timed ones and the run's own."""
    own = own_variant(run)
    return {name: variant.label for name, variant in VARIANTS.items() if variant.timed or name == own}


def describe(run: RunView, variant: str, *, motion: str, caption: str) -> Drawn:
    """Describe the diagram of a variant. `motion` is `moving`, `standing` or `calm`; `caption` names the run."""
    look = Look(run, variant, metrics.cost(run, variant))
    names = stages_of(variant, run.knobs)
    return {
        "variant": variant,
        "arm": VARIANTS[variant].arm,
        "title": VARIANTS[variant].label,
        "sentence": VARIANTS[variant].sentence,
        "caption": caption,
        "note": _note(look),
        "stages": [_stage(name, look) for name in names],
        "labels": _labels(look),
        "flow": _flow(look, motion),
        "histogram": _histogram(look),
        "gate": _gate(look),
        "mask": _mask(look),
        "queue": _queue(look),
        "level": _level(look),
        "cost": _comparison(look),
        "refreshed": "forward" in names and "memory" in names,
    }


def facts(run: RunView, variant: str, stage: str) -> list[str]:
    """The facts about a stage: its share of the time, and the source of that number."""
    look = Look(run, variant, metrics.cost(run, variant))
    if run.started is None:
        return []
    part = _part_at(stage, variant)
    if part is None:
        found = [f"its time is part of {whole}" for whole, stages in SHARED_TIME.items() if stage in stages]
    else:
        found = [_time(look, part)[1]]
    number = None if look.cost is None or part is None else look.cost.parts.get(part)
    if number is not None:
        found.append(f"{number.how}, n = {number.n}" if isinstance(number, Measured) else f"computed: {number.how}")
    if not look.own:
        found.append(f"the figure shows this run, which trains {VARIANTS[own_variant(run)].label}")
    return list(filter(None, found))


def palettes() -> Drawn:
    """Colours of the diagram in both themes; the browser picks one."""
    return {name: _palette(look) for name, look in (("dark", DARK), ("light", LIGHT))}


def _palette(look: Theme) -> Drawn:
    arms = {arm: {"mark": look.arms[arm], "text": look.arm_texts[arm]} for arm in look.arms}
    return {
        "ground": look.ground, "panel": look.panel, "line": look.line, "text": look.text, "secondary": look.secondary,
        "dormant": look.dormant, "saved": look.saved, "amber": look.change, "amber_text": look.change_text, "arms": arms,
    }  # fmt: skip


# Stages


def _stage(name: str, look: Look) -> Drawn:
    part = _part_at(name, look.variant)
    time, spoken, share = ("", "", None) if part is None else _time(look, part)
    lines = lines_of(name, look)
    title = stage_of(look.variant, name).title
    return {
        "name": name,
        "title": title,
        "lines": lines,
        "time": time,
        "share": None if share is None else short(share, 3),
        "alt": f"{title}: {', '.join([*lines, *filter(None, [spoken])])}.",
    }


def _part_at(stage: str, variant: str) -> str | None:
    """The part of an arm's time that a stage shows, if any."""
    own = VARIANTS[variant].stages
    return next((part for part, stages in PART_STAGES.items() if stage == next((s for s in stages if s in own), None)), None)


def _time(look: Look, part: str) -> tuple[str, str, float | None]:
    """The time of a part per candidate batch, written and spoken, and its share; empty for a part that the arm lacks."""
    if look.cost is None or part not in look.cost.parts:
        return "", "", None
    number, share = look.cost.parts[part], look.cost.share(part)
    if number is None or share is None:
        return "not timed", "not timed", None
    took, whole = f"{mark(number)}{milliseconds(number.value)}", percent(share, 0)
    return f"{took} · {whole}", f"{took} per candidate batch, {whole} of the time", share


# The moment


def _flow(look: Look, motion: str) -> Drawn:
    rate, cost = look.rate, look.cost
    flow: Drawn = {"motion": motion, "rate": None if rate is None else short(rate.value, 4), "dots": None, "per_dot": None}
    if cost is None or cost.epoch_s is None or not cost.epoch_s.value or look.run.started is None:
        return flow
    dense = metrics.cost(look.run, "dense")
    candidates = look.run.started.candidates_per_epoch
    pace = candidates / cost.epoch_s.value
    dense_pace = candidates / dense.epoch_s.value if dense is not None and dense.epoch_s is not None else pace
    per_dot = float(f"{max(dense_pace / DENSE_DOTS, pace / MOST_DOTS, 1.0):.2g}")
    return {**flow, "dots": short(pace / per_dot, 3), "per_dot": round(per_dot)}


def _labels(look: Look) -> Drawn:
    """Shapes on the arrows."""
    rate, started = look.rate, look.run.started
    if started is None or rate is None:
        return {"candidates": "[B]", "active": "[N]", "batch": ""}
    batch = int(look.knobs["candidate_batch"])
    size = 1 if look.variant == "per-sample" else int(look.knobs["batch_size"])
    return {
        "candidates": f"[{batch:,}]",
        "active": f"[{mark(rate).strip()}{rate.value * batch:,.0f}]",
        "batch": f"[{size:,}]",
        "dormant": f"{mark(rate)}{(1.0 - rate.value) * batch:,.0f} dormant",
    }


def _histogram(look: Look) -> list[float] | None:
    """Heights of the bars of significance in [0, 1], of the latest candidate batch."""
    seen = look.telemetry
    if seen is None or not seen.significance_histogram:
        return None
    highest = max(seen.significance_histogram) or 1
    return [short(count / highest, 2) for count in seen.significance_histogram]


def _gate(look: Look) -> Drawn | None:
    """The current gate: its curve over significance, and its threshold."""
    seen = look.telemetry
    if seen is None or seen.threshold is None:
        return None
    curve = gate_curve(seen.threshold, float(look.knobs["gate_temperature"]))
    return {
        "threshold": short(seen.threshold, 4),
        "word": f"θ {seen.threshold:.3f}".replace("-", "−"),
        "curve": [[short(s, 3), round(p, 3)] for s, p in curve],
    }


def _mask(look: Look) -> Drawn | None:
    """The lit cells in the picture of the mask, spread as by systematic sampling, and the cell where they begin."""
    rate = look.rate
    if rate is None:
        return None
    turn = look.run.batches[-1].batch if look.run.batches else 0
    return {"cells": CELLS, "lit": round(CELLS * rate.value), "turn": turn}


def _queue(look: Look) -> Drawn | None:
    waiting = metrics.queued(look.run) if look.own else None
    return None if waiting is None or not look.knobs else {"waiting": waiting, "of": int(look.knobs["batch_size"])}


def _level(look: Look) -> float | None:
    seen = look.telemetry
    return None if seen is None or seen.energy_u is None else short(seen.energy_u / look.knobs["max_energy"], 3)


# Beside dense


def _note(look: Look) -> str:
    """The source of a variant's numbers."""
    if look.run.started is None or look.cost is None:
        return ""
    if metrics.measured_in_epochs(look.run, look.variant):
        return "seconds measured in the epochs of this run"
    if look.cost.epoch_s is None:
        return "this run did not time this arm"
    timed = "timed before this run" if isinstance(look.cost.epoch_s, Measured) else "≈ computed from parts timed before this run"
    return timed if look.own else f"{timed}, which trains {VARIANTS[own_variant(look.run)].label}"


def _comparison(look: Look) -> Drawn:
    """An epoch of this variant beside a dense one, and their ratio as a large number."""
    rows = [_row(look.run, name) for name in dict.fromkeys(("dense", look.variant))]
    return {"rows": list(filter(None, rows)), **_headline(look)}


def _row(run: RunView, variant: str) -> Drawn | None:
    cost = metrics.cost(run, variant)
    if cost is None or cost.epoch_s is None:
        return None
    parts = []
    for part in cost.parts:
        part_s = cost.epoch_s.value * (cost.share(part) or 0.0)
        name = PART_NAMES[part] if part != "gate" or VARIANTS[variant].arm == "sundew" else "choice, packing"
        parts.append({"name": name, "epoch_s": short(part_s, 4), "words": seconds(part_s)})
    n = f" · n = {cost.epoch_s.n}" if isinstance(cost.epoch_s, Measured) else ""
    kind = "measured" if metrics.measured_in_epochs(run, variant) else "calibrated" if n else "from timed parts"
    return {
        "label": VARIANTS[variant].label,
        "arm": VARIANTS[variant].arm,
        "epoch_s": short(cost.epoch_s.value, 4),
        "parts": parts,
        "words": f"{mark(cost.epoch_s)}{seconds(cost.epoch_s.value)} per epoch · {kind}{n}",
    }


def _headline(look: Look) -> Drawn:
    cost = look.cost
    if cost is None:
        return {"number": "", "words": ""}
    if look.variant == "dense":
        return {"number": times(1.0), "words": "the arm that all others are compared with"}
    if cost.speedup is None:
        return {"number": UNKNOWN, "words": "this run did not time this arm"}
    slower = cost.speedup.value < 1.0
    number = f"{mark(cost.speedup)}{times(1.0 / cost.speedup.value if slower else cost.speedup.value)}"
    words = "slower than dense" if slower else "faster than dense"
    if cost.ceiling is not None and cost.of_ceiling is not None:
        words += f" · {percent(cost.of_ceiling, 0)} of its ceiling {times(cost.ceiling.value)}"
    return {"number": number, "words": words}
