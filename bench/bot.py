"""The whole bot against a local Bot API server in a process of its own, with 30 ms of delay on every answer."""

from __future__ import annotations

import asyncio
import sqlite3
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from bot.authoring.library import compile_source, load
from bot.chat.line import connected
from bot.chat.poll import poll
from bot.chat.reception import Notice, Raw, Reception
from bot.chat.send import TelegramPost
from bot.delivery.embedded import Embedded
from bot.delivery.port import Letter, Posted
from bot.service import Service, utc_now
from bot.settings import shipped
from bot.store.database import open_database
from bot.store.migrations import migrate
from bot.store.writer import Writer

TOKEN = "1000001:AAbenchbenchbenchbenchbenchbenchbench"
DELAY = 0.03
RATES = (10, 40)
"""Turns a second. Above Telegram's own 30 messages a second the sender waits by design, so only at the lower rate is
the way to the sender's hand worth a figure; the commit is measured at both."""
SECONDS = 15
LIMIT = 30
PEOPLE = 80


@dataclass(slots=True)
class Watch:
    """When an update of a chat was received, committed, and its first message handed to the sender."""

    received: dict[int, float] = field(default_factory=dict)
    committed: list[float] = field(default_factory=list)
    handed: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Watched:
    """A post that notes when the first letter after an update reaches it."""

    post_to: TelegramPost
    watch: Watch

    async def post(self, letter: Letter) -> Posted:
        since = self.watch.received.pop(letter.chat, None)
        if since is not None:
            self.watch.handed.append(time.perf_counter() - since)
        return await self.post_to.post(letter)


def at(values: Sequence[float], share: float) -> float:
    """The value below which this share of them lies, in milliseconds."""
    return sorted(values)[min(int(len(values) * share), len(values) - 1)] * 1000


def flushes(folder: str) -> list[float]:
    """How long single flushed commits take here and now: what the disk asks of everybody, before the bot does a thing.

    They come at the bot's pace and not in a row, since a disk that is kept busy answers faster.
    """
    connection = sqlite3.connect(Path(folder) / "bare.sqlite3", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE rows (id INTEGER PRIMARY KEY, words TEXT)")
    waits = []
    for _ in range(SECONDS * 20):
        start = time.perf_counter()
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO rows (words) VALUES ('x')")
        connection.execute("COMMIT")
        waits.append(time.perf_counter() - start)
        time.sleep(0.025)
    connection.close()
    return waits


async def whole_bot() -> None:
    """Prints how long an update takes until it is committed, and until its answer is handed to the sender."""
    server = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.telegram_server", "--port", "0", "--token", TOKEN, stdout=asyncio.subprocess.PIPE
    )
    assert server.stdout is not None
    url = (await server.stdout.readline()).decode().strip().split()[-1]
    try:
        with tempfile.TemporaryDirectory() as folder:
            waits = flushes(folder)
            print(f"the other: one bare flushed commit: p50 {at(waits, 0.5):.1f} ms, p99 {at(waits, 0.99):.1f} ms")
            for rate in RATES:
                await _measure(url, f"sqlite:///{Path(folder) / f'bench{rate}.sqlite3'}", rate)
    finally:
        server.terminate()
        await server.wait()


async def _measure(url: str, database_url: str, rate: int) -> None:
    loaded = load(shipped("flows"), shipped("content"))
    assert loaded.library is not None
    migrate(database_url)
    database = open_database(database_url)
    writer, watch, stop = Writer(database), Watch(), asyncio.Event()
    async with connected(TOKEN, url) as connection, aiohttp.ClientSession(url) as control:
        service = Service(writer, loaded.library, compile_source)
        post = TelegramPost(connection.line, shipped("flows") / "media")
        embedded = Embedded(writer, Watched(post, watch), service.due, service.gone, utc_now)
        service.wake = embedded
        reception = Reception(
            service.handle,
            post,
            "bench_bot",
            lambda _: Notice("", ""),
        )

        async def receive(raw: Raw) -> None:
            start = time.perf_counter()
            chat = raw.get("message", {}).get("chat", {}).get("id") or raw.get("callback_query", {}).get(
                "from", {}
            ).get("id")
            if chat is not None:
                watch.received[chat] = start
            await reception.receive(raw)
            watch.committed.append(time.perf_counter() - start)

        tasks = [
            asyncio.create_task(poll(connection.line, receive, stop)),
            asyncio.create_task(embedded.run()),
        ]
        await control.post("/control/set", json={"delay": DELAY})
        await _play(control, watch, rate)
        stop.set()
        await embedded.stop()
        await asyncio.gather(*tasks)
    await writer.close()
    database.close()
    figures = [("received to committed", watch.committed)]
    if rate <= LIMIT:
        figures.append(("received to the sender's hand", watch.handed))
    for name, values in figures:
        spread = f"p50 {at(values, 0.5):.1f} ms, p99 {at(values, 0.99):.1f} ms"
        print(f"whole bot, {rate} turns/s, {DELAY * 1000:.0f} ms to Telegram, {name}: {spread} ({len(values)} updates)")


async def _play(control: aiohttp.ClientSession, watch: Watch, rate: int) -> None:
    """Eighty people do check-ins in words, each message at its own moment."""
    for number in range(PEOPLE):
        await control.post("/control/person", json={"name": f"P{number}"})
        await control.post("/control/send", json={"person": f"P{number}", "text": "/start"})
    await asyncio.sleep(PEOPLE / LIMIT + 2)  # until the first messages are out
    watch.committed.clear()
    watch.handed.clear()
    words = ("/check_in", "5", "she made tea")
    start, sends = time.perf_counter(), []
    for number in range(rate * SECONDS):
        await asyncio.sleep(max(0.0, start + number / rate - time.perf_counter()))
        body = {"person": f"P{number % PEOPLE}", "text": words[number // PEOPLE % len(words)]}
        sends.append(asyncio.create_task(control.post("/control/send", json=body)))
    await asyncio.gather(*sends)
    await asyncio.sleep(2)
