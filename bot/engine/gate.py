"""The gate before a flow for two: one question to each person alone, one window, one answer for everything but two Yes.

What one of them said, or that they said nothing, never shows: not in words, not in time.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bot.engine.events import Button, Disarm, Message, PersonId
from bot.engine.flow import Kind
from bot.engine.ledger import Ledger
from bot.engine.run import Gate, Run, changed
from bot.engine.text import Given

WINDOW = timedelta(minutes=10)
"""How long the question stands, whatever anybody answers. Not counted from an answer, so that it tells nothing."""

YES, NO, LIGHTER = "y", "n", "l"


def gate_tag(run: Run) -> str:
    return f"{run.id}:g"


def busy(ledger: Ledger, run: Run) -> Run | None:
    """Another joint run that these two are already in, or are being asked about."""
    for other in ledger.runs.values():
        if other.root and other.id != run.id and not other.suspended and set(run.cast) <= set(other.cast):
            drawn_in = set(run.cast) <= other.joined
            if drawn_in or other.gate is not None:
                return other
    return None


def needed(ledger: Ledger, run: Run, people: tuple[PersonId, ...]) -> bool:
    """Whether this step draws in somebody who was not asked yet. A pause asks nobody (decision 1)."""
    flow = ledger.program(run).flow
    return run.root and flow.for_two and flow.kind is not Kind.PAUSE and not set(people) <= run.joined | {run.cast[0]}


def ask(ledger: Ledger, run: Run) -> None:
    """Puts the question to both, each alone, and starts the window."""
    run = ledger.put(changed(run, gate=Gate(ledger.now + WINDOW)))
    program = ledger.program(run)
    key = "gate.resume" if run.suspended else "gate.question"
    for person in run.cast:
        rows = (
            (_button(ledger, run, person, YES, "gate.yes"), _button(ledger, run, person, NO, "gate.no")),
            (_button(ledger, run, person, LIGHTER, "gate.lighter"),),
            (ledger.label("button.help", person, "m:help"),),
        )
        title = Given(program.flow.title or program.name)
        about = Given(program.flow.about or "")
        ledger.say(person, key, *rows, tag=gate_tag(run), title=title, about=about)
    ledger.arm(f"{run.id}:{run.visit}:g", run.cast[0], ledger.now + WINDOW)


def _button(ledger: Ledger, run: Run, person: PersonId, said: str, key: str) -> Button:
    return ledger.label(key, person, f"g:{run.id}:{run.visit}:{said}")


def answer(ledger: Ledger, run: Run, gate: Gate, person: PersonId, said: str) -> bool:
    """Keeps what one person said. True when that makes two Yes and nothing else is in the way."""
    gate = replace(gate, said={**gate.said, person: said})
    run = ledger.put(changed(run, gate=gate))
    words = ledger.phrase("gate.saved", person)
    ledger.edit(person, gate_tag(run), Message(words.text))
    ledger.toast = words.text
    opened = all(gate.said.get(one) == YES for one in run.cast) and _free(ledger, run)
    if opened:
        ledger.put(changed(run, gate=None, joined=frozenset(run.cast)))
        ledger.effects.append(Disarm(f"{run.id}:{run.visit}:g"))
    return opened


def _free(ledger: Ledger, run: Run) -> bool:
    other = busy(ledger, run)
    return other is None or other.gate is not None


def not_now(ledger: Ledger, run: Run, people: tuple[PersonId, ...]) -> None:
    """The same words for every reason. Offers the same lighter things to whoever reads it."""
    for person in people:
        ledger.edit(person, gate_tag(run), None)
        ledger.say(
            person,
            "gate.not_now",
            (ledger.label("gate.else", person, "m:more"),),
            (ledger.label("button.help", person, "m:help"),),
        )
