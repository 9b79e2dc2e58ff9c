"""Safety state has a table and keys of its own; what does not open counts as none."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
import structlog
from databases import couple
from locksmith import key, keys
from moments import NOON
from sqlalchemy import Connection, text

from bot.engine.saved import Damaged
from bot.store import safety
from bot.store.database import Database, open_database
from bot.store.schema import safety as table
from bot.store.sealing import Keys, Ring, carrying, make_ring, safety_of, words_of

DAY = timedelta(days=1)


@pytest.fixture
def sealed(database_url: str) -> Iterator[Database]:
    opened = open_database(database_url, keys("a", safety="s"))
    yield opened
    opened.close()


@pytest.fixture
def conn(sealed: Database) -> Iterator[Connection]:
    with sealed.engine.begin() as connection:
        yield connection


def test_the_newest_state_of_each_is_loaded(conn: Connection) -> None:
    ann, ben = couple(conn)
    assert safety.load(conn, [ann, ben]) == {}
    assert safety.load(conn, []) == {}
    safety.save(conn, ann, '{"n":1}', NOON)
    safety.save(conn, ben, '{"n":2}', NOON)
    safety.save(conn, ann, '{"n":3}', NOON + DAY)
    assert safety.load(conn, [ann, ben]) == {ann: '{"n":3}', ben: '{"n":2}'}
    assert safety.load(conn, [ben, 99]) == {ben: '{"n":2}'}


def test_state_is_dropped_and_forgotten_by_its_age(conn: Connection) -> None:
    ann, ben = couple(conn)
    safety.save(conn, ann, "{}", NOON)
    safety.save(conn, ben, "{}", NOON + DAY)
    assert safety.prune(conn, NOON) == 0
    assert safety.prune(conn, NOON + DAY) == 1
    assert safety.load(conn, [ann, ben]) == {ben: "{}"}
    safety.drop(conn, ben)
    assert safety.load(conn, [ann, ben]) == {}


def test_state_goes_with_its_person(conn: Connection) -> None:
    ann, ben = couple(conn)
    safety.save(conn, ann, "{}", NOON)
    safety.save(conn, ben, "{}", NOON)
    conn.execute(text("DELETE FROM people WHERE id = :id"), {"id": ann})
    assert conn.execute(text("SELECT person FROM safety")).scalars().all() == [ben]


def test_the_keys_of_words_do_not_open_safety_state(conn: Connection) -> None:
    ann, _ = couple(conn)
    safety.save(conn, ann, '{"said":"words"}', NOON)
    row = conn.execute(text("SELECT seal, state FROM safety")).one()
    assert row.state.startswith("k1.s.") and safety_of(conn).unlocked(table.c.state, row.seal, row.state)
    for ring in (words_of(conn), make_ring({"s": key("a")})):
        with pytest.raises(Damaged):
            ring.unlocked(table.c.state, row.seal, row.state)


@pytest.mark.parametrize("safety_ring", [Ring(), make_ring({"t": key("t")}), make_ring({"s": key("t")})])
def test_state_whose_key_is_gone_counts_as_none(sealed: Database, safety_ring: Ring) -> None:
    """As in a backup that was restored without it. Others are not touched by it, and new state can be saved."""
    with sealed.engine.begin() as conn:
        ann, ben = couple(conn)
        safety.save(conn, ann, '{"said":"words"}', NOON)
    without = sealed.engine.execution_options(**carrying(Keys(words_of(conn), safety_ring)))
    with without.begin() as conn, structlog.testing.capture_logs() as logs:
        safety.save(conn, ben, '{"n":2}', NOON)
        assert safety.load(conn, [ann, ben]) == {ben: '{"n":2}'}
        (line,) = logs
        assert (line["event"], line["table"], line["row"]) == ("row_not_opened", "safety", ann)
        assert "words" not in str(line)
        safety.save(conn, ann, '{"n":1}', NOON)
        assert safety.load(conn, [ann, ben]) == {ann: '{"n":1}', ben: '{"n":2}'}


def test_state_of_one_does_not_open_for_another(conn: Connection) -> None:
    ann, ben = couple(conn)
    safety.save(conn, ann, '{"n":1}', NOON)
    safety.save(conn, ben, '{"n":2}', NOON)
    conn.execute(text("UPDATE safety SET state = (SELECT state FROM safety WHERE person = :ann)"), {"ann": ann})
    assert safety.load(conn, [ann, ben]) == {ann: '{"n":1}'}
