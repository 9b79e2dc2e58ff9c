"""Messages that must be sent: written in the turn's transaction, sent after it, in order within a chat.

A row goes from `queued` to `sent`, `closed` (nothing to do any more) or `quarantined` (it can never be sent), and then
holds no words.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, assert_never

from sqlalchemy import BigInteger, Connection, and_, bindparam, case, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert  # SQLite speaks the same ON CONFLICT

from bot.engine.events import Edit, Export, Message, PersonId, Send, Tidy
from bot.engine.saved import Damaged, dump_message
from bot.store.errands import dump_farewell, dump_tidy
from bot.store.moment import moment, ticks
from bot.store.schema import outbox, people, shown
from bot.store.sealing import Ring, words_of

LEASE = timedelta(seconds=10)
"""How long a sender may keep a row in hand before another one takes it. One that is at work renews it in time; one that
was killed does not, and with the other's next look its messages go out within half a minute."""

KEPT = timedelta(days=3)
"""How long a finished row stays, without words, to be counted and to refuse its key a second time."""


LONGEST_REASON = 200
"""Signs kept of why a message cannot be sent: more than any sentence of the messenger's."""

Sendable = Send | Edit | Tidy | Export
"""What is done in a chat: a message, a change of one, older ones made bland, a file made when it is sent."""

_QUOTED = re.compile(r"(?<!\w)[\"'“‘«].*", re.DOTALL)
"""The messenger's sentence from its first quotation mark on: it may quote people's words. Not the mark in can't."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message that one sender has in hand. `message_id` and `media` are those of the newest one with its tag.

    `next_at` is the first moment at which the chat takes a new message; `attempts` counts this one too.
    """

    id: int
    person: PersonId
    chat: int
    kind: str
    tag: str
    instead: bool
    unasked: bool
    payload: str
    attempts: int
    next_at: datetime
    message_id: int | None
    media: bool
    created: datetime


@dataclass(frozen=True, slots=True)
class _Queued:
    id: int
    tag: str
    unasked: bool
    lease: int
    kind: str
    attempts: int = 0


_now = bindparam("now", type_=BigInteger)
_person = bindparam("who", type_=BigInteger)
_row = bindparam("row", type_=BigInteger)
_is_queued = outbox.c.status == "queued"

_put = insert(outbox).on_conflict_do_nothing(index_elements=[outbox.c.key])
_queue = select(outbox.c.id, outbox.c.tag, outbox.c.unasked, outbox.c.lease, outbox.c.kind, outbox.c.attempts).where(
    outbox.c.person == _person, _is_queued
)
_lock_person = select(people.c.paused).where(people.c.id == _person).with_for_update()
_lease = (
    update(outbox)
    .where(outbox.c.id == _row)
    .values(lease=bindparam("until", type_=BigInteger), attempts=outbox.c.attempts + 1)
    .returning(outbox.c.attempts)
)
_details = (
    select(
        outbox.c.kind,
        outbox.c.tag,
        outbox.c.instead,
        outbox.c.unasked,
        outbox.c.seal,
        outbox.c.payload,
        outbox.c.created,
        people.c.chat,
        people.c.next_at,
        shown.c.message_id,
        shown.c.media,
    )
    .join(people, people.c.id == outbox.c.person)
    .outerjoin(shown, and_(shown.c.person == outbox.c.person, shown.c.tag == outbox.c.tag, outbox.c.tag != ""))
    .where(outbox.c.id == _row)
)
_finish = (
    update(outbox)
    # SQLite may give the number of a deleted row to a new one: that one was not tried as often.
    .where(outbox.c.id == _row, outbox.c.attempts == bindparam("tries"))
    .values(
        status=bindparam("to"),
        reason=bindparam("because"),
        message_id=bindparam("message"),
        done=_now,
        payload="",
        lease=0,
    )
)
_show = insert(shown)
_show = _show.on_conflict_do_update(
    index_elements=[shown.c.person, shown.c.tag],
    set_={"message_id": _show.excluded.message_id, "media": _show.excluded.media},
)
_unshow = delete(shown).where(shown.c.person == _person, shown.c.tag == bindparam("label"))
_next_at = update(people).where(people.c.id == _person).values(next_at=bindparam("at", type_=BigInteger))
_pause = update(people).where(people.c.id == _person).values(paused=bindparam("until", type_=BigInteger))
_release = update(outbox).where(outbox.c.id == _row).values(lease=0)
_give_back = update(outbox).where(outbox.c.id == _row).values(lease=0, attempts=outbox.c.attempts - 1)
_release_all = update(outbox).where(_is_queued, outbox.c.lease > 0).values(lease=0)
_keep = update(outbox).where(outbox.c.id == _row).values(lease=bindparam("until", type_=BigInteger))
_close_all = (
    update(outbox)
    .where(outbox.c.person == _person, _is_queued)
    .values(status="closed", reason="gone", done=_now, payload="")
)

