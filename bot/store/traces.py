"""Which messages stand in a chat: their numbers and their times, never their words, so that they can be taken away."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import BigInteger, Connection, bindparam, delete, or_, select
from sqlalchemy.dialects.postgresql import insert  # SQLite speaks the same ON CONFLICT

from bot.engine.events import PersonId
from bot.store.moment import moment, ticks
from bot.store.schema import shown, traces

KEPT = timedelta(days=60)
"""How long a message can still be made bland. A bot may take it away for 48 hours, and edit it for longer."""


@dataclass(frozen=True, slots=True)
class Trace:
    """One message: the bot's own (`ours`) or the person's. `media`: it holds a picture, a voice note or a file."""

    message_id: int
    ours: bool
    media: bool
    at: datetime


_person = bindparam("who", type_=BigInteger)
_numbers = bindparam("numbers", type_=BigInteger, expanding=True)
_note = insert(traces).on_conflict_do_nothing()
_found = (
    select(traces.c.message_id, traces.c.ours, traces.c.media, traces.c.at)
    .where(
        traces.c.person == _person,
        traces.c.at >= bindparam("since", type_=BigInteger),
        or_(traces.c.ours, traces.c.at <= bindparam("until", type_=BigInteger)),
    )
    .order_by(traces.c.message_id)
)
_gone = delete(traces).where(traces.c.person == _person, traces.c.message_id.in_(_numbers))
_unshow = delete(shown).where(shown.c.person == _person, shown.c.message_id.in_(_numbers))
_prune = delete(traces).where(traces.c.at < bindparam("before", type_=BigInteger))


def note(conn: Connection, person: PersonId, message_id: int, at: datetime, *, ours: bool, media: bool = False) -> None:
    """A message has come into this person's chat. One that is noted already is left alone."""
    row = {"person": person, "message_id": message_id, "ours": ours, "media": media, "at": ticks(at)}
    conn.execute(_note, row)


def standing(conn: Connection, person: PersonId, since: datetime, until: datetime) -> list[Trace]:
    """What came into this chat since then, oldest first: of the bot's own all, of the person's what came by `until`."""
    asked = {"who": person, "since": ticks(since), "until": ticks(until)}
    return [Trace(row.message_id, row.ours, row.media, moment(row.at)) for row in conn.execute(_found, asked)]


def forget(conn: Connection, person: PersonId, numbers: Iterable[int]) -> None:
    """These messages are gone, or cannot be reached: nothing will be done to them any more."""
    asked = {"who": person, "numbers": list(numbers)}
    conn.execute(_gone, asked)
    conn.execute(_unshow, asked)


def unshow(conn: Connection, person: PersonId, number: int) -> None:
    """This message is bland from now on: what was to be changed in it later is not."""
    conn.execute(_unshow, {"who": person, "numbers": [number]})


def prune(conn: Connection, now: datetime) -> int:
    """Forget the messages that are older than KEPT; how many they were."""
    return conn.execute(_prune, {"before": ticks(now - KEPT)}).rowcount
