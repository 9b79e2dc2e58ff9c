"""How a conversation ends before its end: stopped, left, timed out, too hot.

Whatever the reason, the other one reads the same words.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from bot.engine.casting import included
from bot.engine.events import PersonId
from bot.engine.gate import NO, gate_tag, not_now
from bot.engine.ledger import Ledger
from bot.engine.run import Run, changed
from bot.engine.steps import begin, resume_offers
from bot.engine.telling import clear_line, closing, leave, miss


def _clear(ledger: Ledger, root: Run) -> None:
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
        if program is None or program.flow.for_two:
            closing(ledger, person)
        else:
            begin(ledger, program, (person,))


def stop(ledger: Ledger, root: Run, by: PersonId, *, quietly: bool = False, offers: bool = True) -> None:
    """Ends a run for the one who wants out at once; everybody else who was drawn in lands softly.

    At a gate there is nothing to end: it counts as “not now” and closes with its window, like everything but two Yes.
    """
    if not quietly:
        ledger.say(by, "stopped", (ledger.label("button.menu", by, "m:home"),))
    if root.gate is not None:
        ledger.edit(by, gate_tag(root))
        ledger.put(changed(root, gate=replace(root.gate, said={**root.gate.said, by: NO})))
        return
    others = [person for person in root.cast if person != by and person in root.joined and not root.suspended]
    _clear(ledger, root)
    ledger.change(by, missed=False)  # who stops knows that the question is closed
    land(ledger, root, others)
    if offers:
        resume_offers(ledger, root)


def silence(ledger: Ledger, run: Run) -> None:
    """A question timed out where its author said nothing: the silent one hears nothing more, the other lands softly."""
    root = ledger.root(run)
    silent = {person for person in included(ledger, run) if not run.answered_now(person)}
    present = [person for person in root.cast if person in root.joined and person not in silent]
    _clear(ledger, root)
    land(ledger, root, present)
    resume_offers(ledger, root)


def quiet(ledger: Ledger, root: Run) -> None:
    """Nobody is there any more: the run closes without a word."""
    _clear(ledger, root)
    resume_offers(ledger, root)


def window_over(ledger: Ledger, root: Run) -> None:
    """The gate did not open: the same words for both, at the end of the same window, whatever was said."""
    people = tuple(root.cast)
    ledger.drop_tree(root)
    not_now(ledger, root, people)


def asleep(ledger: Ledger, root: Run) -> None:
    """A run that goes round in circles is put to sleep, with a kind word to those in it."""
    people = [person for person in root.cast if person in root.joined]
    ledger.drop_tree(root)
    for person in people:
        ledger.say(person, "asleep", (ledger.label("button.menu", person, "m:home"),))
    resume_offers(ledger, root)


def too_hot_to_talk(ledger: Ledger, run: Run, hot: list[PersonId]) -> None:
    """Somebody is too upset to talk: that person alone is offered a pause; the other one lands as after any stop."""
    root = ledger.root(run)
    people = [person for person in root.cast if person in root.joined]
    _clear(ledger, root)
    land(ledger, root, [person for person in people if person not in hot])
    for person in hot:
        closing(ledger, person)
        ledger.say(
            person,
            "upset.offer",
            (ledger.label("home.pause", person, "m:pause"),),
            (ledger.label("home.calm", person, "m:calm"),),
        )
