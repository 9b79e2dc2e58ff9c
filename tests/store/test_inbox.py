"""An update counts once."""

from __future__ import annotations

from datetime import timedelta

from moments import NOON
from sqlalchemy import text

from bot.store import inbox
from bot.store.database import Database


def test_an_update_is_new_once(database: Database) -> None:
    with database.engine.begin() as conn:
        assert inbox.first_time(conn, 9_000_000_001, NOON)
        assert not inbox.first_time(conn, 9_000_000_001, NOON)
        assert inbox.first_time(conn, 9_000_000_002, NOON)


def test_a_quarantined_update_is_not_new_any_more(database: Database) -> None:
    with database.engine.begin() as conn:
        inbox.quarantine(conn, 1, "ValueError", NOON)
        assert not inbox.first_time(conn, 1, NOON)
        assert inbox.first_time(conn, 2, NOON)
        inbox.quarantine(conn, 2, "KeyError", NOON)
        rows = conn.execute(text("SELECT update_id, status, reason FROM inbox ORDER BY update_id")).all()
        assert [tuple(row) for row in rows] == [(1, "quarantined", "ValueError"), (2, "quarantined", "KeyError")]


def test_updates_are_forgotten_after_three_days(database: Database) -> None:
    with database.engine.begin() as conn:
        inbox.first_time(conn, 1, NOON)
        inbox.first_time(conn, 2, NOON + timedelta(seconds=1))
        assert inbox.prune(conn, NOON + inbox.KEPT) == 0
        assert inbox.prune(conn, NOON + inbox.KEPT + timedelta(seconds=1)) == 1
        assert inbox.first_time(conn, 1, NOON)
        assert not inbox.first_time(conn, 2, NOON)
