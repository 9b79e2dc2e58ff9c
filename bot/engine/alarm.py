"""What happens at once when words tell of danger: a light question, or the page with people to call.

Everything that runs is set aside for this person alone; for somebody else it is as any leaving.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.engine.casting import open_to
from bot.engine.danger.spelling import plain
from bot.engine.events import PersonId
from bot.engine.gate import gate_tag
from bot.engine.ledger import Ledger
from bot.engine.parting import part, running
from bot.engine.parts import closed
from bot.engine.run import Crisis, Light, Run, Waiting
from bot.engine.safety_page import AGAIN, CHOKED, FOLLOW, LIGHT, MINOR, PAGE, beside, question, shown
from bot.engine.steps import suspend

REST = timedelta(hours=72)
"""How long the usual messages and everything for two rest (fact base, E3)."""

DAY = timedelta(hours=24)
"""When the one question comes that was agreed to, and when a page closes by itself (fact base, E3 and E6)."""

UNHEARD = timedelta(minutes=5)
"""How long the words wait where nobody was left with them: the middle of what others wait for; a choice of ours."""


def today(ledger: Ledger, person: PersonId) -> str:
    """The day on this person's clock."""
    return ledger.now.astimezone(ZoneInfo(ledger.people[person].zone or "UTC")).date().isoformat()


def _check(ledger: Ledger, person: PersonId, kinds: Iterable[str]) -> None:
    """No light question about these kinds is asked again today."""
    now = today(ledger, person)
    before = {kind: day for kind, day in ledger.told(person).checked.items() if day == now}
    ledger.keep(person, checked={**before, **dict.fromkeys(kinds, now)})


def _wait(ledger: Ledger, person: PersonId, typed: str) -> Waiting:
    """The words wait, behind those that wait already, together with the question of the bot that they came to."""
    me = ledger.people[person]
    old = me.waiting or Waiting()
    words = f"{old.words}\n{typed}" if old.words else typed
    asked = tuple(ledger.root(run).id for run in ledger.runs.values() if open_to(ledger, run, person) is not None)
    waiting = replace(old, words=words, dialog=me.dialog or old.dialog, asked=asked)
    ledger.change(person, dialog=None, waiting=waiting)
    return waiting


def ask(ledger: Ledger, person: PersonId, kind: str, typed: str) -> None:
    """One light question. Everything stays where it is, and the words wait."""
    light = ledger.told(person).light
    if light is not None:
        ledger.edit(person, LIGHT, closed(ledger, person))
    ledger.keep(person, light=Light(kind, ledger.now if light is None else light.at))
    _check(ledger, person, [kind])
    _wait(ledger, person, typed)
    ledger.send(person, question(ledger, person, kind), LIGHT)
    ledger.arm_in(f"own:{person}:page", person, DAY)


def act(ledger: Ledger, person: PersonId, kinds: tuple[str, ...], typed: str, pressed: tuple[str, ...] = ()) -> None:
    """The page, with people to call; everything that runs is set aside. Without `typed`, no words wait."""
    me, told = ledger.people[person], ledger.told(person)
    opened = _opened(ledger, person)
    waiting = _wait(ledger, person, typed)
    choked = (CHOKED,) if "violence_victim" in kinds and _tells_of_choking(ledger, person, typed) else ()
    old = told.crisis if ledger.in_crisis(person) else None
    crisis = replace(
        old or Crisis(kinds[0], opened, ledger.now),
        category=kinds[0],
        until=ledger.now + REST,
        also=(*choked, *beside(kinds)),
        page=opened,
        pressed=(*(old.pressed if old is not None else ()), *pressed),
    )
    for tag in (PAGE, LIGHT, *(() if old is not None else (AGAIN, FOLLOW))):
        ledger.edit(person, tag, closed(ledger, person))
    ledger.keep(person, crisis=crisis, light=None)
    _check(ledger, person, kinds)
    young = MINOR in kinds
    waiting = replace(
        waiting,
        words=waiting.words if typed else "",
        left=(*waiting.left, *_set_aside(ledger, person)),
        minor=waiting.minor or (young and not me.minor),
    )
    ledger.change(person, waiting=waiting, minor=me.minor or young, topic=opened)
    ledger.send(person, shown(ledger, person, crisis, mistaken=waiting.minor), PAGE)
    ledger.arm(f"own:{person}:meant", person, _unheard_until(ledger, waiting))
    ledger.arm_in(f"own:{person}:page", person, DAY)
    ledger.arm(f"own:{person}:usual", person, crisis.until)
    if crisis.follow:
        ledger.arm(f"own:{person}:follow", person, after_a_day(crisis))


def _opened(ledger: Ledger, person: PersonId) -> datetime:
    """Since when this subject stands in the chat: a question or page before it that is not settled belongs to it."""
    told = ledger.told(person)
    if told.light is not None:
        return told.light.at
    if ledger.people[person].waiting is not None and told.crisis is not None and told.crisis.page is not None:
        return told.crisis.page
    return ledger.now


def _tells_of_choking(ledger: Ledger, person: PersonId, typed: str) -> bool:
    words = f" {plain(typed)}"
    return any(f" {one.strip()}" in words for one in ledger.phrase("typed.choked", person).text.split("/"))


def _set_aside(ledger: Ledger, person: PersonId) -> tuple[str, ...]:
    """Leaves every run that somebody else knows of, and gives those that can still be taken up again. What this person
    is in alone rests. A question before a flow for two loses its buttons: it cannot open now (`gate.reaches`)."""
    left = []
    for root in running(ledger, person):
        if root.gate is not None:
            ledger.edit(person, gate_tag(root))
        elif root.joined == {person}:
            suspend(ledger, root)
        elif part(ledger, root, person) is not None:
            left.append(root.id)
    return tuple(left)


def aside(ledger: Ledger, person: PersonId) -> list[Run]:
    """What rests and is known to this person alone."""
    return [run for run in ledger.roots(person) if run.suspended and run.gate is None and run.joined == {person}]


def _unheard_until(ledger: Ledger, waiting: Waiting) -> datetime:
    partings = (run.parting for run in map(ledger.runs.get, waiting.left) if run is not None)
    return min((one.until for one in partings if one is not None), default=ledger.now + UNHEARD)


def after_a_day(crisis: Crisis) -> datetime:
    """When the question comes that was agreed to: a day after the newest page."""
    return crisis.until - REST + DAY


def destroy(ledger: Ledger, person: PersonId) -> None:
    """The words are gone for good, and with them what was begun for two and nobody else has heard of."""
    ledger.disarm(f"own:{person}:meant")
    ledger.change(person, waiting=None)
    for run in aside(ledger, person):
        if len(run.cast) > 1:
            part(ledger, run, person)
