"""Controls of a race and of a bench: data set, model, arms, seconds, and the buttons."""

from collections.abc import Mapping
from functools import partial
from html import escape
from types import MappingProxyType
from typing import Any

import streamlit as st

from pages.panels.contests import choice
from pages.panels.contests.choice import KINDS
from pages.panels.knobs import form, setup, widgets
from pages.panels.knobs.widgets import Situation
from pages.panels.shell import shared
from pages.panels.shell.trouble import attempt, refusal
from sundew_core.config import ARMS, KNOBS, Config
from sundew_core.errors import InputError, SundewError
from sundew_core.events.contest import VALIDATIONS, Rules
from sundew_core.records.contests import ContestRow, Kind

PRESELECTED = ("sundew", "dense", "random")
SECONDS: Mapping[Kind, tuple[str, int, str]] = MappingProxyType(
    {
        "race": ("race_seconds", 30, "Training seconds of each arm and seed: scoring, gating and optimizer steps."),
        "bench": ("bench_seconds", 60, "How long the rounds take; at least five are timed."),
    }
)
"""Key of the widget, default, and what the seconds mean."""
LONGEST_S, MOST_SEEDS, MOST_VALIDATIONS = 86_400, 50, 500
REFUSAL = "contest_refusal"
"""Key of the session's state: why the last start failed."""
OTHERS = ("arm", "dataset", "model", "epochs", "warmup_epochs", "anneal_epochs")
"""Knobs that a contest does not take from the Train page: they are chosen here, or the seconds replace them."""


def under_way() -> ContestRow | None:
    """The contest that is running in this process."""
    active = shared.contests().active
    return next((row for kind in KINDS for row in choice.listed(kind) if row.contest == active), None)


def follow(row: ContestRow | None) -> None:
    """Make the widgets show the knobs and the plan of the contest that is running here, if there is one."""
    if row is None:
        return
    setup.hold(Config(**row.config).model_dump())
    plan: dict[str, Any] = {SECONDS[row.kind][0]: int(row.plan["seconds"])}
    if row.kind == "race":
        plan |= {f"race_{name}": row.plan[name] for name in ("seeds", "validations")} | {"race_arms": list(row.plan["arms"])}
    for key, value in plan.items():
        if st.session_state.get(key) != value:
            st.session_state[key] = value


def controls(kind: Kind, busy: ContestRow | None) -> None:
    """Draw the sidebar below the switch. `busy` is the contest that is running here."""
    locked = busy is not None
    running = locked or shared.runner().config is not None
    situation = Situation(arm=str(setup.chosen()["arm"]), running=running, remarks={})
    for name, column in zip(("dataset", "model"), st.columns(2, gap="small", wrap=False), strict=True):
        with column:
            widgets.widget(name, situation)
    if kind == "race":
        st.pills(
            "Arms", ARMS, selection_mode="multi", default=PRESELECTED, key="race_arms", disabled=locked,
            help=KNOBS["arm"].sentence, persist_state="session",
        )  # fmt: skip
    key, default, explained = SECONDS[kind]
    if kind == "race":
        seconds, seeds, validations = st.columns([6, 5, 5], gap="xsmall", wrap=False)
        with seconds:
            _count("Seconds", key, default, LONGEST_S, explained, locked)
        with seeds:
            words = "Races in succession, each with its own seed; two or more give 95 % intervals."
            _count("Seeds", "race_seeds", 1, MOST_SEEDS, words, locked)
        with validations:
            words = "How often each arm is checked on the held-out samples, at equal shares of its seconds. Checks are free."
            _count("Checks", "race_validations", VALIDATIONS, MOST_VALIDATIONS, words, locked)
    else:
        _count("Seconds", key, default, LONGEST_S, explained, locked)
    st.html(f'<p class="contest-words">{escape(_words(kind))}</p>')
    _buttons(kind, busy)


def _count(label: str, key: str, default: int, most: int, explained: str, disabled: bool) -> None:
    st.number_input(label, 1, most, default, 1, key=key, help=explained, disabled=disabled, persist_state="session")


def _words(kind: Kind) -> str:
    """What a start would do and with which knobs, or why it is not possible."""
    try:
        config = form.configuration(setup.chosen())
        rules = None if kind == "bench" else _rules()
    except SundewError as error:
        return str(error)
    changed = [name for name in KNOBS if name not in OTHERS and getattr(config, name) != KNOBS[name].default]
    knobs = ", ".join(f"{KNOBS[name].label.lower()} {form.as_text(getattr(config, name))}" for name in changed[:4])
    more = f" and {len(changed) - 4} more" if len(changed) > 4 else ""
    others = f"Changed on the Train page: {knobs}{more}." if changed else "All other knobs have their defaults."
    if rules is None:
        return f"Every arm and scorer takes turns with dense training. {others}"
    return f"{_clock(rules.training_s)} of training in all, in turns of {rules.slice_s:g} s; checks take extra time. {others}"


def _clock(span_s: float) -> str:
    minutes, seconds = divmod(round(span_s), 60)
    return f"{minutes}:{seconds:02} min" if minutes else f"{seconds} s"


def _rules() -> Rules:
    """The race that the widgets ask for. Raises `InputError` if no arm is chosen."""
    held = st.session_state
    arms = tuple(arm for arm in ARMS if arm in held.get("race_arms", PRESELECTED))
    if not arms:
        raise InputError("Choose at least one arm.")
    return Rules(
        arms=arms,
        seconds=float(held.get("race_seconds", SECONDS["race"][1])),
        seeds=int(held.get("race_seeds", 1)),
        validations=int(held.get("race_validations", VALIDATIONS)),
    )


def _buttons(kind: Kind, busy: ContestRow | None) -> None:
    with st.container(key="buttons", gap="xsmall"):
        with st.container():
            refusal(REFUSAL)
            if busy is None and choice.latest(kind).going_on:
                widgets.remark(f"This {kind} is running in another process: stop it there.")
            elif busy is not None and busy.kind != kind:
                widgets.remark(f"A {busy.kind} is running: watch it under {KINDS[busy.kind]}.")
        with st.container(horizontal=True, gap="xsmall", wrap=False):
            st.button(
                f"Start {kind}", key="contest_start", type="primary", disabled=busy is not None, width="stretch",
                on_click=attempt, args=(REFUSAL, partial(_start, kind)),
            )  # fmt: skip
            st.button(
                "Stop", key="contest_stop", disabled=busy is None, width="content", on_click=_stop,
                help="Ends after the current turn; everything recorded is kept.",
            )  # fmt: skip


def _start(kind: Kind) -> None:
    """Start the contest that the widgets ask for. Raises `SundewError` if it cannot start."""
    config = form.configuration(setup.chosen())
    if kind == "bench":
        shared.contests().bench(config, float(st.session_state.get("bench_seconds", SECONDS["bench"][1])))
    else:
        shared.contests().race(config, _rules())


def _stop() -> None:
    """Stop the contest, and wait a moment, so that the page is drawn without it."""
    shared.contests().stop()
    setup.wait_for(lambda: shared.contests().active is None)