_held = func.max(outbox.c.lease)
_since = case((_held > people.c.paused, _held), else_=people.c.paused)
_waiting = (
    select(outbox.c.person, _since.label("since"))
    .join(people, people.c.id == outbox.c.person)
    .where(_is_queued)
    .group_by(outbox.c.person, people.c.paused)
)
_answers_first = func.min(case((outbox.c.unasked, 1), else_=0))
_ready = (
    _waiting.add_columns(_answers_first.label("unasked"))
    .having(_since <= _now)
    .order_by(_answers_first, func.min(outbox.c.id))
    .limit(bindparam("most"))
)
_rests = select(people.c.paused, func.max(outbox.c.lease)).join(outbox, outbox.c.person == people.c.id)
_rests = _rests.where(people.c.id == _person, _is_queued).group_by(people.c.paused)
_later = select(func.min(_waiting.having(_since > _now).subquery().c.since))
_prune = delete(outbox).where(outbox.c.done < bindparam("before", type_=BigInteger))


def put(conn: Connection, letters: Iterable[tuple[str, Sendable]], now: datetime) -> None:
    """Queue these in this order. A key that is known already is left alone: its message is on its way."""
    ring = words_of(conn)
    rows = [_columns(ring, key, effect, ticks(now)) for key, effect in letters]
    if rows:
        conn.execute(_put, rows)


def put_farewell(conn: Connection, key: str, person: PersonId, chat: int, message: Message, now: datetime) -> None:
    """Queue the last message to a chat that is nobody's any more; the tombstone of its person holds the row."""
    words = words_of(conn).sealed(outbox.c.payload, dump_farewell(chat, message))
    row = {"key": key, "person": person, "tag": "", "status": "queued", "created": ticks(now), **words}
    conn.execute(_put, [{**row, "kind": "farewell", "instead": False, "unasked": False}])


def _columns(ring: Ring, key: str, effect: Sendable, created: int) -> dict[str, Any]:
    row = {"key": key, "person": effect.to, "tag": "", "status": "queued", "created": created}
    row |= {"instead": False, "unasked": False}
    match effect:
        case Send(message=message, tag=tag, instead=instead, unasked=unasked):
            kind, words = "send", dump_message(message)
            row |= {"tag": tag, "instead": instead, "unasked": unasked}
        case Edit(tag=tag, message=message):
            kind, words = ("strip", "") if message is None else ("edit", dump_message(message))
            row |= {"tag": tag}
        case Tidy():
            kind, words = "tidy", dump_tidy(effect)
        case Export():
            kind, words = "export", ""
        case _:
            assert_never(effect)
    return {**row, "kind": kind, **ring.sealed(outbox.c.payload, words)}


def ready(conn: Connection, now: datetime, busy: Collection[PersonId], limit: int) -> list[PersonId]:
    """People with a message that can be tried now, answers before invitations, without those in `busy`."""
    rows = conn.execute(_ready, {"now": ticks(now), "most": limit + len(busy)})
    return [row.person for row in rows if row.person not in busy][:limit]


def waiting(conn: Connection, now: datetime, limit: int) -> dict[PersonId, bool]:
    """The same people in the same order; for each, whether nothing but invitations waits."""
    rows = conn.execute(_ready, {"now": ticks(now), "most": limit})
    return {row.person: bool(row.unasked) for row in rows}


def left_until(conn: Connection, person: PersonId, now: datetime) -> datetime | None:
    """When this person's next message can be tried, be it long ago. None if there is none or it is in hand."""
    found = conn.execute(_rests, {"who": person}).one_or_none()
    if found is None or found[1] > ticks(now):
        return None
    return moment(found[0])


def next_ready(conn: Connection, now: datetime) -> datetime | None:
    """When the next pause or lease of somebody with messages ends; None if there is none."""
    at = conn.execute(_later, {"now": ticks(now)}).scalar()
    return None if at is None else moment(at)


def claim(conn: Connection, person: PersonId, now: datetime) -> Claimed | None:
    """Take this person's next message in hand for the length of a LEASE. One that cannot be opened is quarantined.

    None if there is none, if the chat rests, or if another sender has one in hand.
    """
    while (head := _head(conn, person, now)) is not None:
        try:
            return _take(conn, person, head, now)
        except Damaged:  # the messages behind it are none the worse for it
            _end(conn, head.id, head.attempts + 1, "quarantined", "damaged", now)
    return None


def _head(conn: Connection, person: PersonId, now: datetime) -> _Queued | None:
    paused = conn.execute(_lock_person, {"who": person}).scalar()
    rows = [_Queued(*row) for row in conn.execute(_queue, {"who": person})]
    if paused is None or not rows or max(paused, *(row.lease for row in rows)) > ticks(now):
        return None
    return next_of(rows)


