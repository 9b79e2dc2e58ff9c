"""Messages go out once, in order, answers first; a finished row holds no words."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from databases import couple
from moments import NOON
from sqlalchemy import Connection, text

from bot.engine.events import Edit, Message, Send
from bot.engine.saved import load_message
from bot.store import outbox
from bot.store.database import Database
from bot.store.outbox import LEASE, Claimed
from bot.store.writer import Writer

SECOND = timedelta(seconds=1)
HELLO = Message("hello")


@pytest.fixture
def conn(database: Database) -> Iterator[Connection]:
    with database.engine.connect() as connection:
        yield connection


@pytest.fixture
def ann(conn: Connection) -> int:
    return couple(conn)[0]


def _put(conn: Connection, *effects: Send | Edit) -> None:
    for effect in effects:
        count = conn.execute(text("SELECT count(*) FROM outbox")).scalar()
        outbox.put(conn, [(f"k{count}", effect)], NOON)


def _claim(conn: Connection, person: int) -> Claimed:
    row = outbox.claim(conn, person, NOON)
    assert row is not None
    return row


def _order(conn: Connection, person: int) -> list[str]:
    """The texts in the order in which they are sent; a strip is called so."""
    texts = []
    while (row := outbox.claim(conn, person, NOON)) is not None:
        texts.append(load_message(row.payload).text if row.payload else row.kind)
        outbox.sent(conn, row, 1, False, NOON, None)
    return texts


def _row(conn: Connection, key: str) -> dict[str, Any]:
    return dict(conn.execute(text("SELECT * FROM outbox WHERE key = :key"), {"key": key}).mappings().one())


def test_messages_go_in_the_order_in_which_they_were_put(conn: Connection, ann: int) -> None:
    letters: list[tuple[str, Send | Edit]] = [(key, Send(ann, Message(key))) for key in "dbca"]
    outbox.put(conn, letters, NOON)
    outbox.put(conn, [], NOON)
    assert _order(conn, ann) == ["d", "b", "c", "a"]


def test_answers_go_before_invitations(conn: Connection, ann: int) -> None:
    _put(conn, Send(ann, Message("invite 1"), unasked=True), Send(ann, Message("invite 2"), unasked=True))
    _put(conn, Send(ann, Message("answer 1")), Send(ann, Message("answer 2")))
    assert _order(conn, ann) == ["answer 1", "answer 2", "invite 1", "invite 2"]


def test_a_change_waits_for_the_message_that_it_changes(conn: Connection, ann: int) -> None:
    _put(conn, Send(ann, Message("invite"), tag="gate", unasked=True))
    _put(conn, Send(ann, Message("answer")), Edit(ann, "gate", Message("too late")), Edit(ann, "gate", None))
    assert _order(conn, ann) == ["answer", "invite", "too late", "strip"]


def test_a_key_counts_once(conn: Connection, ann: int) -> None:
    outbox.put(conn, [("k", Send(ann, Message("first")))], NOON)
    outbox.put(conn, [("k", Send(ann, Message("again"))), ("l", Send(ann, Message("other")))], NOON)
    assert _order(conn, ann) == ["first", "other"]
    outbox.put(conn, [("k", Send(ann, Message("once more")))], NOON)
    assert _order(conn, ann) == []


def test_a_claim_says_all_that_a_sender_needs(conn: Connection, ann: int) -> None:
    _put(conn, Send(ann, HELLO, tag="q"), Send(ann, HELLO, tag="q", instead=True, unasked=True))
    first = _claim(conn, ann)
    assert (first.chat, first.kind, first.tag, first.attempts, first.message_id) == (101, "send", "q", 1, None)
    outbox.sent(conn, first, 77, True, NOON, NOON + SECOND)
    then = _claim(conn, ann)
    assert then == Claimed(then.id, ann, 101, "send", "q", True, True, then.payload, 1, NOON + SECOND, 77, True, NOON)
    assert load_message(then.payload) == HELLO


def test_one_sender_at_a_time_and_another_when_the_lease_is_over(conn: Connection, ann: int) -> None:
    _put(conn, Send(ann, HELLO), Send(ann, HELLO))
    first = _claim(conn, ann)
    assert outbox.claim(conn, ann, NOON + LEASE - SECOND) is None
    taken_over = outbox.claim(conn, ann, NOON + LEASE)
    assert taken_over is not None
    assert (taken_over.id, taken_over.attempts) == (first.id, 2)


def test_a_lease_can_start_later(conn: Connection, ann: int) -> None:
    _put(conn, Send(ann, HELLO))
    outbox.keep(conn, _claim(conn, ann), NOON + 5 * SECOND)
    assert outbox.claim(conn, ann, NOON + LEASE + 4 * SECOND) is None
    assert outbox.claim(conn, ann, NOON + LEASE + 5 * SECOND) is not None


def test_what_is_put_back_can_be_taken_at_once(conn: Connection, ann: int) -> None:
    _put(conn, Send(ann, HELLO))
    outbox.release(conn, [_claim(conn, ann)])
    assert _claim(conn, ann).attempts == 2
    outbox.release_all(conn)
    assert _claim(conn, ann).attempts == 3
    outbox.release(conn, [])


def test_a_chat_that_rests_is_left_alone(conn: Connection, ann: int) -> None:
    _put(conn, Send(ann, Message("first")), Send(ann, Message("second")))
    outbox.retry(conn, _claim(conn, ann), NOON + 9 * SECOND)
    assert outbox.claim(conn, ann, NOON + 8 * SECOND) is None
    again = outbox.claim(conn, ann, NOON + 9 * SECOND)
    assert again is not None
    assert (load_message(again.payload).text, again.attempts) == ("first", 2)


def test_a_finished_row_holds_no_words(conn: Connection, ann: int) -> None:
    _put(conn, *(Send(ann, Message("secret")) for _ in range(4)))
    outbox.sent(conn, _claim(conn, ann), 77, False, NOON, None)
    outbox.drop(conn, _claim(conn, ann), "not editable", NOON)
    outbox.quarantine(conn, _claim(conn, ann), "Bad Request", NOON)
    outbox.close(conn, ann, NOON)
    rows = [_row(conn, f"k{n}") for n in range(4)]
    assert [row["status"] for row in rows] == ["sent", "closed", "quarantined", "closed"]
    assert [row["reason"] for row in rows] == [None, "not editable", "Bad Request", "gone"]
    assert rows[0]["message_id"] == 77
    assert "secret" not in repr(rows)
    assert outbox.claim(conn, ann, NOON + LEASE) is None


def test_closing_is_for_one_person(conn: Connection) -> None:
    ann, ben = couple(conn)
    _put(conn, Send(ann, HELLO), Send(ben, HELLO))
    outbox.close(conn, ann, NOON)
    assert outbox.claim(conn, ann, NOON) is None
    assert outbox.claim(conn, ben, NOON) is not None


def test_the_newest_message_of_a_tag_is_the_one_to_edit(conn: Connection) -> None:
    ann, ben = couple(conn)
    _put(conn, *(Send(ann, HELLO, tag="q") for _ in range(2)), Send(ann, HELLO), Edit(ann, "q", HELLO))
    _put(conn, Edit(ben, "q", HELLO))
    for message_id in (1, 2, 3):
        outbox.sent(conn, _claim(conn, ann), message_id, False, NOON, None)
    assert (_claim(conn, ann).kind, _claim_again(conn, ann).message_id) == ("edit", 2)
    assert _claim(conn, ben).message_id is None


def _claim_again(conn: Connection, person: int) -> Claimed:
    outbox.release_all(conn)
    return _claim(conn, person)


def test_what_cannot_be_edited_is_forgotten(conn: Connection, ann: int) -> None:
    _put(conn, Send(ann, HELLO, tag="q"), Edit(ann, "q", HELLO), Edit(ann, "q", None))
    outbox.sent(conn, _claim(conn, ann), 1, False, NOON, None)
    outbox.forget_shown(conn, _claim(conn, ann))
    assert _claim_again(conn, ann).message_id is None
    outbox.drop(conn, _claim_again(conn, ann), "not editable", NOON)
    assert _claim_again(conn, ann).message_id is None


def test_who_can_be_sent_to_now_answers_first(conn: Connection) -> None:
    people = [*couple(conn, 1, 2), *couple(conn, 3, 4), *couple(conn, 5, 6)]
    invited, resting, leased, asked, mixed, _idle = people
    _put(
        conn,
        Send(invited, HELLO, unasked=True),
        Send(resting, HELLO),
        Send(leased, HELLO),
        Send(mixed, HELLO, unasked=True),
    )
    _put(conn, Send(asked, HELLO), Send(mixed, HELLO))
    outbox.retry(conn, _claim(conn, resting), NOON + 7 * SECOND)
    _claim(conn, leased)
    assert outbox.ready(conn, NOON, set(), 9) == [mixed, asked, invited]
    assert outbox.ready(conn, NOON, {mixed}, 9) == [asked, invited]
    assert outbox.ready(conn, NOON, {mixed}, 1) == [asked]
    assert outbox.next_ready(conn, NOON) == NOON + 7 * SECOND
    assert set(outbox.ready(conn, NOON + 7 * SECOND, set(), 9)) == {mixed, asked, invited, resting}
    assert outbox.next_ready(conn, NOON + 7 * SECOND) == NOON + LEASE
    assert set(outbox.ready(conn, NOON + LEASE, set(), 9)) == set(people[:5])
    assert outbox.next_ready(conn, NOON + LEASE) is None


def test_finished_rows_are_forgotten_after_three_days(conn: Connection, ann: int) -> None:
    _put(conn, Send(ann, HELLO), Send(ann, HELLO))
    outbox.sent(conn, _claim(conn, ann), 1, False, NOON, None)
    assert outbox.prune(conn, NOON + outbox.KEPT) == 0
    assert outbox.prune(conn, NOON + outbox.KEPT + SECOND) == 1
    assert conn.execute(text("SELECT key FROM outbox")).scalars().all() == ["k1"]


def test_somebody_unknown_has_no_messages(conn: Connection) -> None:
    assert outbox.claim(conn, 99, NOON) is None


async def test_of_many_senders_one_gets_the_message(writer: Writer) -> None:
    ann, _ = await writer.run(couple)
    await writer.run(lambda conn: outbox.put(conn, [("k", Send(ann, HELLO)), ("l", Send(ann, HELLO))], NOON))
    claimed = await asyncio.gather(*(writer.run(lambda conn: outbox.claim(conn, ann, NOON)) for _ in range(8)))
    assert [row.attempts for row in claimed if row is not None] == [1]
