"""Slots: thirty a second for the bot, whoever asks, and growing pauses."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st
from moments import NOON

from bot.delivery.limits import BOT_INTERVAL, CHAT_INTERVAL, hold, pause, reserve, slot
from bot.store.database import Database, open_database
from bot.store.writer import Writer

SECOND = timedelta(seconds=1)


def test_slots_follow_each_other_and_none_lies_in_the_past(database: Database) -> None:
    with database.engine.begin() as conn:
        assert [reserve(conn, NOON) for _ in range(3)] == [NOON, NOON + BOT_INTERVAL, NOON + 2 * BOT_INTERVAL]
        assert reserve(conn, NOON + SECOND) == NOON + SECOND
        assert reserve(conn, NOON) == NOON + SECOND + BOT_INTERVAL
        assert reserve(conn, NOON, "other", SECOND) == NOON


def test_a_hold_moves_the_next_slot_and_never_back(database: Database) -> None:
    with database.engine.begin() as conn:
        hold(conn, NOON + 9 * SECOND)
        hold(conn, NOON + 5 * SECOND)
        assert reserve(conn, NOON) == NOON + 9 * SECOND
        hold(conn, NOON + 20 * SECOND)
        assert reserve(conn, NOON) == NOON + 20 * SECOND


async def test_two_writers_never_share_a_slot(postgres_url: str) -> None:
    databases = [open_database(postgres_url) for _ in range(2)]
    writers = [Writer(database) for database in databases]
    taken = await asyncio.gather(*(writers[n % 2].run(lambda conn: reserve(conn, NOON)) for n in range(40)))
    assert sorted(taken) == [NOON + n * BOT_INTERVAL for n in range(40)]
    for writer, database in zip(writers, databases, strict=True):
        await writer.close()
        database.close()


@given(st.lists(st.timedeltas(timedelta(0), timedelta(milliseconds=90)), min_size=31, max_size=90))
def test_no_second_ever_holds_more_than_thirty(gaps: list[timedelta]) -> None:
    now = next_at = NOON
    starts = []
    for gap in gaps:
        now += gap
        start, next_at = slot(next_at, now, BOT_INTERVAL)
        assert start >= now
        starts.append(start)
    assert all(later - first >= SECOND for first, later in zip(starts, starts[30:], strict=False))


def test_a_chat_that_was_quiet_may_speak_at_once() -> None:
    assert slot(NOON - SECOND, NOON, CHAT_INTERVAL) == (NOON, NOON + SECOND)
    assert slot(NOON + SECOND, NOON, CHAT_INTERVAL) == (NOON + SECOND, NOON + 2 * SECOND)


def test_pauses_grow_to_five_minutes() -> None:
    seconds = [pause(attempts).total_seconds() for attempts in range(1, 12)]
    assert seconds == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]
    assert pause(0) == SECOND
    assert pause(10**9) == timedelta(minutes=5)
