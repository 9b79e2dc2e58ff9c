"""Two people become a pair, and part again: conversations no author writes. Both agree; either one ends it at once."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import quote

from bot.engine import menu, parting, rhythm, screening
from bot.engine.endings import window_over
from bot.engine.events import Button, Forget, Invite, Link, PersonId, Unshare
from bot.engine.ledger import Ledger
from bot.engine.parting import SHORTEST, SPREAD, part
from bot.engine.run import Run
from bot.engine.text import Given

OPEN_FOR = timedelta(hours=48)
"""How long an invitation can be opened."""


def link(ledger: Ledger, person: PersonId) -> None:
    """Makes a fresh link with a text ready to forward. Older links of this person stop working."""
    partner = ledger.partner(person)
    if partner is not None:
        ledger.say(
            person,
            "link.already",
            (ledger.label("more.unlink", person, "m:unlink"),),
            other=Given(partner.name, typed=True),
        )
        return
    if ledger.people[person].left is not None:
        ledger.say(person, "link.soon")
        return
    token = f"{ledger.chance:032x}"
    ledger.effects.append(Invite(person, token, ledger.now + OPEN_FOR))
    address = f"{ledger.library.address}?start={token}"
    ledger.say(person, "link.how")
    words = ledger.phrase("link.invite", person).text
    share = f"https://t.me/share/url?url={quote(address, safe='')}&text={quote(words, safe='')}"
    button = Button(ledger.phrase("link.share", person).text, url=share)
    ledger.say(person, "link.forward", (button,), link=address)


def arrived(ledger: Ledger, person: PersonId, opened: Link, inviter: PersonId | None) -> None:
    """Somebody opened a link: they see what will be shared and what will not, and agree or not."""
    if opened is not Link.GOOD or inviter is None:
        ledger.say(person, f"link.{opened.value}")
    elif inviter == person:
        ledger.say(person, "link.own")
    elif ledger.people[person].left is not None:
        ledger.say(person, "link.soon")
    elif ledger.partner(person) is not None:
        ledger.say(person, "link.taken")
    elif ledger.people[inviter].partner is not None:
        ledger.say(person, "link.used")
    else:
        if not ledger.people[person].met:
            menu.first(ledger, person)
        ledger.leave_settings(person)
        ledger.change(person, pending=inviter, knocked=False)
        called = Given(ledger.people[inviter].name, typed=True)
        ledger.say(person, "link.agree", buttons(ledger, person), tag="link", other=called)


def buttons(ledger: Ledger, person: PersonId) -> tuple[Button, ...]:
    """The buttons of the linking question that stands open for this person; none where there is none."""
    me = ledger.people[person]
    other = ledger.people.get(me.pending) if me.pending is not None else None
    if other is None:
        return ()
    if me.knocked and other.pending == person:
        called = Given(other.name, typed=True)
        yes = Button(ledger.phrase("link.admit_yes", person, other=called).text, f"k:m:{other.id}:y")
        return (yes, ledger.label("link.admit_no", person, f"k:m:{other.id}:n"))
    if not (other.knocked and other.pending == person):
        yes = ledger.label("link.yes", person, f"k:a:{other.id}:y")
        return (yes, ledger.label("link.no", person, f"k:a:{other.id}:n"))
    return ()


def answered(ledger: Ledger, person: PersonId, question: str, whom: str, said: str) -> bool:
    """A tap under the agreement (`a`) or under the question who arrived (`m`). False where it is not open."""
    me = ledger.people[person]
    other = ledger.people.get(me.pending) if me.pending is not None else None
    if other is None or str(other.id) != whom or said not in ("y", "n"):
        return False
    mutual = other.pending == person and (me.knocked or other.knocked)
    match question:
        case "a" if not mutual:
            ledger.edit(person, "link")
            if said == "y":
                _knock(ledger, person, other.id)
            else:
                _drop(ledger, person, other.id)
        case "m" if mutual and me.knocked:
            ledger.edit(person, "link")
            if said == "y":
                _join(ledger, person, other.id)
            else:
                _drop(ledger, person, other.id)
        case _:
            return False
    return True


def _knock(ledger: Ledger, person: PersonId, inviter: PersonId) -> None:
    """The inviter confirms who arrived, by name."""
    if ledger.people[inviter].partner is not None:
        ledger.change(person, pending=None)
        ledger.say(person, "link.gone")
        return
    called = Given(ledger.people[person].name, typed=True)
    ledger.leave_settings(inviter)
    ledger.change(inviter, pending=person, knocked=True)
    yes, no = buttons(ledger, inviter)
    ledger.say(inviter, "link.admit", (yes,), (no,), tag="link", other=called)
    ledger.say(person, "link.wait", other=Given(ledger.people[inviter].name, typed=True))


def _drop(ledger: Ledger, person: PersonId, other: PersonId) -> None:
    ledger.change(person, pending=None, knocked=False)
    ledger.say(person, "link.not_linked")
    if ledger.people[other].pending == person:
        ledger.change(other, pending=None, knocked=False)
        ledger.edit(other, "link")
        ledger.say(other, "link.not_linked")


def _join(ledger: Ledger, person: PersonId, other: PersonId) -> None:
    for mine, theirs in ((person, other), (other, person)):
        ledger.change(mine, partner=theirs, pending=None, knocked=False, linked=ledger.now)
        rhythm.wake(ledger, mine)
        screening.plan(ledger, mine)
    for mine, theirs in ((person, other), (other, person)):
        called = Given(ledger.people[theirs].name, typed=True)
        ledger.say(mine, "link.done", (ledger.label("button.menu", mine, "m:home"),), other=called)


def unlink(ledger: Ledger, person: PersonId) -> None:
    """Ends the pair at once for this person, without a reason. The other one hears of it as of any leaving."""
    if ledger.partner(person) is None:
        ledger.say(person, "unlink.nobody")
        return
    leave_pair(ledger, person)
    ledger.say(person, "unlink.done", (ledger.label("button.menu", person, "m:home"),))


def leave_pair(ledger: Ledger, person: PersonId) -> None:
    """Leaves everything for two, and the pair. The other one reads one text: that of their run, or of the pair."""
    partner = ledger.partner(person)
    if partner is None:
        return
    mine = [run for run in parting.running(ledger, person) if len(run.cast) > 1]
    heard = [until for until in [part(ledger, run, person) for run in mine] if until]
    heard += [run.parting.until for run in _shared(ledger) if run.parting is not None]
    until = max(heard) if heard else ledger.now + SHORTEST + timedelta(seconds=ledger.draw() % SPREAD)
    ledger.change(person, left=until)
    rhythm.rest(ledger, person)
    ledger.effects.append(Unshare(person))
    ledger.arm(f"own:{person}:{'gone' if heard else 'left'}", partner.id, until)


def _shared(ledger: Ledger) -> list[Run]:
    return [run for run in ledger.runs.values() if run.root and len(run.cast) > 1]


def parted(ledger: Ledger, person: PersonId, *, tell: bool) -> None:
    """The delay after an unlinking is over. What still runs for two ends now; `tell` where no run has told it."""
    me = ledger.people.get(person)
    if me is None or me.left is None or me.partner is None:
        return
    for run in _shared(ledger):
        if run.suspended and run.gate is None and run.held is None:
            parting.clear(ledger, run)  # before a pause ends here and would offer it again
    for run in _shared(ledger):
        if run.gate is not None:
            window_over(ledger, run)
        else:
            parting.parted(ledger, run)
    for run in _shared(ledger):  # something that the other one began meanwhile
        parting.clear(ledger, run)
        parting.land(ledger, run, [me.partner])
    rhythm.rest(ledger, me.partner)
    if tell:
        ledger.say(me.partner, "unlink.other", (ledger.label("button.menu", me.partner, "m:home"),))
    for one in (person, me.partner):
        ledger.change(one, partner=None, linked=None, left=None)
        for told in ("left", "gone"):
            ledger.disarm(f"own:{one}:{told}")
    if me.forgotten:
        ledger.effects.append(Forget(person, wholly=True))
