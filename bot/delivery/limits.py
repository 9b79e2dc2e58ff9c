"""How fast the messenger lets us speak: slots in the database, so that every sender of every process keeps to them."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import BigInteger, Connection, Text, bindparam, case
from sqlalchemy.dialects.postgresql import insert  # SQLite speaks the same ON CONFLICT

from bot.store.moment import moment, ticks
from bot.store.schema import slots

BOT = "bot"
"""The name of the slot that all messages of the bot share."""

BOT_INTERVAL = timedelta(microseconds=33_334)
"""At most 30 messages a second to all chats together (Telegram, Bots FAQ), rounded up: never 31 in one second."""

CHAT_INTERVAL = timedelta(seconds=1)
"""At most one new message a second to one chat (Telegram, Bots FAQ)."""

GIVE_WAY = timedelta(milliseconds=500)
"""How much of the bot's time to come invitations may take: whoever waits for an answer waits no longer for them."""

LONGEST_PAUSE = timedelta(minutes=5)
"""How long a message that keeps failing rests at most: long enough to be no burden, short enough to be no surprise."""

_NEVER = 2**63 - 1
"""Later than every moment."""

_name = bindparam("slot", type_=Text)
_reserve = insert(slots).values(name=_name, next_at=bindparam("first", type_=BigInteger))
_reserve = _reserve.on_conflict_do_update(
    index_elements=[slots.c.name],
    where=slots.c.next_at <= bindparam("latest", type_=BigInteger),
    set_={
        "next_at": case(
            (slots.c.next_at > bindparam("now", type_=BigInteger), slots.c.next_at),
            else_=bindparam("now", type_=BigInteger),
        )
        + bindparam("interval", type_=BigInteger)
    },
)
_hold = insert(slots).values(name=_name, next_at=bindparam("until", type_=BigInteger))
_hold = _hold.on_conflict_do_update(
    index_elements=[slots.c.name],
    set_={"next_at": case((slots.c.next_at > _hold.excluded.next_at, slots.c.next_at), else_=_hold.excluded.next_at)},
)
_reserve_slot = _reserve.returning(slots.c.next_at)


def slot(next_at: datetime, now: datetime, interval: timedelta) -> tuple[datetime, datetime]:
    """The first free moment, and the first one after it that is free again (GCRA without bursts)."""
    start = max(next_at, now)
    return start, start + interval


def reserve(conn: Connection, now: datetime, name: str = BOT, interval: timedelta = BOT_INTERVAL) -> datetime:
    """Take the next free slot of this name, in one atomic statement; the moment at which it begins."""
    start = _taken(conn, now, _NEVER, name, interval)
    assert start is not None
    return start


def reserve_soon(conn: Connection, now: datetime) -> datetime | None:
    """The same for what can wait: None, and nothing is taken, if all slots of GIVE_WAY are taken by now."""
    return _taken(conn, now, ticks(now + GIVE_WAY), BOT, BOT_INTERVAL)


def _taken(conn: Connection, now: datetime, latest: int, name: str, interval: timedelta) -> datetime | None:
    wanted = {
        "slot": name,
        "now": ticks(now),
        "first": ticks(now + interval),
        "interval": interval // timedelta.resolution,
        "latest": latest,
    }
    after = conn.execute(_reserve_slot, wanted).scalar()
    return None if after is None else moment(after) - interval


def hold(conn: Connection, until: datetime, name: str = BOT) -> None:
    """No slot of this name begins before `until`."""
    conn.execute(_hold, {"slot": name, "until": ticks(until)})


def pause(attempts: int) -> timedelta:
    """How long to rest after so many failures in a row: 1 s, 2 s, 4 s … 5 minutes."""
    return min(timedelta(seconds=2 ** min(max(attempts, 1) - 1, 9)), LONGEST_PAUSE)
