"""Invitations to become partners: a token works once, ends by itself, and is kept only as a hash."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256

from sqlalchemy import BigInteger, Connection, Text, bindparam, delete, insert, select, update

from bot.engine.events import Link, PersonId
from bot.store.moment import ticks
from bot.store.schema import invitations, people

_person = bindparam("person", type_=BigInteger)
_hash = bindparam("token", type_=Text)
_void = update(invitations).where(invitations.c.inviter == _person, invitations.c.used_by.is_(None)).values(expires=0)
_issue = insert(invitations)
_find = select(invitations.c.inviter, invitations.c.expires, invitations.c.used_by).where(invitations.c.hash == _hash)
_use = update(invitations).where(invitations.c.hash == _hash, invitations.c.used_by.is_(None)).values(used_by=_person)
_partner = select(people.c.partner).where(people.c.id == _person)
_prune = delete(invitations).where(invitations.c.expires < bindparam("before", type_=BigInteger))


def _hashed(token: str) -> str:
    return sha256(token.encode(errors="surrogatepass")).hexdigest()


def issue(conn: Connection, by: PersonId, token: str, expires: datetime) -> None:
    """Keep a new invitation. An older one of the same person that nobody has opened is out of date from now on."""
    conn.execute(_void, {"person": by})
    conn.execute(_issue, {"hash": _hashed(token), "inviter": by, "expires": ticks(expires), "used_by": None})


def open_link(conn: Connection, token: str, person: PersonId, now: datetime) -> tuple[Link, PersonId | None]:
    """What became of the invitation that this person opened, and who sent it if it is good.

    A good link is used up by it, except by its own inviter and by people who cannot link because one of them has a
    partner. Who used it up may open it again until linked to somebody.
    """
    found = conn.execute(_find, {"token": _hashed(token)}).one_or_none()
    if found is None:
        return Link.UNKNOWN, None
    if found.inviter == person:
        return Link.GOOD, person
    if found.used_by is not None:
        partner = conn.execute(_partner, {"person": person}).scalar() if found.used_by == person else None
        if found.used_by != person or partner is not None:
            return Link.USED, None
    if found.expires <= ticks(now):
        return Link.EXPIRED, None
    if any(conn.execute(_partner, {"person": one}).scalar() is not None for one in (person, found.inviter)):
        return Link.GOOD, int(found.inviter)  # of no use to these two, so it stays good for whom it was meant
    if found.used_by is None and conn.execute(_use, {"token": _hashed(token), "person": person}).rowcount == 0:
        return Link.USED, None
    return Link.GOOD, int(found.inviter)


def prune(conn: Connection, before: datetime) -> int:
    """Forget the invitations that ended before this moment; how many they were."""
    return conn.execute(_prune, {"before": ticks(before)}).rowcount
