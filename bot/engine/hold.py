"""A live talk that has gone quiet: whoever waits may wait on, put the talk on hold until an hour, or end it.

The waiting person learns what is true (no answer for ten minutes) and never a reason.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.engine import endings, gate
from bot.engine.casting import open_to
from bot.engine.events import Button, PersonId, Why
from bot.engine.ledger import Ledger
from bot.engine.messages import line_tag
from bot.engine.run import Run, changed
from bot.engine.steps import suspend
from bot.engine.telling import clear_line, watch
from bot.engine.text import Given

HOURS = (9, 12, 18, 20)
"""Hours of tomorrow that a talk can be put on hold until, on the clock of whoever asks for it."""

AGAIN = timedelta(minutes=30)
"""How long a talk on hold waits where something else for two goes on at its hour."""

LEAST = timedelta(hours=6)
"""A hold is for a night or a day, not for a minute: an hour that comes sooner is the next day's."""


def waiting(ledger: Ledger, root: Run) -> list[PersonId]:
    """Those in this talk who have nothing to answer while somebody else has."""
    leaves = [run for run in ledger.tree(root) if not any(ledger.children(run))]
    asked = {person for run in leaves for person in run.cast if open_to(ledger, run, person) is not None}
    left = root.parting.by if root.parting is not None else frozenset()
    return [person for person in root.cast if person in root.joined and person not in asked and person not in left]


def quiet(ledger: Ledger, run: Run) -> None:
    """Ten minutes have passed without an answer: who waits is told, and chooses."""
    root = ledger.root(run)
    for person in waiting(ledger, root):
        clear_line(ledger, run, person)
        rows = tuple(
            (ledger.label(f"hold.{what}", person, f"h:{root.id}:{what}"),) for what in ("wait", "later", "end")
        )
        help_row = (ledger.label("button.help", person, "m:help"),)
        ledger.say(person, "hold.silent", *rows, help_row, tag=line_tag(root))
        root = ledger.runs[root.id]
        ledger.put(changed(root, lined=root.lined | {person}))


def tapped(ledger: Ledger, person: PersonId, run_id: str, said: str) -> Why | None:
    """A tap on *Wait*, *Hold until tomorrow*, *End for me*, or on one of the hours."""
    root = ledger.runs.get(run_id)
    if root is None or root.suspended or not ledger.knows(root, person):
        return Why.CLOSED
    if person not in root.cast or said not in ("wait", "later", "end", *map(str, HOURS)):
        return Why.FORGED
    if person not in waiting(ledger, root):
        return Why.STALE
    match said:
        case "wait":
            clear_line(ledger, root, person)
            for run in ledger.tree(root):
                if not any(ledger.children(run)):
                    watch(ledger, run)
            ledger.toast = ledger.phrase("hold.waiting", person).text
        case "end":
            clear_line(ledger, root, person)
            endings.stop(ledger, root, person)
        case "later":
            buttons = [Button(f"{hour:02}:00", f"h:{root.id}:{hour}") for hour in HOURS]
            rows = (tuple(buttons), (ledger.label("hold.wait", person, f"h:{root.id}:wait"),))
            ledger.say(person, "hold.when", *rows, tag=line_tag(root), instead=True)
        case hour:
            _hold(ledger, root, person, int(hour))
    return None


def _hold(ledger: Ledger, root: Run, person: PersonId, hour: int) -> None:
    until = _tomorrow(ledger, person, hour)
    suspend(ledger, root)
    root = ledger.put(changed(ledger.runs[root.id], held=until))
    ledger.disarm(f"{root.id}:shelved")
    ledger.arm(f"{root.id}:held", root.cast[0], until)
    for one in root.cast:
        if ledger.knows(root, one):
            zone = ZoneInfo(ledger.people[one].zone or ledger.people[person].zone or "UTC")
            at = f"{until.astimezone(zone):%H:%M}"
            name = Given(ledger.people[person].name, typed=True)
            rows = ((ledger.label("button.stop", one, f"x:{root.id}"), ledger.label("button.help", one, "m:help")),)
            ledger.say(one, "hold.set" if one == person else "hold.asked", *rows, at=at, other=name)


def _tomorrow(ledger: Ledger, person: PersonId, hour: int) -> datetime:
    """That hour of the next day on this person's clock."""
    local = ledger.now.astimezone(ZoneInfo(ledger.people[person].zone or "UTC"))
    at = local.replace(hour=hour, minute=0, second=0, microsecond=0)
    while at - local < LEAST or at.date() == local.date():
        at += timedelta(days=1)
    return at.astimezone(ledger.now.tzinfo)


def over(ledger: Ledger, root: Run) -> bool:
    """The agreed hour has come: both are asked whether to go on, each alone, as before any talk."""
    if not root.suspended or root.gate is not None or root.held is None:
        return False
    if root.parting is not None:
        return False
    if not gate.rivals(ledger, root):
        gate.ask(ledger, root)
    elif ledger.now - root.held < gate.SHELVED:
        ledger.arm(f"{root.id}:held", root.cast[0], ledger.now + AGAIN)
    else:
        endings.quiet(ledger, root)
    return True
