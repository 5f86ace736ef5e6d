"""Set-up: what the widgets of knobs hold, and what happens when the user touches one.

Only callbacks steer a run, so a mere rerun steers nothing.

While a run is under way, a live knob acts on its gate, and the widgets of every tab show the run's configuration as last
asked for.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from pages.panels.knobs import form, link
from pages.panels.shell import present, shared
from pages.panels.shell.following import Shown
from pages.panels.shell.trouble import attempt
from sundew_core.config import KNOBS, Config
from sundew_core.events.commands import Pause, Resume, Step, Stop

PATIENCE_S = 0.4
"""How long the page waits for a command to show before it is drawn without it. Candidate batches are milliseconds apart."""
POLL_S = 0.02
ECHO_S = 2.0
"""How long the browser may still send the old value after the page has replaced it."""
REPLACED = "replaced"
PASSED_OVER = (present.PARAMETER,)
"""Parameters of the link that belong to no set-up."""
LINK_READ = "link_read"
KEPT_BY_RESET = ("dataset", "model")
NOTICES = "notices"
"""Key of the session's state: sentences that stay on screen until the user dismisses them."""
REFUSAL = "refusal"
"""Key of the session's state: why the last attempt failed; it stays on screen until the next attempt."""


@dataclass(frozen=True, slots=True)
class Replaced:
    """What a widget showed (`held`) before the page, not the user, gave it another value (`by`).

    The browser sends all widgets with every tick. A tick that was under way when the page replaced the value brings the old
    value back, and Streamlit takes that for a change by the user.
    """

    held: Any
    by: Any
    at_s: float

    def is_echoed_by(self, held: Any) -> bool:
        """Whether a value that arrives now is only the old one, from a browser that has not received the new one yet."""
        return bool(held == self.held) and time.monotonic() - self.at_s < ECHO_S


def open_link() -> None:
    """Take the set-up from the link, once per session and before any widget; while a run is under way, from the run.

    A widget bound to the query string judges its own value alone, and silently resets a value that it cannot use. So the page
    reads the link here first, and puts it right before the widgets see it.
    """
    if LINK_READ in st.session_state:
        return
    params = {name: st.query_params.get_all(name) for name in st.query_params}
    values, notices = link.read_link(params, PASSED_OVER)
    if any(name in form.KEYS for name in params):
        # A link leaves defaults out: they replace what the user chose earlier in this session.
        values = {**{name: knob.default for name, knob in KNOBS.items()}, **values}
    running = shared.runner().config
    if running is not None:
        if any(getattr(running, name) != value for name, value in values.items()):
            notices.append("A run is under way: the knobs show its set-up instead of the link's.")
        values = running.model_dump()
    st.session_state.setdefault(NOTICES, []).extend(notices)
    wanted = {name: [text] for name, text in link.write_link(values).items()}
    wanted |= {name: texts for name, texts in params.items() if name in PASSED_OVER}
    if wanted != params:
        st.query_params.from_dict(wanted)
        st.rerun()
    st.session_state[LINK_READ] = True
    hold(values)


def read_next_link() -> None:
    """Have the next page read its link anew: the links of this page carry set-ups."""
    st.session_state.pop(LINK_READ, None)


def hold(values: Mapping[str, Any]) -> None:
    """Make the widgets of these knobs show these values."""
    replaced = st.session_state.setdefault(REPLACED, {})
    for key, held in form.state_of(values).items():
        if key not in st.session_state or st.session_state[key] != held:
            if key in st.session_state:
                replaced[key] = Replaced(st.session_state[key], held, time.monotonic())
            st.session_state[key] = held


def follow(running: Config | None) -> None:
    """While a run is under way, make all widgets show its configuration."""
    if running is not None:
        hold(running.model_dump())


def follows(running: Config | None) -> bool:
    """Whether the widgets show the configuration of the run that is under way; true without a run."""
    held = {} if running is None else form.state_of(running.model_dump())
    return all(st.session_state.get(key) == value for key, value in held.items())


def chosen() -> dict[str, Any]:
    """All knobs as the widgets show them."""
    return form.values_of(st.session_state)


def steer(name: str) -> None:
    """Apply a live knob that the user has changed to the running gate, if there is one."""
    replaced = st.session_state.get(REPLACED, {}).get(name)
    if replaced is not None and replaced.is_echoed_by(st.session_state[name]):
        # Put right here, too: if the run ends with this very tick, `follow` has no run to follow any more.
        st.session_state[name] = replaced.by
    else:
        _retune({name: form.read(name, st.session_state)})


def apply(knobs: Mapping[str, Any]) -> None:
    """Apply a preset that the user has chosen."""
    hold(knobs)
    _retune(knobs)


def reset() -> None:
    """Reset every knob but data set and model to its default; during a run, only the live knobs."""
    standard = {name: knob.default for name, knob in KNOBS.items() if name not in KEPT_BY_RESET}
    if shared.runner().config is None:
        hold(standard)
    else:
        apply({name: value for name, value in standard.items() if KNOBS[name].live})


def _retune(knobs: Mapping[str, Any]) -> None:
    def retune() -> None:
        # A widget's text becomes a number here, so that the record of the change holds numbers.
        judged = Config(**knobs)
        shared.runner().retune({name: getattr(judged, name) for name in knobs}, who="page")

    if shared.runner().config is not None:
        attempt(REFUSAL, retune)


def pause() -> None:
    """Wait after the current candidate batch."""
    _send(Pause(), lambda shown: shown.state == "paused")


def resume() -> None:
    """Continue training."""
    _send(Resume(), lambda shown: shown.state != "paused")


def step_batch() -> None:
    """Train on one candidate batch, and wait again."""
    before = shared.latest().sequence
    _send(Step("batch"), lambda shown: shown.state == "paused" and shown.sequence > before)


def step_epoch() -> None:
    """Train to the end of the epoch, and wait again."""
    _send(Step("epoch"), lambda shown: shown.state != "paused")


def stop() -> None:
    """End the run and keep its record."""
    _send(Stop(), lambda _: shared.runner().active is None)


def _send(command: Pause | Resume | Step | Stop, done: Callable[[Shown], bool]) -> None:
    """Send a command, and wait a moment for its effect, so that the page shows it."""
    shared.runner().send(command)
    wait_for(lambda: done(shared.latest()))


def wait_for(done: Callable[[], bool]) -> None:
    """Wait until a command shows, but no longer than `PATIENCE_S`."""
    patience_ends_s = time.monotonic() + PATIENCE_S
    while not done() and time.monotonic() < patience_ends_s:
        time.sleep(POLL_S)


def start() -> None:
    """Begin a run with what the widgets show. If it cannot begin, the reason stays on screen."""
    attempt(REFUSAL, lambda: shared.runner().start(form.configuration(chosen())))


def dismiss() -> None:
    """Remove the notices, which the user has read."""
    st.session_state.pop(NOTICES, None)
