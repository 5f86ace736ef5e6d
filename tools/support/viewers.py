"""Viewers of the app that draw nothing: tabs that speak Streamlit's own protocol over its WebSocket.

On a machine with few cores a browser takes one of them for itself, which hides how much the server takes. A viewer does
on the wire what a tab does, and nothing else: it runs the script, remembers how often each fragment is to run, requests
it, sends the values of the widgets and the large messages that it holds, and counts what it receives.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect

ANSWER_TIMEOUT_S = 30.0
LARGEST_MESSAGE = 64 * 2**20
COMPLETE = (ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY)


@dataclass(slots=True)
class Answer:
    """What the server sent for one request."""

    sent_s: float
    """Unix time of the request."""
    latency_s: float = 0.0
    """Seconds until the script had finished and all of its messages had arrived."""
    received: int = 0
    """Bytes."""
    messages: int = 0
    references: int = 0
    """Messages that only name a message which the viewer holds."""
    new: int = 0
    """Elements and blocks whose contents differ from those in the same place before."""
    new_bytes: int = 0
    """Bytes of these elements and blocks."""
    whole_page: bool = False
    """Whether the whole script ran, which a fragment may request."""


@dataclass(slots=True)
class _Held:
    """A large message that the server may refer to instead of sending it again."""

    message: ForwardMsg
    seen: int
    """Number of the script run that last used it."""


@dataclass(slots=True)
class Viewer:
    """One open tab. Make it with `viewing`."""

    socket: ClientConnection
    query: str
    elements: dict[tuple[int, ...], Element] = field(default_factory=dict)
    """The elements on the page, by place."""
    every_s: dict[str, float] = field(default_factory=dict)
    """Fragments that run on their own, and how often."""
    page: str = ""
    """Hash of the open page."""
    _fragments: dict[tuple[int, ...], str] = field(default_factory=dict)
    """The fragment that wrote the element at a place; empty for the script itself."""
    _widgets: dict[str, WidgetState] = field(default_factory=dict)
    _hashes: dict[tuple[int, ...], str] = field(default_factory=dict)
    _cache: dict[str, _Held] = field(default_factory=dict)
    _largest_age: int = 2
    _runs: int = 0

    async def load(self) -> Answer:
        """Run the whole script, as a tab does when it opens and at every click."""
        return await self._ask(ClientState())

    async def turn_to(self, label: str, *, late_tick: bool = False) -> Answer:
        """Follow the link to another page, and forget this one. Raises `LookupError` if no link has this label.

        With `late_tick`, a tick of the old page is sent while the new page's script runs: a browser that a script has
        turned to another page ticks until it receives the news.
        """
        links = [element.page_link for element in self.elements.values() if element.WhichOneof("type") == "page_link"]
        for link in links:
            if link.label == label:
                late = ClientState(fragment_id=next(iter(self.every_s), ""), is_auto_rerun=True, page_script_hash=self.page)
                self.page = link.page_script_hash
                for of_this_page in (self.elements, self._fragments, self._widgets, self._hashes, self.every_s):
                    of_this_page.clear()
                return await self._ask(ClientState(), then=late if late_tick else None)
        raise LookupError(f"no link {label!r} among {[link.label for link in links]}")

    async def tick(self) -> Answer:
        """Request the fragment that runs on its own. Raises `LookupError` if the page has none."""
        if not self.every_s:
            raise LookupError("no fragment of this page runs on its own")
        return await self._ask(ClientState(fragment_id=next(iter(self.every_s)), is_auto_rerun=True))

    async def press(self, label: str) -> Answer:
        """Press the button with this label. Raises `LookupError` if there is none or if it is disabled."""
        buttons = [element.button for element in self.elements.values() if element.WhichOneof("type") == "button"]
        for button in buttons:
            if button.label == label and not button.disabled:
                return await self._ask(ClientState(), WidgetState(id=button.id, trigger_value=True))
        raise LookupError(f"no enabled button {label!r} among {[button.label for button in buttons]}")

    async def slide(self, label: str, value: float) -> Answer:
        """Move the slider with this label, which reruns its fragment. Raises `LookupError` if there is none."""
        for place, element in self.elements.items():
            if element.WhichOneof("type") == "slider" and element.slider.label == label:
                moved = WidgetState(id=element.slider.id, double_array_value={"data": [value]})
                self._widgets[moved.id] = moved
                return await self._ask(ClientState(fragment_id=self._fragments.get(place, "")))
        raise LookupError(f"no slider {label!r} on the page")

    def component(self, name: str) -> Any:
        """The data of a component on the page. Raises `LookupError` if it is not there."""
        for element in self.elements.values():
            component = element.bidi_component
            if component.component_name.endswith(name):
                return json.loads(component.bytes)
        raise LookupError(f"no component {name!r} on the page")

    async def _ask(self, state: ClientState, *triggers: WidgetState, then: ClientState | None = None) -> Answer:
        """Send a request with everything that a tab adds to it, and read the whole answer; `then` is sent in mid-answer."""
        state.query_string = self.query
        state.page_script_hash = self.page
        state.widget_states.widgets.extend([*self._widgets.values(), *triggers])
        state.cached_message_hashes.extend(self._cache)
        state.context_info.timezone = "UTC"
        state.context_info.locale = "en-US"
        state.context_info.color_scheme = "dark"
        answer, started_s = Answer(time.time()), time.perf_counter()
        await self.socket.send(BackMsg(rerun_script=state).SerializeToString())
        async with asyncio.timeout(ANSWER_TIMEOUT_S):
            while not await self._read(answer):
                if then is not None and answer.new:
                    await self.socket.send(BackMsg(rerun_script=then).SerializeToString())
                    then = None
        answer.latency_s = time.perf_counter() - started_s
        return answer

    async def _read(self, answer: Answer) -> bool:
        """Read one message; returns whether it ends the answer."""
        line = await self.socket.recv()
        assert isinstance(line, bytes)
        answer.received += len(line)
        answer.messages += 1
        message = ForwardMsg.FromString(line)
        match message.WhichOneof("type"):
            case "new_session":
                self._largest_age = message.new_session.config.max_cached_message_age
                self.page = message.new_session.page_script_hash
                if not message.metadata.run.fragment_ids:
                    answer.whole_page = True
                    self.every_s.clear()
            case "auto_rerun":
                self.every_s[message.auto_rerun.fragment_id] = message.auto_rerun.interval
            case "stop_auto_rerun":
                for fragment in message.stop_auto_rerun.fragment_ids:
                    self.every_s.pop(fragment, None)
            case "navigation":
                self.page = message.navigation.page_script_hash
            case "delta":
                self._keep(message)
                self._place(message, message.metadata.delta_path, len(line), answer)
            case "ref_hash":
                answer.references += 1
                held = self._cache[message.ref_hash]
                held.seen = self._runs
                self._place(held.message, message.metadata.delta_path, len(line), answer)
            case "script_finished":
                self._forget(message)
                return message.script_finished in COMPLETE
        return False

    def _keep(self, message: ForwardMsg) -> None:
        if message.metadata.cacheable:
            self._cache[message.hash] = _Held(message, self._runs)

    def _forget(self, message: ForwardMsg) -> None:
        """Forget large messages that were unused for as many runs as the server says, as a browser does."""
        self._runs += 1
        ran = set(message.metadata.run.fragment_ids)
        for name, held in list(self._cache.items()):
            if self._runs - held.seen > self._largest_age and (not ran or held.message.delta.fragment_id in ran):
                del self._cache[name]

    def _place(self, message: ForwardMsg, path: Any, size: int, answer: Answer) -> None:
        place = tuple(path)
        if self._hashes.get(place) != message.hash:
            self._hashes[place] = message.hash
            answer.new += 1
            answer.new_bytes += size
        if message.delta.WhichOneof("type") == "new_element":
            self.elements[place] = message.delta.new_element
            self._fragments[place] = message.delta.fragment_id
            self._register(message.delta.new_element)

    def _register(self, element: Element) -> None:
        """Remember a widget's value, which a tab sends with every request."""
        kind = element.WhichOneof("type")
        widget = getattr(element, kind) if kind else None
        if kind not in WIDGETS or not widget.id or (widget.id in self._widgets and not getattr(widget, "set_value", False)):
            return
        self._widgets[widget.id] = WidgetState(id=widget.id, **WIDGETS[kind](widget))


