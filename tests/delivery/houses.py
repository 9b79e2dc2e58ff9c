"""Replicas for tests: each with a database of its own, on one PostgreSQL, and one postman for all of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from itertools import count
from typing import Any

from sqlalchemy import Connection, text

from bot.delivery.distributed import Distributed
from bot.engine.events import Message, Send
from bot.store import outbox, timers
from bot.store.database import open_database
from bot.store.writer import Writer

from .postman import Postman

PATIENCE = 20.0
"""Seconds after which something that should have happened is missed."""


def now() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True)
class Houses:
    """Replicas with a database each, on one PostgreSQL, and one postman for all."""

    url: str
    postman: Postman = field(default_factory=lambda: Postman(now))
    writers: list[Writer] = field(default_factory=list)
    fired: list[str] = field(default_factory=list)
    rang: asyncio.Event = field(default_factory=asyncio.Event)
    keys: Any = field(default_factory=count)

    def open(self) -> Writer:
        self.writers.append(Writer(open_database(self.url)))
        return self.writers[-1]

    def replica(self, writer: Writer, clock: Callable[[], datetime] = now) -> Distributed:
        async def due(_: int, key: str, __: datetime) -> None:
            if await writer.run(partial(timers.take, key=key, now=clock())) is not None:
                self.fired.append(key)
                self.rang.set()

        async def gone(_: int) -> None:
            raise AssertionError

        return Distributed(writer, self.postman, due, gone, clock)

    async def say(self, replica: Distributed, writer: Writer, to: int, *messages: str, unasked: bool = False) -> None:
        """What a turn does: messages and their wake-up in one transaction."""

        def job(conn: Connection) -> None:
            letters = [(f"k{next(self.keys)}", Send(to, Message(one), unasked=unasked)) for one in messages]
            outbox.put(conn, letters, now())
            replica.leave(conn, {to: unasked}, ())

        await writer.run(job)

    async def rows(self, statement: str) -> list[tuple[Any, ...]]:
        return await self.writers[0].run(lambda conn: [tuple(row) for row in conn.execute(text(statement))])

    async def jobs(self) -> list[tuple[Any, ...]]:
        return await self.rows("SELECT task_name, args, status::text, lock FROM procrastinate_jobs ORDER BY id")


@asynccontextmanager
async def running(*replicas: Distributed) -> AsyncIterator[None]:
    tasks = [asyncio.ensure_future(replica.run()) for replica in replicas]
    try:
        yield
    finally:
        for replica, task in zip(replicas, tasks, strict=True):
            await replica.stop()
            await task


async def until(true: Callable[[], Awaitable[bool]]) -> None:
    """Ask again until it is so."""
    async with asyncio.timeout(PATIENCE):
        while not await true():
            pass


async def got(postman: Postman, number: int) -> list[str]:
    async with asyncio.timeout(PATIENCE):
        await postman.got(number)
    return postman.texts()


async def all_sent(houses: Houses) -> bool:
    return await houses.rows("SELECT DISTINCT status FROM outbox") == [("sent",)]
