"""A postman and a sender with a time of their own, on a fresh database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest
from databases import couple
from moments import FakeTime
from sqlalchemy import text

from bot.delivery.clock import Clock
from bot.delivery.sender import Sender, deliver
from bot.store import outbox
from bot.store.writer import Writer

from .houses import Houses
from .postman import Postman


@dataclass(slots=True)
class Office:
    """Ann and Ben, their outbox, and whoever empties it."""

    writer: Writer
    time: FakeTime
    postman: Postman
    sender: Sender
    ann: int
    ben: int
    gone: list[int] = field(default_factory=list)
    count: int = 0

    async def put(self, *effects: outbox.Sendable) -> None:
        for effect in effects:
            self.count += 1
            letters = [(f"k{self.count}", effect)]
            await self.writer.run(partial(outbox.put, letters=letters, now=self.time.now()))

    async def rows(self) -> list[dict[str, Any]]:
        def job(conn: Any) -> list[dict[str, Any]]:
            return [dict(row) for row in conn.execute(text("SELECT * FROM outbox ORDER BY id")).mappings()]

        return await self.writer.run(job)

    async def status(self) -> list[str]:
        return [row["status"] for row in await self.rows()]

    async def deliver(self, person: int) -> bool:
        """One message to this person; time passes by itself while the sender rests."""
        return await self.while_time_passes(deliver(self.sender, person))

    async def while_time_passes(self, work: Awaitable[bool]) -> bool:
        working = asyncio.ensure_future(work)
        while not working.done():
            lying_down = asyncio.ensure_future(self._somebody_sleeps())
            await asyncio.wait([working, lying_down], return_when=asyncio.FIRST_COMPLETED)
            lying_down.cancel()
            if not working.done():
                self.time.pass_by(min(end for end, _ in self.time.sleepers) - self.time.at)
                await asyncio.sleep(0)
        return working.result()

    async def _somebody_sleeps(self) -> None:
        while not self.time.sleepers:
            self.time.changed.clear()
            await self.time.changed.wait()


@pytest.fixture
async def office(writer: Writer, time: FakeTime) -> Office:
    postman = Postman(time.now)
    gone: list[int] = []

    async def note(person: int) -> None:
        gone.append(person)

    handle_gone: Callable[[int], Awaitable[None]] = note
    sender = Sender(writer, postman, handle_gone, Clock(time.now, time.sleep), asyncio.Event())
    ann, ben = await writer.run(couple)
    return Office(writer, time, postman, sender, ann, ben, gone)


@pytest.fixture
async def houses(postgres_url: str) -> AsyncIterator[Houses]:
    opened = Houses(postgres_url)
    opened.open()
    yield opened
    for writer in opened.writers:
        await writer.close()
        writer.database.close()
