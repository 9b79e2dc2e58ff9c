"""The numbers people gave, for their own charts and nobody else's."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, bindparam, insert, select

from bot.engine.events import PersonId, Remember
from bot.store.moment import moment, ticks
from bot.store.schema import numbers

_remember = insert(numbers)
_last_days = (
    select(numbers.c.at, numbers.c.value)
    .where(
        numbers.c.person == bindparam("who"),
        numbers.c.flow == bindparam("of_flow"),
        numbers.c.step == bindparam("of_step"),
        numbers.c.at >= bindparam("since"),
    )
    .order_by(numbers.c.at, numbers.c.id)
)


def remember(conn: Connection, given: Iterable[Remember]) -> None:
    """Keep these numbers."""
    rows = [
        {"person": one.of, "flow": one.flow, "step": one.step, "value": one.value, "at": ticks(one.at)} for one in given
    ]
    if rows:
        conn.execute(_remember, rows)


def last_days(conn: Connection, person: PersonId, flow: str, step: str, since: datetime) -> list[tuple[datetime, int]]:
    """What this person answered to this step since then, oldest first."""
    asked = {"who": person, "of_flow": flow, "of_step": step, "since": ticks(since)}
    return [(moment(row.at), row.value) for row in conn.execute(_last_days, asked)]
