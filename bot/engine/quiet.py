"""The hours in which nobody is written to unasked: those somebody chose, and the night for what nobody asked for."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.engine.events import PersonId
from bot.engine.ledger import Ledger
from bot.engine.run import Person

CHOICES = ("22:00-08:00", "21:00-07:00", "23:00-06:00")
"""The stretches that are offered, on the person's own clock."""

NEVER = "never"
"""What is kept where somebody wants no quiet hours; nothing is kept where nobody was asked."""

FIRST, LAST = 10, 20
"""The hours of the day in which the bot brings up something of its own."""

MINUTE = timedelta(minutes=1)


def local(person: Person, moment: datetime) -> datetime:
    """A moment on this person's clock; on that of Greenwich where theirs is not known."""
    return moment.astimezone(ZoneInfo(person.zone or "UTC"))


def ends(person: Person, moment: datetime) -> datetime | None:
    """When the quiet stretch ends that this moment falls into; None outside of it."""
    if person.quiet in ("", NEVER):
        return None
    first, last = (time.fromisoformat(one) for one in person.quiet.split("-"))
    here = local(person, moment)
    clock = here.time()
    if not (first <= clock < last if first < last else clock >= first or clock < last):
        return None
    day = here.date() if clock < last else here.date() + timedelta(days=1)
    return datetime.combine(day, last, here.tzinfo).astimezone(moment.tzinfo)


def daytime(person: Person, moment: datetime) -> bool:
    """Whether something that nobody asked for may come up at this moment."""
    return FIRST <= local(person, moment).hour < LAST and ends(person, moment) is None


def drawn(ledger: Ledger, person: PersonId, earliest: timedelta, latest: timedelta) -> datetime:
    """A minute by chance between these two from now, at daytime. The two are most of a day apart, or more."""
    me, start = ledger.people[person], ledger.now + earliest
    minutes = (start + number * MINUTE for number in range((latest - earliest) // MINUTE))
    fits = [moment for moment in minutes if daytime(me, moment)]
    return fits[ledger.draw() % len(fits)] if fits else start


def tomorrow(ledger: Ledger, person: PersonId) -> datetime:
    """A minute by chance of the next day, at daytime."""
    here = local(ledger.people[person], ledger.now)
    midnight = datetime.combine(here.date() + timedelta(days=1), time(), here.tzinfo)
    until = midnight.astimezone(ledger.now.tzinfo) - ledger.now
    return drawn(ledger, person, until, until + timedelta(days=1))
