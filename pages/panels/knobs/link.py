"""The link: a set-up in the query string of the address, read with care and written back. Pure; `Config` is the judge.

The user who opens a link did not write it: it may be old, cut off or hostile. The page takes what is allowed. A number out of
range becomes the nearest allowed one, and everything else falls back to the default; a sentence explains each.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from pages.panels.knobs.form import KEYS, NAMED, as_text, from_text, kind, state_of
from sundew_core.config import KNOBS, Config
from sundew_core.errors import KnobError
from sundew_core.knobs import Knob

Params = Mapping[str, Sequence[str]]
"""Query parameters by name, each with all its values."""
LONGEST = 1_000
"""Characters that a value may have; a longer one is refused unread."""
SHOWN = 40
"""Characters of a value that a notice repeats."""
NAMES_SHOWN = 3


def read_link(params: Params, known: Collection[str] = ()) -> tuple[dict[str, Any], list[str]]:
    """Read the knobs that a link names: their values, all allowed together, and a sentence about each value that was changed.

    Parameters in `known` belong to other parts of the app and are ignored.
    """
    notices = _about_names([name for name in params if name not in KEYS and name not in known])
    asked = {name: _asked(name, params, notices) for name in KNOBS if name in params}
    # A folder without its path is not a value yet, but the user can type the path into its widget.
    values = {name: value for name, value in asked.items() if value == f"{NAMED.get(name)}:"}
    accepted: dict[str, Any] = {}
    waiting = {name: value for name, value in asked.items() if name not in values}
    # Some knobs are allowed only together with others (warm-up fits into the epochs), in any order in the link.
    while taken := [name for name, value in waiting.items() if _accept(name, value, accepted) is None]:
        for name in taken:
            del waiting[name]
    notices += [_substitute(KNOBS[name], value, accepted) for name, value in waiting.items()]
    return {**values, **{name: accepted[name] for name in asked if name in accepted}}, [notice for notice in notices if notice]


def write_link(values: Mapping[str, Any]) -> dict[str, str]:
    """Write knobs as query parameters. Defaults are left out."""
    standard = state_of({name: knob.default for name, knob in KNOBS.items()})
    return {key: as_text(held) for key, held in state_of(values).items() if held not in (standard.get(key), "")}


def _about_names(unknown: Sequence[str]) -> list[str]:
    if not unknown:
        return []
    named = ", ".join(_short(name) for name in unknown[:NAMES_SHOWN])
    more = f" and {len(unknown) - NAMES_SHOWN:,} more" if len(unknown) > NAMES_SHOWN else ""
    return [f"Unknown name{'s' if len(unknown) > 1 else ''} in the link, ignored: {named}{more}."]


def _asked(name: str, params: Params, notices: list[str]) -> Any:
    """What the link says about a knob, joined from two parameters if the knob has two widgets."""
    texts = params[name]
    knob = KNOBS[name]
    if isinstance(knob.default, tuple):
        return from_text(knob, " ".join(texts))
    if len(texts) > 1:
        notices.append(f"The link gives {name} {len(texts):,} times: the last one counts.")
    if texts[-1] == NAMED.get(name):
        return f"{texts[-1]}:{(params.get(NAMED[name]) or [''])[-1].strip()}"
    return from_text(knob, texts[-1]) if kind(knob) == "text" else texts[-1].strip()


def _accept(name: str, value: Any, accepted: dict[str, Any]) -> str | None:
    """Take a value if it is allowed together with those accepted before; otherwise say why not, or what is allowed."""
    if len(as_text(value)) > LONGEST:
        return f"that is longer than {LONGEST:,} characters"
    try:
        config = Config(**accepted, **{name: value})
    except KnobError as error:
        return error.allowed.get(name, str(error))
    accepted[name] = getattr(config, name)
    return None


def _substitute(knob: Knob, value: Any, accepted: dict[str, Any]) -> str:
    """Take the nearest allowed value or the default instead, and say so; empty if the value has become allowed."""
    hint = _accept(knob.name, value, accepted)
    if hint is None:  # the knob that this one depends on has been put right since
        return ""
    written = " to ".join(value) if isinstance(value, tuple) else value
    asked = f"The link asked for {knob.name}={_short(written)}"
    nearest = _nearest(knob, value)
    if nearest is not None and _accept(knob.name, nearest, accepted) is None:
        end = "highest" if accepted[knob.name] == knob.maximum else "lowest"
        return f"{asked}; the {end} allowed value {as_text(accepted[knob.name])} is used."
    return f"{asked}: {hint}. The default {as_text(knob.default)} is used."


def _nearest(knob: Knob, value: Any) -> str | None:
    """The end of the range that a number lies beyond; None for a number within the range, and for text."""
    if isinstance(value, tuple) or knob.minimum is None or knob.maximum is None:
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    if number > knob.maximum and math.isfinite(number):
        return as_text(knob.maximum)
    if number < knob.minimum and math.isfinite(number) and not knob.open_below:
        return as_text(knob.minimum)
    return None


def _short(text: str) -> str:
    """A stranger's text, fit to be repeated: cut short, and with every invisible character replaced."""
    visible = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text[: SHOWN + 1])
    return visible if len(text) <= SHOWN else visible[:SHOWN] + "…"
