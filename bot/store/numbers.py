"""The numbers people gave, for their own charts and nobody else's."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import BigInteger, Connection, bindparam, delete, insert, select

from bot.engine.events import PersonId, Remember
from bot.store.moment import moment, ticks
from bot.store.schema import numbers
from bot.store.sealing import words_of

WIDTH = 8
"""Signs in which each value is sealed, with blanks in front: or its length would tell a 10 from a 9."""

_remember = insert(numbers)
_last_days = (
    select(numbers.c.at, numbers.c.id, numbers.c.seal, numbers.c.value)
    .where(
        numbers.c.person == bindparam("who"),
        numbers.c.flow == bindparam("of_flow"),
        numbers.c.step == bindparam("of_step"),
        numbers.c.at >= bindparam("since"),
    )
    .order_by(numbers.c.at, numbers.c.id)
)

_every = (
    select(numbers.c.flow, numbers.c.step, numbers.c.at, numbers.c.id, numbers.c.seal, numbers.c.value)
    .where(numbers.c.person == bindparam("who"))
    .order_by(numbers.c.at, numbers.c.id)
)
_prune = delete(numbers).where(numbers.c.at < bindparam("before", type_=BigInteger))


def remember(conn: Connection, given: Iterable[Remember]) -> None:
    """Keep these numbers."""
    ring = words_of(conn)
    rows = [
        {
            "person": one.of,
            "flow": one.flow,
            "step": one.step,
            "at": ticks(one.at),
            **ring.sealed(numbers.c.value, f"{one.value:{WIDTH}}"),
        }
        for one in given
    ]
    if rows:
        conn.execute(_remember, rows)


def last_days(conn: Connection, person: PersonId, flow: str, step: str, since: datetime) -> list[tuple[datetime, int]]:
    """What this person answered to this step since then, oldest first. Raises Damaged if one of it cannot be opened."""
    ring = words_of(conn)
    asked = {"who": person, "of_flow": flow, "of_step": step, "since": ticks(since)}
    return [
        (moment(row.at), int(ring.opened(numbers.c.value, row.id, row.seal, row.value)))
        for row in conn.execute(_last_days, asked)
    ]


def every(conn: Connection, person: PersonId) -> list[Remember]:
    """All numbers of this person, oldest first. Raises Damaged if one of them cannot be opened."""
    ring = words_of(conn)
    return [
        Remember(
            person,
            row.flow,
            row.step,
            int(ring.opened(numbers.c.value, row.id, row.seal, row.value)),
            moment(row.at),
        )
        for row in conn.execute(_every, {"who": person})
    ]


def prune(conn: Connection, before: datetime) -> int:
    """Forget the numbers from before this moment; how many they were."""
    return conn.execute(_prune, {"before": ticks(before)}).rowcount
