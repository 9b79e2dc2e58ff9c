"""Whether somebody else uses this phone, and what changes on one that is shared: nothing private stays on it."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.engine import quiet, screening
from bot.engine.events import Message, PersonId, Tidy
from bot.engine.ledger import Ledger

TAG = "phone"

MINE, SHARED, SKIP = "me", "else", "skip"
ANSWERS = (MINE, SHARED, SKIP)

LATER = timedelta(days=1)


def plan(ledger: Ledger, person: PersonId) -> None:
    """Asks on the second day, where it was not asked before."""
    ledger.arm(f"own:{person}:phone", person, quiet.tomorrow(ledger, person))


def due(ledger: Ledger, person: PersonId) -> None:
    """The second day."""
    me = ledger.people[person]
    if me.shared_phone is not None or me.away or me.left is not None:
        return
    if ledger.in_crisis(person) or screening.busy(ledger, person) or not quiet.daytime(me, ledger.now):
        ledger.arm(f"own:{person}:phone", person, quiet.drawn(ledger, person, LATER, 2 * LATER))
    else:
        ask(ledger, person, unasked=True)


def early(ledger: Ledger, person: PersonId) -> None:
    """Asks once, after somebody has got to the end of something."""
    if ledger.people[person].shared_phone is None and not ledger.in_crisis(person):
        ask(ledger, person)


def ask(ledger: Ledger, person: PersonId, *, unasked: bool = False) -> None:
    """Asks. Until it is answered, the phone counts as one's own."""
    if ledger.people[person].shared_phone is None:
        ledger.change(person, shared_phone=False)
    ledger.edit(person, TAG)
    rows = tuple((ledger.label(f"phone.{one}", person, f"i:phone:{one}"),) for one in ANSWERS)
    ledger.say(person, "phone.question", *rows, tag=TAG, unasked=unasked)


def answered(ledger: Ledger, person: PersonId, said: str) -> bool:
    """A tap under that question; "" asks it again, from the settings. False for one that was never offered."""
    if said == "":
        ask(ledger, person)
        return True
    if said not in ANSWERS or ledger.people[person].shared_phone is None:
        return False
    if said != SKIP:
        ledger.change(person, shared_phone=said == SHARED)
    words = ledger.phrase("phone.kept" if said != SHARED else "phone.now_shared", person)
    ledger.edit(person, TAG, Message(words.text, words.spans))
    if said == MINE and ledger.partner(person) is not None:
        screening.plan(ledger, person)
    return True


def keeps(ledger: Ledger, person: PersonId) -> bool:
    """Whether private words of this person are kept at all."""
    return ledger.people[person].shared_phone is not True


def tidy(ledger: Ledger, person: PersonId, since: datetime) -> None:
    """On a shared phone the chat is made bland when a conversation is over."""
    if not keeps(ledger, person):
        ledger.effects.append(Tidy(person, since, ledger.phrase("phone.tidy", person).text))
