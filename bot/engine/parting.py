"""Somebody leaves a run. Whatever the reason, the other one reads one neutral text after one delay, and nothing before.

The delay was drawn when the step began. Until it is over the run stands still: the one who left hears no more of it,
and what the other one does in it is kept and answered as always.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from bot.engine import phone
from bot.engine.casting import included, question_of
from bot.engine.events import PersonId
from bot.engine.flow import Kind
from bot.engine.gate import NO, gate_tag
from bot.engine.ledger import Ledger
from bot.engine.messages import late_tag, preview_tag, question_tag
from bot.engine.run import Parting, Run, changed
from bot.engine.steps import begin, resume_offers
from bot.engine.telling import clear_line, closing, leave, miss

SHORTEST = timedelta(minutes=3)
"""Long enough to say “I meant something else” on a page that was not expected; a choice of ours, not measured."""

SPREAD = 300
"""Seconds by which the delay varies, so that its length tells nothing about the moment or the reason."""


def running(ledger: Ledger, person: PersonId) -> list[Run]:
    """What this person can leave, oldest first. A talk that a pause has set aside runs into its own question later."""
    return [run for run in ledger.roots(person) if not run.suspended or run.gate is not None or run.held is not None]


def delay(ledger: Ledger, root: Run) -> timedelta:
    """How long after somebody leaves the other one hears of it: fixed by the seed when the step began."""
    visits = sum(run.visit for run in ledger.tree(root))
    drawn = (root.seed * 6364136223846793005 + visits * 1442695040888963407) % (1 << 62)
    return SHORTEST + timedelta(seconds=(drawn >> 20) % SPREAD)


def part(ledger: Ledger, root: Run, by: PersonId) -> datetime | None:
    """Ends a run for `by` at once. Gives when the others hear of it; None where nobody has to hear anything.

    At a gate there is nothing to end: it counts as “not now” and closes with its window, like everything but two Yes.
    """
    if root.gate is not None:
        ledger.edit(by, gate_tag(root))
        ledger.put(changed(root, gate=replace(root.gate, said={**root.gate.said, by: NO})))
        return root.gate.until
    phone.tidy(ledger, by, root.begun)
    others = [person for person in root.cast if person != by and ledger.knows(root, person)]
    ledger.change(by, missed=False)  # who leaves knows that the question is closed
    if root.parting is not None and by not in root.parting.by:
        # The first one's delay goes on: that it was running may not show by what happens now.
        _take_away_all(ledger, root, by)
        ledger.put(changed(ledger.runs[root.id], parting=replace(root.parting, by=root.parting.by | {by})))
        return root.parting.until
    if (root.suspended and root.held is None) or not others:
        clear(ledger, root)
        resume_offers(ledger, root)
        return None
    until = ledger.now + delay(ledger, root)
    _take_away_all(ledger, root, by)
    ledger.put(changed(ledger.runs[root.id], parting=Parting(frozenset({by}), until)))
    ledger.arm(f"{root.id}:part", others[0], until)
    return until


def _take_away_all(ledger: Ledger, root: Run, person: PersonId) -> None:
    for run in list(ledger.tree(root)):
        _take_away(ledger, run, person)


def _take_away(ledger: Ledger, run: Run, person: PersonId) -> None:
    """What stands open for this person loses its buttons; nothing changes for anybody else."""
    if run.step in ledger.program(run).flow.steps and run.visit:
        asked = question_of(ledger, ledger.program(run), ledger.step(run))
        if asked is not None and person in included(ledger, run) and not run.answered_now(person):
            ledger.edit(person, question_tag(run))
        if person in run.drafts:
            ledger.edit(person, preview_tag(run))
        if run.late and person in included(ledger, run):
            ledger.edit(person, late_tag(run))
    clear_line(ledger, run, person)


def parted(ledger: Ledger, root: Run) -> None:
    """The delay is over: the other one reads the neutral text, and what was sealed is destroyed with the run."""
    if root.parting is None:
        return
    others = [person for person in root.cast if person not in root.parting.by and person in root.joined]
    told = not root.suspended or root.held is not None  # who is in a pause has heard of it already
    clear(ledger, root)
    for person in root.parting.by:
        ledger.change(person, missed=False)
    if told:
        land(ledger, root, others)
    resume_offers(ledger, root)


def clear(ledger: Ledger, root: Run) -> None:
    """Drops a run with all its parts: timers end, open buttons go, sealed answers are destroyed with it."""
    for run in list(ledger.tree(root)):
        if run.visit and not root.suspended:
            miss(ledger, run)
            leave(ledger, run)
    for person in root.lined:
        clear_line(ledger, root, person)
    ledger.drop_tree(root)


def land(ledger: Ledger, root: Run, people: Iterable[PersonId]) -> None:
    """A soft ending for whoever is left, for every reason the same: the `alone` flow, or one neutral line."""
    alone = ledger.program(root).flow.alone
    program = ledger.library.newest(alone) if alone is not None else None
    for person in people:
        if program is None or program.flow.for_two or _in_pause(ledger, person):
            closing(ledger, person)
        else:
            begin(ledger, program, (person,))


def _in_pause(ledger: Ledger, person: PersonId) -> bool:
    return any(ledger.program(run).flow.kind is Kind.PAUSE and not run.suspended for run in ledger.roots(person))
