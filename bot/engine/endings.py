"""How a conversation ends before its end: stopped, timed out, closed with its window, too hot.

Whatever the reason, the other one reads the same words.
"""

from __future__ import annotations

from bot.engine import gate, screening
from bot.engine.casting import included
from bot.engine.events import PersonId
from bot.engine.flow import Kind
from bot.engine.ledger import Ledger
from bot.engine.parting import clear, land, part
from bot.engine.run import Run
from bot.engine.steps import resume_offers
from bot.engine.telling import closing


def stop(ledger: Ledger, root: Run, by: PersonId) -> None:
    """Ends a run at once for the one who says so; nobody asks why."""
    ledger.say(by, "stopped", (ledger.label("button.menu", by, "m:home"),))
    part(ledger, root, by)


def silence(ledger: Ledger, run: Run) -> None:
    """A question timed out where its author said nothing: the silent one hears nothing more, the other lands softly."""
    root = ledger.root(run)
    silent = {person for person in included(ledger, run) if not run.answered_now(person)}
    present = [person for person in root.cast if person in root.joined and person not in silent]
    clear(ledger, root)
    land(ledger, root, present)
    resume_offers(ledger, root)


def quiet(ledger: Ledger, root: Run) -> None:
    """Nobody is there any more: the run closes without a word."""
    clear(ledger, root)
    resume_offers(ledger, root)


def window_over(ledger: Ledger, root: Run) -> None:
    """The gate did not open: the same words for both, at the end of the same window, whatever was said."""
    people = tuple(person for person in root.cast if gate.reaches(ledger, person))
    conflict = ledger.program(root).flow.kind is Kind.CONFLICT
    ledger.drop_tree(root)
    gate.not_now(ledger, root, people)
    if conflict:
        for person in people:
            screening.soon(ledger, person)


def asleep(ledger: Ledger, root: Run) -> None:
    """A run that goes round in circles is put to sleep, with a kind word to those in it."""
    people = [person for person in root.cast if person in root.joined]
    ledger.drop_tree(root)
    for person in people:
        ledger.say(person, "asleep", (ledger.label("button.menu", person, "m:home"),))
    resume_offers(ledger, root)


def too_hot_to_talk(ledger: Ledger, run: Run, person: PersonId) -> None:
    """Somebody is too upset to talk: that person alone is offered a pause. For the other one it is as any leaving."""
    part(ledger, ledger.root(run), person)
    closing(ledger, person)
    ledger.say(person, "upset.offer", *gate.calmer(ledger, person))
