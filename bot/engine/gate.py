"""The gate before a flow for two: one question to each person alone, one window, one answer for everything but two Yes.

What one of them said, or that they said nothing, never shows: not in words, not in time.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bot.engine import understand
from bot.engine.events import Button, Message, PersonId
from bot.engine.flow import Kind
from bot.engine.ledger import Ledger
from bot.engine.run import Gate, Run, changed

WINDOW = timedelta(minutes=10)
"""How long the question stands, whatever anybody answers. Not counted from an answer, so that it tells nothing."""

SHELVED = timedelta(hours=48)
"""How long a talk that a pause interrupted may be taken up again: past two nights it ends quietly."""

YES, NO, LIGHTER = "y", "n", "l"
LABELS = {YES: "gate.yes", NO: "gate.no", LIGHTER: "gate.lighter"}


def gate_tag(run: Run) -> str:
    return f"{run.id}:g"


def _window(run: Run) -> str:
    """The key of the timer that ends the window."""
    return f"{run.id}:{run.visit}:g"


def rivals(ledger: Ledger, run: Run) -> list[Run]:
    """Other joint runs that these two are already in, or are being asked about. One that was set aside is none."""
    return [
        other
        for other in ledger.runs.values()
        if other.root
        and other.id != run.id
        and (not other.suspended or other.gate is not None)
        and set(run.cast) <= set(other.cast)
        and (set(run.cast) <= other.joined or other.gate is not None)
    ]


def needed(ledger: Ledger, run: Run, people: tuple[PersonId, ...]) -> bool:
    """Whether this step draws in somebody who was not asked yet. A pause asks nobody (decision 1)."""
    flow = ledger.program(run).flow
    return run.root and flow.for_two and flow.kind is not Kind.PAUSE and not set(people) <= run.joined


def ask(ledger: Ledger, run: Run) -> None:
    """Puts the question to both, each alone, and starts the window."""
    run = ledger.put(changed(run, gate=Gate(ledger.now + WINDOW)))
    for person in run.cast:
        put(ledger, run, person)
    ledger.arm(_window(run), run.cast[0], ledger.now + WINDOW)


def put(ledger: Ledger, run: Run, person: PersonId) -> None:
    """The question for one person; for one who has answered it, that the answer is kept."""
    if run.gate is not None and person in run.gate.said:
        ledger.say(person, "gate.saved")
        return
    ledger.leave_settings(person)
    flow = ledger.program(run).flow
    rows = (
        (_button(ledger, run, person, YES), _button(ledger, run, person, NO)),
        (_button(ledger, run, person, LIGHTER),),
        (ledger.label("button.help", person, "m:help"),),
    )
    ledger.edit(person, gate_tag(run))
    key = "gate.resume" if run.suspended else "gate.question"
    ledger.say(person, key, *rows, tag=gate_tag(run), title=flow.title or flow.name, about=flow.about or "")


def _button(ledger: Ledger, run: Run, person: PersonId, said: str) -> Button:
    return ledger.label(LABELS[said], person, f"g:{run.id}:{run.visit}:{said}")


def read(ledger: Ledger, person: PersonId, words: str) -> str | None:
    """What typed words say at the gate, where they are clear; None where they are not."""
    named = [(said, ledger.phrase(key, person).text) for said, key in LABELS.items()]
    tables = ledger.library.tables
    chosen = understand.choice(words, named, tables)
    if chosen is not None and chosen.sure:
        return chosen.value
    plain = understand.yes_no(words, tables)
    return {"yes": YES, "no": NO}[plain.value] if plain is not None and plain.sure else None


def open_to(ledger: Ledger, person: PersonId) -> Run | None:
    """The run whose question stands open for this person."""
    for run in reversed(list(ledger.runs.values())):
        if run.gate is not None and person in run.cast and person not in run.gate.said:
            return run
    return None


def take_away(ledger: Ledger, pause: Run) -> None:
    """A pause begins while both are asked whether a talk goes on: the question goes, and comes anew after it."""
    for run in list(ledger.runs.values()):
        if run.suspended and run.gate is not None and set(pause.cast) <= set(run.cast):
            for person in run.cast:
                ledger.edit(person, gate_tag(run))
            ledger.disarm(_window(run))
            ledger.put(changed(run, gate=None))
            shelve(ledger, run)


def shelve(ledger: Ledger, run: Run) -> None:
    """Starts the time for which a talk that was set aside waits to be taken up again."""
    ledger.arm_in(f"{run.id}:shelved", run.cast[0], SHELVED)


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
        ledger.disarm(_window(run))
    return opened


def _free(ledger: Ledger, run: Run) -> bool:
    return all(other.gate is not None for other in rivals(ledger, run))


def not_now(ledger: Ledger, run: Run, people: tuple[PersonId, ...]) -> None:
    """The same words for every reason. Offers the same lighter things to whoever reads it."""
    for person in people:
        ledger.edit(person, gate_tag(run))
        ledger.say(
            person,
            "gate.not_now",
            (ledger.label("gate.else", person, "m:more"),),
            (ledger.label("button.help", person, "m:help"),),
        )
