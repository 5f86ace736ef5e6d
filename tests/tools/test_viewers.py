"""A viewer that draws nothing gets from a served app what a browser gets: the page, its figures, and the news."""

import asyncio
import json

import pytest

from sundew_core.figures.run.panels import PANELS
from tools.support.viewers import Answer, viewing
from tools.support.viewers_process import ask, viewers_process
from tools.support.waiting import PATIENCE_S


async def ticks_until(viewer, wanted) -> Answer:
    """Tick until the data of the wall are as wanted."""
    async with asyncio.timeout(2 * PATIENCE_S):
        while True:
            answer = await viewer.tick()
            if wanted(viewer.component("figure_wall")):
                return answer
            await asyncio.sleep(0.2)


def drawn(wall) -> list[str]:
    return [card["name"] for card in wall["cards"] if "figure" in card]


async def watch_a_run(address: str) -> None:
    async with viewing(address, "epochs=3") as viewer:
        assert list(viewer.every_s.values()) == [2.0], "idle: the fragment runs every two seconds"
        assert drawn(viewer.component("figure_wall")) == []

        await viewer.tick()
        quiet = await viewer.tick()
        assert (quiet.new, quiet.references, quiet.whole_page) == (0, 1, False), "no news: the server only refers to the wall"

        assert (await viewer.press("Start training")).whole_page
        assert list(viewer.every_s.values()) == [1.0]
        answer = await ticks_until(viewer, lambda wall: len(drawn(wall)) == len(PANELS))
        assert answer.new
        assert answer.received > 10_000
        for card in viewer.component("figure_wall")["cards"]:
            assert json.loads(card["figure"])["data"], card["name"]

        await ticks_until(viewer, lambda wall: wall["status"] == "Finished")
        for _ in range(3):  # buttons and pace change with the run's end
            await viewer.tick()
        quiet = await viewer.tick()
        assert (quiet.new, quiet.references > 0) == (0, True)
        with pytest.raises(LookupError):
            await viewer.press("No such button")


def test_a_viewer_gets_the_figures_and_a_tick_without_news_brings_nothing_new(server):
    asyncio.run(watch_a_run(server))


async def turn_with_a_late_tick(address: str) -> None:
    async with viewing(address) as viewer:
        for title in ("Lab", "Train", "Samples", "Train"):
            await viewer.turn_to(title, late_tick=True)
            page = viewer.page
            await asyncio.sleep(0.2)
            for _ in range(2):
                await viewer.tick()
                assert viewer.page == page, "a browser clears itself if it receives another page than its own"


def test_a_late_tick_of_the_old_page_is_ignored(server):
    asyncio.run(turn_with_a_late_tick(server))


def test_a_process_of_viewers_ticks_each_of_them(server):
    with viewers_process(server) as viewers:
        assert ask(viewers, "watch 3") == "ready\n"
        answers = [Answer(**answer) for answer in json.loads(ask(viewers, "leave"))]
        assert ask(viewers, "watch 1") == "ready\n", "the process accepts new viewers"
        ask(viewers, "leave")
    assert all(answer.received > 0 for answer in answers)
