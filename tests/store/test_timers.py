"""Promises are kept to the microsecond, moved, dropped by prefix and taken once."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta, timezone

import pytest
from databases import couple
from moments import NOON
from sqlalchemy import Connection

from bot.engine.events import Arm
from bot.store import timers
from bot.store.database import Database
from bot.store.timers import Timer
from bot.store.writer import Writer

LATER = NOON + timedelta(hours=1)


def _keys(conn: Connection) -> list[str]:
    return sorted(timer.key for timer in timers.due(conn, NOON + timedelta(days=999), 999))


def test_a_timer_comes_due_exactly_when_it_was_armed_for(database: Database) -> None:
    due = datetime(2026, 3, 29, 1, 59, 59, 999_999, tzinfo=timezone(timedelta(hours=5, minutes=45)))
    with database.engine.begin() as conn:
        ann, _ = couple(conn)
        timers.arm(conn, [Arm("r1:wait", ann, due)])
        just_before = due - timedelta(microseconds=1)
        assert timers.due(conn, just_before, 9) == []
        assert timers.take(conn, "r1:wait", just_before) is None
        assert timers.due(conn, due, 9) == [Timer(ann, "r1:wait", due)]
        assert timers.take(conn, "r1:wait", due) == due


def test_a_timer_is_taken_once(database: Database) -> None:
    with database.engine.begin() as conn:
        ann, _ = couple(conn)
        timers.arm(conn, [Arm("r1", ann, NOON)])
        assert timers.take(conn, "r1", LATER) == NOON
        assert timers.take(conn, "r1", LATER) is None
        assert timers.take(conn, "none", LATER) is None


def test_arming_again_moves_a_timer(database: Database) -> None:
    with database.engine.begin() as conn:
        ann, ben = couple(conn)
        timers.arm(conn, [Arm("r1", ann, NOON), Arm("r2", ann, NOON), Arm("r2", ben, LATER)])
        timers.arm(conn, [Arm("r1", ben, LATER)])
        timers.arm(conn, [])
        assert timers.due(conn, NOON, 9) == []
        assert timers.take(conn, "r1", NOON) is None
        assert timers.due(conn, LATER, 9) == [Timer(ben, "r1", LATER), Timer(ben, "r2", LATER)]


def test_dropping_by_prefix_drops_exactly_those(database: Database) -> None:
    keys = ["r1", "r1:", "r1:a", "r1:\U0001f49b", "r1\x7f", "r10", "R1:a", "r_:a", "r%:a", "s"]
    with database.engine.begin() as conn:
        ann, _ = couple(conn)
        for prefix in ("r1:", "r_", "r%", "r1", "R"):
            timers.arm(conn, [Arm(key, ann, NOON) for key in keys])
            timers.disarm(conn, prefix)
            assert _keys(conn) == sorted(key for key in keys if not key.startswith(prefix))


def test_everybodys_timers_cannot_be_dropped_by_mistake(database: Database) -> None:
    with database.engine.begin() as conn, pytest.raises(ValueError, match="empty prefix"):
        timers.disarm(conn, "")


def test_the_most_overdue_come_first_and_no_more_than_asked(database: Database) -> None:
    with database.engine.begin() as conn:
        ann, _ = couple(conn)
        timers.arm(conn, [Arm(f"t{n}", ann, NOON - timedelta(minutes=n)) for n in range(5)])
        assert [timer.key for timer in timers.due(conn, NOON, 3)] == ["t4", "t3", "t2"]


def test_the_next_one(database: Database) -> None:
    with database.engine.begin() as conn:
        ann, _ = couple(conn)
        assert timers.next_due(conn) is None
        timers.arm(conn, [Arm("a", ann, NOON), Arm("b", ann, LATER)])
        assert timers.next_due(conn) == NOON
        assert timers.next_due(conn, NOON) == LATER
        assert timers.next_due(conn, LATER) is None


async def test_of_many_that_take_a_timer_at_once_one_gets_it(writer: Writer) -> None:
    ann, _ = await writer.run(couple)
    await writer.run(lambda conn: timers.arm(conn, [Arm("r1", ann, NOON)]))
    taken = await asyncio.gather(*(writer.run(lambda conn: timers.take(conn, "r1", NOON)) for _ in range(8)))
    assert sorted(map(str, taken)) == sorted([str(NOON), *["None"] * 7])
