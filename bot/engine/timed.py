"""What happens when a timer's moment has come: promised ends, time-outs, reminders, and what was put off."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.engine import crisis, endings, hold, parting, people, phone, rhythm, screening
from bot.engine.casting import included, open_to
from bot.engine.events import PersonId, Why
from bot.engine.ledger import Ledger
from bot.engine.machine import ELAPSED, TIMEOUT
from bot.engine.messages import NEW_TIMES, late_buttons, late_tag, question_tag
from bot.engine.run import Run, changed
from bot.engine.steps import advance
from bot.engine.telling import conceal, miss, waiting

LATE = timedelta(hours=1)
"""A promise kept later than this says so and offers a new time (flow format, 7.1)."""


def due(ledger: Ledger, by: PersonId, key: str, promised: datetime) -> Why | None:
    """A timer fires only if its run still stands on that step and visit; anything else changes nothing."""
    head, *rest = key.split(":")
    match head, rest:
        case "every", [_, flow, ""]:
            rhythm.due(ledger, by, flow, promised)
            return None
        case "own", [whom, "left" | "gone" as what]:
            people.parted(ledger, int(whom), tell=what == "left")
            return None
        case "own", [_, what]:
            return _own(ledger, by, what)
        case run_id, ["part"] if run_id in ledger.runs:
            parting.parted(ledger, ledger.runs[run_id])
            return None
        case run_id, ["held"] if run_id in ledger.runs:
            return None if hold.over(ledger, ledger.runs[run_id]) else Why.STALE
        case run_id, ["life" | "shelved" as what] if run_id in ledger.runs:
            root = ledger.runs[run_id]
            if what == "life" or (root.suspended and root.gate is None):
                endings.quiet(ledger, root)
            return None
        case run_id, [visit, what] if run_id in ledger.runs and visit == str(ledger.runs[run_id].visit):
            return _clock(ledger, ledger.runs[run_id], what, promised)
        case _:
            return Why.STALE


def _own(ledger: Ledger, by: PersonId, what: str) -> Why | None:
    """A timer that belongs to a person and to no run."""
    match what:
        case "questions":
            screening.due(ledger, by)
        case "screen":
            screening.over(ledger, by)
        case "phone":
            phone.due(ledger, by)
        case _:
            crisis.due(ledger, by, what)
    return None


def _clock(ledger: Ledger, run: Run, what: str, promised: datetime) -> Why | None:
    if what == "g":
        if run.gate is None:
            return Why.STALE
        endings.window_over(ledger, run)
        return None
    root = ledger.root(run)
    if root.suspended or run.gate is not None:
        return Why.STALE
    if what == "quiet":
        hold.quiet(ledger, run)
        return None
    if root.parting is not None and not what.startswith("r"):
        return Why.STALE  # it stands still until the other one has heard
    match what:
        case "wait":
            _elapsed(ledger, run, promised)
        case "silence":
            endings.silence(ledger, run)
        case _ if what.startswith(TIMEOUT):
            miss(ledger, run)
            advance(ledger, conceal(ledger, ledger.runs[run.id]), what)
        case _ if what.startswith("r"):
            for person in included(ledger, run):
                if open_to(ledger, run, person) is not None and person not in run.drafts:
                    ledger.say(person, "remind")
        case _:
            return Why.STALE
    return None


def _elapsed(ledger: Ledger, run: Run, promised: datetime) -> None:
    """A promised end. More than an hour late, because the bot was down, it says so and offers a new time."""
    if ledger.now - promised <= LATE:
        advance(ledger, run, ELAPSED)
        return
    ledger.put(changed(run, late=True))
    for person in included(ledger, run):
        ledger.leave_settings(person)
        ledger.say(person, "late.question", *late_buttons(ledger, run, person), tag=late_tag(run))
    ledger.arm(f"{question_tag(run)}:silence", run.cast[0], ledger.now + NEW_TIMES["720"] * 2)


def new_time(ledger: Ledger, run: Run, by: PersonId, item: str) -> bool:
    """The first of those who wait chooses; the others' buttons go away silently."""
    if not run.late or ledger.root(run).suspended or item not in NEW_TIMES or by not in included(ledger, run):
        return False
    root = ledger.root(run)
    if not ledger.knows(root, by):
        return False
    here = [person for person in included(ledger, run) if ledger.knows(root, person)]
    for person in here:
        ledger.edit(person, late_tag(run))
    ledger.disarm(f"{question_tag(run)}:")
    run = ledger.put(changed(run, late=False))
    if item == "0" and root.parting is not None:
        waiting(ledger, run, [by])
        return True
    if item == "0":
        advance(ledger, run, ELAPSED)
        return True
    end = ledger.now + NEW_TIMES[item]
    run = ledger.put(changed(run, ends={**run.ends, run.step: end}))
    ledger.arm(f"{question_tag(run)}:wait", run.cast[0], end)
    for person in here:
        ledger.say(person, f"late.then_{item}")
    return True
