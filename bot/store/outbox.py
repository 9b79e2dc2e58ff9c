"""Messages that must be sent: written in the turn's transaction, sent after it, in order within a chat.

A row goes from `queued` to `sent`, `closed` (nothing to do any more) or `quarantined` (it can never be sent), and then
holds no words.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Connection, and_, bindparam, case, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert  # SQLite speaks the same ON CONFLICT

from bot.engine.events import Edit, PersonId, Send
from bot.engine.saved import dump_message
from bot.store.moment import moment, ticks
from bot.store.schema import outbox, people, shown

LEASE = timedelta(seconds=60)
"""How long a sender may keep a row in hand before another one takes it: longer than any time-out of a request."""

KEPT = timedelta(days=3)
"""How long a finished row stays, without words, to be counted and to refuse its key a second time."""


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


@dataclass(frozen=True, slots=True)
class _Queued:
    id: int
    tag: str
    unasked: bool
    lease: int


_now = bindparam("now", type_=BigInteger)
_person = bindparam("who", type_=BigInteger)
_row = bindparam("row", type_=BigInteger)
_is_queued = outbox.c.status == "queued"

_put = insert(outbox).on_conflict_do_nothing(index_elements=[outbox.c.key])
_queue = select(outbox.c.id, outbox.c.tag, outbox.c.unasked, outbox.c.lease).where(
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
        outbox.c.payload,
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
    .where(outbox.c.id == _row)
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
_ready = _waiting.having(_since <= _now).order_by(_answers_first, func.min(outbox.c.id)).limit(bindparam("most"))
_later = select(func.min(_waiting.having(_since > _now).subquery().c.since))
_prune = delete(outbox).where(outbox.c.done < bindparam("before", type_=BigInteger))


def put(conn: Connection, letters: Iterable[tuple[str, Send | Edit]], now: datetime) -> None:
    """Queue these messages in this order. A key that is known already is left alone: its message is on its way."""
    rows = [_columns(key, effect, ticks(now)) for key, effect in letters]
    if rows:
        conn.execute(_put, rows)


def _columns(key: str, effect: Send | Edit, created: int) -> dict[str, Any]:
    row = {"key": key, "person": effect.to, "tag": effect.tag, "status": "queued", "created": created}
    match effect:
        case Send(message=message, instead=instead, unasked=unasked):
            return {**row, "kind": "send", "instead": instead, "unasked": unasked, "payload": dump_message(message)}
        case Edit(message=message):
            kind, payload = ("strip", "") if message is None else ("edit", dump_message(message))
            return {**row, "kind": kind, "instead": False, "unasked": False, "payload": payload}


def ready(conn: Connection, now: datetime, busy: Collection[PersonId], limit: int) -> list[PersonId]:
    """People with a message that can be tried now, answers before invitations, without those in `busy`."""
    rows = conn.execute(_ready, {"now": ticks(now), "most": limit + len(busy)})
    return [row.person for row in rows if row.person not in busy][:limit]


def next_ready(conn: Connection, now: datetime) -> datetime | None:
    """When the next pause or lease of somebody with messages ends; None if there is none."""
    at = conn.execute(_later, {"now": ticks(now)}).scalar()
    return None if at is None else moment(at)


def claim(conn: Connection, person: PersonId, now: datetime) -> Claimed | None:
    """Take this person's next message in hand for the length of a LEASE.

    None if there is none, if the chat rests, or if another sender has one in hand.
    """
    paused = conn.execute(_lock_person, {"who": person}).scalar()
    rows = [_Queued(*row) for row in conn.execute(_queue, {"who": person})]
    if paused is None or not rows or max(paused, *(row.lease for row in rows)) > ticks(now):
        return None
    head = next_of(rows)
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
        payload=row.payload,
        attempts=attempts,
        next_at=moment(row.next_at),
        message_id=row.message_id,
        media=bool(row.media),
    )


def next_of(rows: Sequence[_Queued]) -> _Queued:
    """Which of one person's messages goes first: answers before invitations, the oldest of either.

    A change to a message that has not been sent yet waits for it: messages of one tag never overtake each other.
    """
    first = min(rows, key=lambda row: (row.unasked, row.id))
    if not first.tag:
        return first
    return min((row for row in rows if row.tag == first.tag), key=lambda row: row.id)


def sent(conn: Connection, row: Claimed, message_id: int, media: bool, now: datetime, next_at: datetime | None) -> None:
    """The messenger has it. `next_at` is set for a new message: the first moment for the chat's next one."""
    _end(conn, row, "sent", None, now, message_id)
    if row.tag:
        conn.execute(_show, {"person": row.person, "tag": row.tag, "message_id": message_id, "media": media})
    if next_at is not None:
        conn.execute(_next_at, {"who": row.person, "at": ticks(next_at)})


def drop(conn: Connection, row: Claimed, reason: str, now: datetime) -> None:
    """There is nothing to send any more, such as an edit of a message that is not there. Its tag is forgotten."""
    _end(conn, row, "closed", reason, now)
    if row.tag:
        conn.execute(_unshow, {"who": row.person, "label": row.tag})


def forget_shown(conn: Connection, row: Claimed) -> None:
    """The newest message with this row's tag cannot be edited any more: a later one is sent as a new message."""
    conn.execute(_unshow, {"who": row.person, "label": row.tag})


def quarantine(conn: Connection, row: Claimed, reason: str, now: datetime) -> None:
    """It can never be sent. `reason` holds the messenger's sentence or a code, no words of people."""
    _end(conn, row, "quarantined", reason, now)


def _end(
    conn: Connection, row: Claimed, status: str, reason: str | None, now: datetime, message_id: int | None = None
) -> None:
    conn.execute(_finish, {"row": row.id, "to": status, "because": reason, "message": message_id, "now": ticks(now)})


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


def release_all(conn: Connection) -> None:
    """Put everything back that a sender had in hand. Only for whoever is alone: then no such sender can live."""
    conn.execute(_release_all)


def keep(conn: Connection, row: Claimed, start: datetime) -> None:
    """The row's sender waits until `start` first: the lease runs from there."""
    conn.execute(_keep, {"row": row.id, "until": ticks(start + LEASE)})


def close(conn: Connection, person: PersonId, now: datetime) -> None:
    """This person is gone (403): nothing that is queued for them will be sent."""
    conn.execute(_close_all, {"who": person, "now": ticks(now)})


def prune(conn: Connection, now: datetime) -> int:
    """Forget rows that were finished longer than KEPT ago; how many they were."""
    return conn.execute(_prune, {"before": ticks(now - KEPT)}).rowcount
