"""Back into a run that was left by mistake, before anybody heard of it: the same step, as it stood."""

from __future__ import annotations

from dataclasses import replace

from bot.engine.answers import go_on
from bot.engine.casting import included, open_to, question_of
from bot.engine.events import PersonId
from bot.engine.ledger import Ledger
from bot.engine.run import changed
from bot.engine.steps import clocks_again
from bot.engine.telling import ask, show_drafts


def rejoin(ledger: Ledger, person: PersonId, run_id: str) -> bool:
    """Takes back a leaving. Nobody else reads anything; False where the run is over, or was not left by this person."""
    root = ledger.runs.get(run_id)
    if root is None or root.parting is None or person not in root.parting.by:
        return False
    gone = root.parting.by - {person}
    root = ledger.put(changed(root, parting=replace(root.parting, by=gone) if gone else None))
    if not gone:
        ledger.disarm(f"{root.id}:part")
    if root.suspended:
        return True  # a talk on hold asks at its hour whether to go on
    for run in [one for one in ledger.tree(root) if not any(ledger.children(one))]:
        asked = question_of(ledger, ledger.program(run), ledger.step(run))
        if asked is not None and all(run.answered_now(one) for one in included(ledger, run)):
            go_on(ledger, run, person)
        else:
            clocks_again(ledger, run)
            if open_to(ledger, run, person) is not None:
                ask(ledger, run, person, again=True)
                show_drafts(ledger, ledger.runs[run.id], person)
    return True