def _take(conn: Connection, person: PersonId, head: _Queued, now: datetime) -> Claimed:
    attempts = conn.execute(_lease, {"row": head.id, "until": ticks(now + LEASE)}).scalar_one()
    row = conn.execute(_details, {"row": head.id}).one()
    return Claimed(
        id=head.id,
        person=person,
        chat=row.chat,
        kind=row.kind,
        tag=row.tag,
        instead=row.instead,
        unasked=row.unasked,
        payload=words_of(conn).opened(outbox.c.payload, head.id, row.seal, row.payload),
        attempts=attempts,
        next_at=moment(row.next_at),
        message_id=row.message_id,
        media=bool(row.media),
        created=moment(row.created),
    )


def next_of(rows: Sequence[_Queued]) -> _Queued:
    """Which of one person's messages goes first: answers before invitations, the oldest of either.

    A change to a message that has not been sent yet waits for it: messages of one tag never overtake each other. What
    makes the chat bland waits for everything before it.
    """
    first = min(rows, key=lambda row: (row.unasked, row.id))
    if first.kind == "tidy":
        first = min(rows, key=lambda row: row.id)
    if not first.tag:
        return first
    return min((row for row in rows if row.tag == first.tag), key=lambda row: row.id)


def sent(conn: Connection, row: Claimed, message_id: int, media: bool, now: datetime, next_at: datetime | None) -> None:
    """The messenger has it. `next_at` is set for a new message: the first moment for the chat's next one."""
    if not _end(conn, row.id, row.attempts, "sent", None, now, message_id):
        return  # everything of this person was removed meanwhile
    if row.tag:
        conn.execute(_show, {"person": row.person, "tag": row.tag, "message_id": message_id, "media": media})
    if next_at is not None:
        conn.execute(_next_at, {"who": row.person, "at": ticks(next_at)})


def drop(conn: Connection, row: Claimed, reason: str, now: datetime) -> None:
    """There is nothing to send any more, such as an edit of a message that is not there. Its tag is forgotten."""
    _end(conn, row.id, row.attempts, "closed", reason, now)
    if row.tag:
        conn.execute(_unshow, {"who": row.person, "label": row.tag})


def forget_shown(conn: Connection, row: Claimed) -> None:
    """The newest message with this row's tag cannot be edited any more: a later one is sent as a new message."""
    conn.execute(_unshow, {"who": row.person, "label": row.tag})


def quarantine(conn: Connection, row: Claimed, reason: str, now: datetime) -> None:
    """It can never be sent. Of `reason`, a code or the messenger's sentence, nothing is kept that it quotes."""
    _end(conn, row.id, row.attempts, "quarantined", _QUOTED.sub("", reason)[:LONGEST_REASON].strip(), now)


def _end(
    conn: Connection, row: int, tries: int, status: str, reason: str | None, now: datetime, message: int | None = None
) -> bool:
    """Whether there was such a row in hand."""
    given = {"row": row, "tries": tries, "to": status, "because": reason, "message": message, "now": ticks(now)}
    return conn.execute(_finish, given).rowcount == 1


def retry(conn: Connection, row: Claimed, until: datetime) -> None:
    """Nothing was sent: the row stays first, and its chat rests until then."""
    conn.execute(_release, {"row": row.id})
    rest(conn, row.person, until)


def rest(conn: Connection, person: PersonId, until: datetime) -> None:
    """Nothing is sent to this person until then."""
    conn.execute(_pause, {"who": person, "until": ticks(until)})


def release(conn: Connection, rows: Iterable[Claimed]) -> None:
    """Put these back unsent, for whoever comes next."""
    if back := [{"row": row.id} for row in rows]:
        conn.execute(_release, back)


def give_back(conn: Connection, row: Claimed) -> None:
    """Put this back as if it had never been taken in hand: it makes room for others."""
    conn.execute(_give_back, {"row": row.id})


def release_all(conn: Connection) -> None:
    """Put everything back that a sender had in hand. Only for whoever is alone: then no such sender can live."""
    conn.execute(_release_all)


def keep(conn: Connection, row: Claimed, start: datetime) -> None:
    """The row's sender waits until `start` first, or is at work at that moment: the lease runs from there."""
    conn.execute(_keep, {"row": row.id, "until": ticks(start + LEASE)})


def close(conn: Connection, person: PersonId, now: datetime) -> None:
    """This person is gone (403): nothing that is queued for them will be sent."""
    conn.execute(_close_all, {"who": person, "now": ticks(now)})


def prune(conn: Connection, now: datetime) -> int:
    """Forget rows that were finished longer than KEPT ago; how many they were."""
    return conn.execute(_prune, {"before": ticks(now - KEPT)}).rowcount
