"""A person's data goes, all of it: what is left is a tombstone until nobody needs it, and then nothing.

The row of a tombstone holds no chat: its number is the row's own, negative, so that the chat is a stranger's at once.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Connection, bindparam, delete, exists, or_, select, update

from bot.engine.events import PersonId
from bot.store.schema import invitations, notes, numbers, outbox, people, runs, safety, shown, timers, traces

_person = bindparam("who", type_=BigInteger)
_theirs = tuple(
    delete(table).where(table.c.person == _person) for table in (notes, numbers, outbox, safety, shown, traces)
)
_runs_alone = delete(runs).where(runs.c.one == _person, runs.c.two.is_(None))
_links = delete(invitations).where(or_(invitations.c.inviter == _person, invitations.c.used_by == _person))
_clocks = delete(timers).where(
    timers.c.owner == _person,
    or_(timers.c.key.startswith("own:", autoescape=True), timers.c.key.startswith("every:", autoescape=True)),
)
_chat = select(people.c.chat).where(people.c.id == _person)
_unnamed = update(people).where(people.c.id == _person).values(chat=-people.c.id, next_at=0, paused=0)
_waits = exists().where(outbox.c.person == people.c.id, outbox.c.status == "queued")
_dead = delete(people).where(people.c.chat == -people.c.id, people.c.partner.is_(None), ~_waits)
_bury = _dead.where(people.c.id == _person)


def chat_of(conn: Connection, person: PersonId) -> int:
    """The chat in which this person is written to."""
    return int(conn.execute(_chat, {"who": person}).scalar_one())


def wipe(conn: Connection, person: PersonId) -> None:
    """Everything that belongs to this person alone goes, messages that were not sent included.

    The row itself, whose state the caller has blanked, stays as a tombstone; so do runs with somebody else in them.
    """
    for statement in (*_theirs, _runs_alone, _links, _clocks, _unnamed):
        conn.execute(statement, {"who": person})


def bury(conn: Connection, person: PersonId) -> None:
    """The tombstone goes too, unless a partner has not heard yet or its last message is still on the way."""
    conn.execute(_bury, {"who": person})


def bury_all(conn: Connection) -> int:
    """The same for every tombstone; how many went."""
    return conn.execute(_dead).rowcount
