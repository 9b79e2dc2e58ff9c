"""Numbers for charts, published versions, small facts of the bot, and moments."""

from __future__ import annotations

from datetime import datetime, timedelta

from databases import couple
from moments import NOON

from bot.engine.events import Remember
from bot.store import numbers, versions
from bot.store.database import Database


def test_numbers_come_back_oldest_first_for_one_person_and_one_question(database: Database) -> None:
    def days_ago(days: int) -> datetime:
        return NOON - timedelta(days=days)

    with database.engine.begin() as conn:
        ann, ben = couple(conn)
        given_ = [(ann, "mood", "rate", 3, 1), (ann, "mood", "rate", 7, 9), (ann, "mood", "rate", 5, 4)]
        others = [(ben, "mood", "rate", 1, 1), (ann, "sleep", "rate", 2, 1), (ann, "mood", "other", 4, 1)]
        numbers.remember(conn, [Remember(p, f, s, v, days_ago(d)) for p, f, s, v, d in [*given_, *others]])
        numbers.remember(conn, [])
        found = numbers.last_days(conn, ann, "mood", "rate", days_ago(4))
        assert found == [(days_ago(4), 5), (days_ago(1), 3)]


def test_a_version_is_kept_with_its_newest_wording(database: Database) -> None:
    with database.engine.begin() as conn:
        versions.publish(conn, "mood", "s1", "w1", "old words", NOON)
        versions.publish(conn, "mood", "s0", "w9", "later structure", NOON + timedelta(days=1))
        versions.publish(conn, "mood", "s1", "w2", "new words", NOON + timedelta(days=2))
        assert versions.source_of(conn, "mood", "s1") == "new words"
        assert versions.source_of(conn, "mood", "s2") is None
        assert versions.source_of(conn, "other", "s1") is None
        assert versions.source_of(conn, "mood", "s0") == "later structure"
