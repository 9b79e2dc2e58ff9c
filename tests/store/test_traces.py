"""Which messages stand in a chat: found by time, forgotten with what was to be changed in them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from databases import couple
from moments import NOON
from sqlalchemy import Connection, text

from bot.engine.events import Message, Send
from bot.store import outbox, traces
from bot.store.database import Database

HOUR = timedelta(hours=1)


@pytest.fixture
def conn(database: Database) -> Iterator[Connection]:
    with database.engine.connect() as connection:
        yield connection


def _numbers(conn: Connection, person: int, since: timedelta, until: timedelta = HOUR) -> list[int]:
    return [one.message_id for one in traces.standing(conn, person, NOON + since, NOON + until)]


def test_what_came_since_a_moment_is_found_oldest_first(conn: Connection) -> None:
    ann, ben = couple(conn)
    for number, hours in ((7, 1), (5, -1), (6, 0)):
        traces.note(conn, ann, number, NOON + hours * HOUR, ours=True)
    traces.note(conn, ann, 8, NOON, ours=False, media=True)
    traces.note(conn, ben, 9, NOON, ours=True)
    assert _numbers(conn, ann, timedelta(0)) == [6, 7, 8]
    assert traces.standing(conn, ann, NOON, NOON)[-1] == traces.Trace(8, False, True, NOON)


def test_of_the_persons_own_only_those_up_to_a_moment_are_found(conn: Connection) -> None:
    ann, _ = couple(conn)
    for number, ours in ((1, False), (2, True)):
        traces.note(conn, ann, number, NOON + HOUR, ours=ours)
    assert _numbers(conn, ann, timedelta(0), timedelta(0)) == [2]


def test_a_message_is_noted_once(conn: Connection) -> None:
    ann, _ = couple(conn)
    traces.note(conn, ann, 5, NOON, ours=True)
    traces.note(conn, ann, 5, NOON + HOUR, ours=False)
    assert traces.standing(conn, ann, NOON, NOON) == [traces.Trace(5, True, False, NOON)]


def test_what_is_gone_is_not_edited_any_more(conn: Connection) -> None:
    ann, ben = couple(conn)
    for person in (ann, ben):
        outbox.put(conn, [(f"k{person}", Send(person, Message("question"), tag="q"))], NOON)
        row = outbox.claim(conn, person, NOON)
        assert row is not None
        outbox.sent(conn, row, 5, False, NOON, None)
        traces.note(conn, person, 5, NOON, ours=True)
    traces.forget(conn, ann, [5, 6])
    assert _numbers(conn, ann, timedelta(0)) == []
    assert _numbers(conn, ben, timedelta(0)) == [5]
    assert conn.execute(text("SELECT person FROM shown")).scalars().all() == [ben]


def test_messages_are_forgotten_after_sixty_days(conn: Connection) -> None:
    ann, _ = couple(conn)
    traces.note(conn, ann, 1, NOON, ours=True)
    traces.note(conn, ann, 2, NOON + HOUR, ours=True)
    assert traces.prune(conn, NOON + traces.KEPT) == 0
    assert traces.prune(conn, NOON + traces.KEPT + timedelta(minutes=1)) == 1
    assert _numbers(conn, ann, timedelta(0)) == [2]
