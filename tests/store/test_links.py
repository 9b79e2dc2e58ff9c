"""An invitation works once, for one person, for a while."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from databases import couple
from moments import NOON
from sqlalchemy import Connection, text

from bot.engine.events import Link
from bot.store import links
from bot.store.database import Database
from bot.store.worlds import person_of

END = NOON + timedelta(days=2)


Three = tuple[Connection, int, int, int]


@pytest.fixture
def three(database: Database) -> Iterator[Three]:
    with database.engine.connect() as conn:
        ann, ben, cat = (person_of(conn, chat, "A", "en", NOON) for chat in (1, 2, 3))
        yield conn, ann, ben, cat


def test_a_good_link_names_its_inviter_and_works_once(three: Three) -> None:
    conn, ann, ben, cat = three
    links.issue(conn, ann, "token", END)
    assert links.open_link(conn, "token", ben, NOON) == (Link.GOOD, ann)
    assert links.open_link(conn, "token", cat, NOON) == (Link.USED, None)


def test_whoever_used_it_may_open_it_again_until_linked(three: Three) -> None:
    conn, ann, ben, cat = three
    links.issue(conn, ann, "token", END)
    for _ in range(3):
        assert links.open_link(conn, "token", ben, NOON) == (Link.GOOD, ann)
    assert links.open_link(conn, "token", ben, END) == (Link.EXPIRED, None)
    conn.execute(text("UPDATE people SET partner = :cat WHERE id = :ben"), {"cat": cat, "ben": ben})
    assert links.open_link(conn, "token", ben, NOON) == (Link.USED, None)


def test_ones_own_link_stays_good_and_unused(three: Three) -> None:
    conn, ann, ben, _ = three
    links.issue(conn, ann, "token", END)
    assert links.open_link(conn, "token", ann, NOON) == (Link.GOOD, ann)
    assert links.open_link(conn, "token", ben, NOON) == (Link.GOOD, ann)


def test_a_link_ends_at_its_moment(three: Three) -> None:
    conn, ann, ben, cat = three
    links.issue(conn, ann, "token", END)
    assert links.open_link(conn, "token", ben, END) == (Link.EXPIRED, None)
    assert links.open_link(conn, "token", cat, END - timedelta(microseconds=1)) == (Link.GOOD, ann)


def test_a_new_link_ends_the_old_ones_of_the_same_person(three: Three) -> None:
    conn, ann, ben, cat = three
    links.issue(conn, ann, "old", END)
    links.issue(conn, cat, "other", END)
    links.issue(conn, ann, "new", END)
    assert links.open_link(conn, "old", ben, NOON) == (Link.EXPIRED, None)
    assert links.open_link(conn, "new", ben, NOON) == (Link.GOOD, ann)
    assert links.open_link(conn, "other", ben, NOON) == (Link.GOOD, cat)


def test_an_unknown_link(three: Three) -> None:
    conn, ann, ben, _ = three
    links.issue(conn, ann, "token", END)
    assert links.open_link(conn, "Token", ben, NOON) == (Link.UNKNOWN, None)
    assert links.open_link(conn, "\ud83d", ben, NOON) == (Link.UNKNOWN, None)


def test_the_token_is_nowhere_in_the_database(three: Three) -> None:
    conn, ann, _, _ = three
    links.issue(conn, ann, "s3cret", END)
    rows = conn.execute(text("SELECT * FROM invitations")).all()
    assert len(rows) == 1
    assert "s3cret" not in repr(rows)


def test_links_that_ended_are_forgotten(three: Three) -> None:
    conn, ann, ben, _ = three
    links.issue(conn, ann, "token", END)
    assert links.prune(conn, END) == 0
    assert links.prune(conn, END + timedelta(seconds=1)) == 1
    assert links.open_link(conn, "token", ben, NOON) == (Link.UNKNOWN, None)


def test_a_couple_is_not_touched_by_opening(three: Three) -> None:
    conn, ann, _, _ = three
    cat, dan = couple(conn, 11, 12)
    links.issue(conn, ann, "token", END)
    assert links.open_link(conn, "token", cat, NOON) == (Link.GOOD, ann)
    assert conn.execute(text("SELECT partner FROM people WHERE id = :cat"), {"cat": cat}).scalar() == dan
