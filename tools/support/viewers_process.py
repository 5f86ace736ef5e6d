"""A process that holds viewers of the app, so that the server's process does not do their work. It reads commands by line:

python -m tools.support.viewers_process ADDRESS [QUERY]
watch N    open N viewers and tick each of them as often as its page asks; answers "ready" when all have loaded the page
leave      close them; answers with their ticks as one line of JSON
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager, suppress
from dataclasses import asdict

from tools import ROOT
from tools.support.viewers import Answer, Viewer, viewing


async def watch(viewer: Viewer, answers: list[Answer], *, delay_s: float = 0.0) -> None:
    """Tick as often as the page asks, until cancelled. A late answer skips ticks, as in a browser."""
    await asyncio.sleep(delay_s)
    due_s = time.perf_counter()
    while True:
        answers.append(await viewer.tick())
        every_s = min(viewer.every_s.values())
        due_s = max(due_s + every_s, time.perf_counter())
        await asyncio.sleep(due_s - time.perf_counter())


@contextmanager
def viewers_process(address: str, query: str = "") -> Iterator[subprocess.Popen]:
    """Start a process that holds viewers of the server at this address; it ends with the block."""
    command = [sys.executable, "-m", "tools.support.viewers_process", address, query]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.terminate()


def ask(process: subprocess.Popen, command: str) -> str:
    """Send a command to a process of viewers and return its answer, a line."""
    process.stdin.write(f"{command}\n")
    process.stdin.flush()
    answer = process.stdout.readline()
    assert answer, "the process of viewers ended"
    return answer


async def _serve(address: str, query: str) -> None:
    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    while line := (await lines.readline()).decode():
        count = int(line.split()[1])
        async with AsyncExitStack() as stack:
            viewers = [await stack.enter_async_context(viewing(address, query)) for _ in range(count)]
            print("ready", flush=True)
            answers = await _watched(viewers, lines)
        print(json.dumps([asdict(answer) for answer in answers]), flush=True)


async def _watched(viewers: list[Viewer], lines: asyncio.StreamReader) -> list[Answer]:
    """Tick the viewers, spread over a second as the tabs of different users are, until the next command."""
    answers: list[Answer] = []
    tasks = [asyncio.create_task(watch(viewer, answers, delay_s=number / len(viewers))) for number, viewer in enumerate(viewers)]
    leave = asyncio.create_task(lines.readline())
    done, _ = await asyncio.wait([leave, *tasks], return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    if leave not in done:
        done.pop().result()  # a viewer ended before it was asked to: this raises its error
    return answers


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(_serve(*sys.argv[1:]))
