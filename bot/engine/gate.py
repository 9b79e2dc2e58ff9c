"""The gate before a flow for two: one question to each person alone, one window, one answer for everything but two Yes.

What one of them said, or that they said nothing, never shows: not in words, not in time. Whatever closes it (a no, a
public rule, what somebody told in private) looks the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.engine import understand
from bot.engine.events import Button, Message, PersonId
from bot.engine.flow import Kind
from bot.engine.ledger import Ledger
from bot.engine.messages import ROW
from bot.engine.run import Clear, Gate, Run, changed
from bot.engine.text import Rendered

WINDOW = timedelta(minutes=10)
"""How long the question stands, whatever anybody answers. Not counted from an answer, so that it tells nothing."""

SHELVED = timedelta(hours=48)
"""How long a talk that a pause interrupted may be taken up again: past two nights it ends quietly."""

HOT = 7
"""At 7 or more out of 10 nobody is asked to talk (fact base, ground rule 8: a convention, no validated cut-off)."""

LATE, EARLY = 23, 5
"""Hours of the night in which no talk about a conflict begins: a public rule, the same for everybody."""

NEW = timedelta(days=3)
"""A pair that has just linked begins with light things: a public rule, the same for everybody."""

YES, NO, LIGHTER = "y", "n", "l"
LABELS = {YES: "gate.yes", NO: "gate.no", LIGHTER: "gate.lighter"}
FACTS = {"fy": "gate.facts_yes", "fn": "gate.facts_no"}


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


def reaches(ledger: Ledger, person: PersonId) -> bool:
    """Whether this person is asked about things for two at all. Who is not counts as silent."""
    me = ledger.people[person]
    return me.left is None and not me.minor and not ledger.in_crisis(person)


# --- the question -----------------------------------------------------------------------------------------------------


def ask(ledger: Ledger, run: Run) -> None:
    """Puts the question to both, each alone, and starts the window."""
    run = ledger.put(changed(run, gate=Gate(ledger.now + WINDOW)))
    for person in run.cast:
        none = ledger.program(run).flow.kind is Kind.CONFLICT and offers_none(ledger, person)
        if reaches(ledger, person) and not none:
            put(ledger, run, person)
    ledger.arm(_window(run), run.cast[0], ledger.now + WINDOW)


def put(ledger: Ledger, run: Run, person: PersonId) -> None:
    """What stands open at the gate for this person; for one who has answered, that the answer is kept."""
    if run.gate is None:
        return
    if person in run.gate.said:
        ledger.say(person, "gate.saved")
        return
    ledger.leave_settings(person)
    ledger.edit(person, gate_tag(run))
    words = _words(ledger, run, run.gate, person)
    ledger.send(person, Message(words.text, words.spans, rows(ledger, run, person)), gate_tag(run))


def _words(ledger: Ledger, run: Run, gate: Gate, person: PersonId) -> Rendered:
    if person in gate.upset:
        return ledger.phrase("gate.facts", person)
    if person in gate.agreed:
        return ledger.phrase("gate.upset", person)
    flow = ledger.program(run).flow
    rules = ledger.phrase("gate.rules", person).text if flow.kind is Kind.CONFLICT else ""
    title, about = flow.title or flow.name, flow.about or ""
    key = "gate.question" if not run.suspended else "gate.resume" if run.held is None else "gate.held"
    return ledger.phrase(key, person, title=title, about=about, rules=rules)


def rows(ledger: Ledger, run: Run, person: PersonId) -> tuple[tuple[Button, ...], ...]:
    """The buttons of what stands open at the gate for this person."""
    gate = run.gate
    helped = (ledger.label("button.help", person, "m:help"),)
    if gate is None or person in gate.said:
        return ()
    if person in gate.upset:
        return (*((_button(ledger, run, person, said, FACTS),) for said in FACTS), helped)
    if person in gate.agreed:
        numbers = [Button(str(number), f"g:{run.id}:{run.visit}:u{number}") for number in range(11)]
        return (*(tuple(numbers[at : at + ROW]) for at in range(0, len(numbers), ROW)), helped)
    return (
        (_button(ledger, run, person, YES, LABELS), _button(ledger, run, person, NO, LABELS)),
        (_button(ledger, run, person, LIGHTER, LABELS),),
        helped,
    )


def _button(ledger: Ledger, run: Run, person: PersonId, said: str, labels: Mapping[str, str]) -> Button:
    return ledger.label(labels[said], person, f"g:{run.id}:{run.visit}:{said}")


def read(ledger: Ledger, run: Run, person: PersonId, words: str) -> str | None:
    """What typed words say at the gate, where they are clear; None where they are not."""
    tables, gate = ledger.library.tables, run.gate
    if gate is not None and person in gate.agreed and person not in gate.upset:
        number = understand.scale(words, 0, 10, tables)
        return f"u{number.value}" if number is not None and number.sure else None
    labels = FACTS if gate is not None and person in gate.upset else LABELS
    named = [(said, ledger.phrase(key, person).text) for said, key in labels.items()]
    chosen = understand.choice(words, named, tables)
    if chosen is not None and chosen.sure:
        return chosen.value
    plain = understand.yes_no(words, tables)
    yes, no, *_ = labels
    return {"yes": yes, "no": no}[plain.value] if plain is not None and plain.sure else None


def open_to(ledger: Ledger, person: PersonId) -> Run | None:
    """The run whose question stands open for this person."""
    for run in reversed(list(ledger.runs.values())):
        if run.gate is not None and person in run.cast and person not in run.gate.said:
            return run
    return None


# --- answers ----------------------------------------------------------------------------------------------------------


def answer(ledger: Ledger, run: Run, gate: Gate, person: PersonId, item: str, *, typed: bool = False) -> bool | None:
    """Keeps what one person said. True when that opens the gate, None for an answer that was not offered now."""
    if item not in {button.data.rpartition(":")[2] for row in rows(ledger, run, person) for button in row}:
        return None
    more = ledger.program(run).flow.kind is Kind.CONFLICT
    match item:
        case "y" if more:
            return _further(ledger, run, replace(gate, agreed=gate.agreed | {person}), person, typed)
        case _ if item.startswith("u"):
            return _further(ledger, run, replace(gate, upset={**gate.upset, person: int(item[1:])}), person, typed)
        case _:
            return _final(ledger, run, gate, person, {"fy": YES, "fn": NO}.get(item, item))


def _further(ledger: Ledger, run: Run, gate: Gate, person: PersonId, typed: bool) -> bool:
    """The next of the questions: in the same message, or below the words that somebody typed."""
    run = ledger.put(changed(run, gate=gate))
    if typed:
        put(ledger, run, person)
        return False
    words = _words(ledger, run, gate, person)
    ledger.edit(person, gate_tag(run), Message(words.text, words.spans, rows(ledger, run, person)))
    return False


def _final(ledger: Ledger, run: Run, gate: Gate, person: PersonId, said: str) -> bool:
    hot = gate.upset.get(person, 0) >= HOT
    gate = replace(gate, said={**gate.said, person: NO if hot else said})
    run = ledger.put(changed(run, gate=gate))
    saved = ledger.phrase("gate.saved", person).text
    if hot:
        words = ledger.phrase("gate.hot", person)
        ledger.edit(person, gate_tag(run), Message(words.text, words.spans, calmer(ledger, person)))
    else:
        ledger.edit(person, gate_tag(run), Message(saved))
    ledger.toast = saved
    opened = all(gate.said.get(one) == YES for one in run.cast) and _free(ledger, run)
    if opened:
        _open(ledger, run)
    return opened


def _open(ledger: Ledger, run: Run) -> None:
    ledger.put(changed(run, gate=None, joined=frozenset(run.cast)))
    ledger.disarm(_window(run))
    if ledger.program(run).flow.kind is Kind.CONFLICT:
        for person in run.cast:
            ledger.change(person, talked=ledger.now)


def calmer(ledger: Ledger, person: PersonId) -> tuple[tuple[Button, ...], ...]:
    """What somebody who is very upset is offered: a pause, or to let the body settle."""
    return (
        (ledger.label("home.pause", person, "m:pause"),),
        (ledger.label("home.calm", person, "m:calm"), ledger.label("button.help", person, "m:help")),
    )


# --- what else closes it ----------------------------------------------------------------------------------------------


def _free(ledger: Ledger, run: Run) -> bool:
    """Whether nothing but the two answers decides. Rules for everybody first, then what each has told in private."""
    if any(other.gate is None for other in rivals(ledger, run)):
        return False
    if not all(reaches(ledger, person) for person in run.cast):
        return False
    if ledger.program(run).flow.kind is not Kind.CONFLICT:
        return True
    return not any(_rules_out(ledger, run, person) for person in run.cast) and all(
        cleared(ledger, person) for person in run.cast
    )


def cleared(ledger: Ledger, person: PersonId) -> bool:
    """Whether talks about a conflict are open to this person. Not known is not open (fact base, E4)."""
    return ledger.told(person).clear is Clear.OPEN and not offers_none(ledger, person)


def offers_none(ledger: Ledger, person: PersonId) -> bool:
    """Whether this copy of the bot, or this phone, has no talks about conflicts: that is said openly."""
    return ledger.library.household or ledger.people[person].shared_phone is True


def _rules_out(ledger: Ledger, run: Run, person: PersonId) -> bool:
    """The public rules: late at night, a second talk in one day, a pair that has just linked."""
    me = ledger.people[person]
    if me.linked is None or ledger.now - me.linked < NEW:
        return True
    local = _local(ledger.now, me.zone)
    if me.zone is not None and (local.hour >= LATE or local.hour < EARLY):
        return True
    again = me.talked is not None and _local(me.talked, me.zone).date() == local.date()
    return again and not run.suspended


def _local(moment: datetime, zone: str | None) -> datetime:
    return moment.astimezone(ZoneInfo(zone or "UTC"))


# --- pauses, and the end of the window --------------------------------------------------------------------------------


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


def not_now(ledger: Ledger, run: Run, people: tuple[PersonId, ...]) -> None:
    """The same words for every reason. Offers the same lighter things to whoever reads it."""
    for person in people:
        ledger.edit(person, gate_tag(run))
        lighter = [
            (Button(program.flow.title or program.name, f"f:{program.name}"),)
            for program in (ledger.library.newest(name) for name in ledger.library.current)
            if program is not None and program.flow.kind is Kind.LIGHT and program.flow.title is not None
        ]
        ledger.say(
            person,
            "gate.not_now",
            *lighter[:2],
            (ledger.label("gate.else", person, "m:more"),),
            (ledger.label("button.help", person, "m:help"),),
        )
