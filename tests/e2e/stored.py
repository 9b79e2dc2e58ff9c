"""What a stopped copy of the bot has stored: opened with its keys, searched for words, and moved into the past."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields, is_dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select, update
from telegram_server import TelegramServer

from bot.engine.run import World
from bot.settings import read_keys
from bot.store import worlds
from bot.store.database import open_database
from bot.store.schema import (
    inbox,
    invitations,
    notes,
    numbers,
    outbox,
    people,
    safety,
    slots,
    timers,
    traces,
    versions,
)
from bot.store.sealing import Keys, make_ring

from .process import Copy

MOMENTS = (
    *(people.c.since, people.c.next_at, people.c.paused, inbox.c.at, outbox.c.lease, outbox.c.created, outbox.c.done),
    *(timers.c.due, invitations.c.expires, numbers.c.at, notes.c.at, traces.c.at, slots.c.next_at, safety.c.at),
    versions.c.first_seen,
)
"""Every column that holds a moment."""

DELAY = timedelta(minutes=8)
"""The longest time from a leaving until the other one hears of it."""

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@contextmanager
def opened(bot: Copy) -> Iterator[Connection]:
    """One transaction on the database of a copy that is not running."""
    words, safe = (make_ring(read_keys(bot.settings.get(name, ""))) for name in ("KEYS", "SAFETY_KEYS"))
    database = open_database(bot.database, Keys(words, safe))
    try:
        with database.engine.begin() as connection:
            yield connection
    finally:
        database.close()


def readable(bot: Copy, words: str) -> list[str]:
    """The files of this copy in which these words can be read."""
    return [file.name for file in bot.folder.iterdir() if words.encode() in file.read_bytes()]


def age(bot: Copy, length: timedelta) -> None:
    """Everything that is stored moves into the past by this length, as if so much time had gone by."""
    with opened(bot) as connection:
        everybody = connection.execute(select(people.c.id)).scalars().all()
        for before in [worlds.load_world(connection, one) for one in everybody]:
            after = World(*(_moved(part, length) for part in (before.people, before.runs, before.safety)))
            worlds.save_world(connection, before, after)
        for column in MOMENTS:
            moved = column - length // timedelta(microseconds=1)
            connection.execute(update(column.table).values({column: moved}))


def _moved(one: Any, length: timedelta) -> Any:
    """The same value with every moment in it moved, and every day by as many whole days."""
    match one:
        case datetime():
            return one - length
        case str():
            return _day_moved(one, length)
        case Mapping():
            return {key: _moved(value, length) for key, value in one.items()}
        case tuple():
            return tuple(_moved(value, length) for value in one)
        case _ if is_dataclass(one) and not isinstance(one, type):
            return replace(one, **{field.name: _moved(getattr(one, field.name), length) for field in fields(one)})
        case _:
            return one


def _day_moved(words: str, length: timedelta) -> str:
    if _DAY.match(words) is None:
        return words
    return f"{date.fromisoformat(words[:10]) - timedelta(days=length.days)}{words[10:]}"


async def later(server: TelegramServer, bot: Copy, length: timedelta) -> None:
    """The bot stops, so much time goes by, and it starts again."""
    assert await bot.stop() == 0
    age(bot, length)
    server.advance(seconds=length.total_seconds())
    await bot.start()