def _of_selectbox(widget: Any) -> dict[str, Any]:
    if widget.set_value:
        return {"string_value": widget.raw_value}
    return {"string_value": widget.options[widget.default]} if widget.HasField("default") else {}


def _of_number(widget: Any) -> dict[str, Any]:
    value = widget.value if widget.set_value else widget.default
    return {"int_value": int(value)} if widget.data_type == type(widget).INT else {"double_value": value}


def _of_slider(widget: Any) -> dict[str, Any]:
    if widget.options:
        chosen = widget.raw_value if widget.set_value else [widget.options[int(index)] for index in widget.default]
        return {"string_array_value": {"data": chosen}}
    return {"double_array_value": {"data": widget.value if widget.set_value else widget.default}}


def _of_text(widget: Any) -> dict[str, Any]:
    return {"string_value": widget.value if widget.set_value else widget.default}


def _of_checkbox(widget: Any) -> dict[str, Any]:
    return {"bool_value": widget.value if widget.set_value else widget.default}


def _of_component(_widget: Any) -> dict[str, Any]:
    return {"json_value": json.dumps({"dark": True})}


WIDGETS = {
    "selectbox": _of_selectbox,
    "number_input": _of_number,
    "slider": _of_slider,
    "text_input": _of_text,
    "checkbox": _of_checkbox,
    "bidi_component": _of_component,
}
"""Widgets whose values a viewer sends; the server uses the defaults of the others."""


@asynccontextmanager
async def viewing(address: str, query: str = "") -> AsyncIterator[Viewer]:
    """Open a tab at the address of `driving.serving`, and load the page."""
    stream = f"{address.replace('http', 'ws', 1)}/_stcore/stream"
    async with connect(stream, subprotocols=["streamlit", "none"], origin=address, max_size=LARGEST_MESSAGE) as socket:
        viewer = Viewer(socket, query)
        await viewer.load()
        yield viewer
