"""The parts the bot brings itself, a closed list: help lines, who begins, what both picked, when it is too hot."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import timedelta

from bot.engine.casting import open_to
from bot.engine.events import Button, Message, PersonId, Span
from bot.engine.flow import Ask, Choices, Kind, Style, Who
from bot.engine.gate import HOT
from bot.engine.ledger import Ledger
from bot.engine.library import HelpLine
from bot.engine.messages import joined, page_of
from bot.engine.run import Form, Run, changed
from bot.engine.text import Rendered, render

NOWHERE = "*"
"""The help page of nobody's country in particular."""

SCREEN = 3
"""Help lines on one screen (fact base, E7)."""

TOPICS = ("crisis", "violence", "youth", "own_behaviour")

OWN = "own_behaviour"
"""The topic of lines for people who fear what they may do themselves."""

_COPIED = re.compile(r"[+*#(]?\d[\d ()*-]*[\d#]")
"""A number in the words of a contact: that alone is worth copying. What is told in one digit is no number to call."""

HELP = "help"
"""The tag of the help page."""

OPEN_FOR = timedelta(hours=1)
"""How long a help page stands in the chat before it turns bland (fact base, E6: a day at the most)."""

RISE = 2
"""A rise by this much ends a talk too (fact base, C0, upset check)."""


def help_page(
    ledger: Ledger,
    person: PersonId,
    *,
    first: str | None = None,
    page: int = 0,
    instead: bool = False,
) -> None:
    """Emergency number and lines of the person's country, or of nowhere in particular. Leaves no trace elsewhere.

    Three lines at a time; `page` counts from 0, and after the last one comes the first. Lines of the topic `first`
    lead.
    """
    me = ledger.people[person]
    place = ledger.library.help.get(me.country or NOWHERE) or ledger.library.help[NOWHERE]
    lines = _ordered(place.lines, first)
    pages = max(1, -(-len(lines) // SCREEN))
    at = page % pages
    shown = joined(
        ledger.phrase("help.head", person, emergency=place.emergency),
        listed(lines[at * SCREEN : (at + 1) * SCREEN]),
        ledger.phrase("help.tail", person),
    )
    rows: list[tuple[Button, ...]] = []
    if me.country is None:
        rows.append((ledger.label("help.choose", person, "m:country"),))
    if pages > 1:
        rows.append((ledger.label("help.all", person, f"n:{first or ''}:{(at + 1) % pages}"),))
    calm = ledger.label("help.calm", person, "m:calm")
    rows.append((calm,) if me.country is None else (calm, ledger.label("help.country", person, "m:country")))
    calling = _about_to_pause(ledger, person)
    if calling is not None:
        rows.append(
            (
                ledger.label("pause.send", person, f"s:send:{calling.id}"),
                ledger.label("pause.nothing", person, f"s:none:{calling.id}"),
            )
        )
    ledger.subject(person)
    if not instead:
        ledger.edit(person, HELP, closed(ledger, person))
    ledger.send(person, Message(shown.text, shown.spans, tuple(rows)), HELP, instead=instead)
    ledger.arm_in(f"own:{person}:help", person, OPEN_FOR)


def closed(ledger: Ledger, person: PersonId) -> Message:
    """What a help page or a safety page turns into: one bland line."""
    words = ledger.phrase("crisis.closed", person)
    return Message(words.text, words.spans)


def _about_to_pause(ledger: Ledger, person: PersonId) -> Run | None:
    """A pause that this person was about to call: its question stands open, and nobody else has heard of it."""
    for run in ledger.roots(person):
        if before_pause(ledger, run, person):
            return run
    return None


def before_pause(ledger: Ledger, run: Run, person: PersonId) -> bool:
    """Whether this run is a pause that nobody but this person knows of, at a question to them."""
    flow = ledger.program(run).flow
    alone = flow.kind is Kind.PAUSE and flow.for_two and run.joined == {person}
    return alone and open_to(ledger, run, person) is not None


def _ordered(lines: tuple[HelpLine, ...], first: str | None) -> list[HelpLine]:
    """The lines to show, those of the topic `first` before the others. Lines for somebody who hurts others never stand
    beside those for somebody who is hurt, and only where they were asked for (fact base, E7)."""
    left_out = "violence" if first == OWN else OWN
    return sorted((line for line in lines if line.topic != left_out), key=lambda line: line.topic != first)


def turned(ledger: Ledger, person: PersonId, first: str, number: str) -> bool:
    """A tap on another screen of the help page. False for one that was never offered."""
    if first not in ("", *TOPICS) or not re.fullmatch(r"[0-9]{1,2}", number):
        return False
    help_page(ledger, person, first=first or None, page=int(number), instead=True)
    return True


def listed(lines: Iterable[HelpLine]) -> Rendered:
    """Help lines as they are read, one below the other: the name, and what can be called ready to be copied."""
    text = ""
    spans: list[Span] = []
    for line in lines:
        text += "\n\n" if text else ""
        if not line.contact.startswith(line.name):  # the number is the name
            spans.append(Span(len(text), len(line.name), Style.BOLD))
            text += f"{line.name}\n"
        spans += [Span(len(text) + one.start(), len(one[0]), Style.CODE) for one in _COPIED.finditer(line.contact)]
        text += "\n".join(one for one in (line.contact, line.hours, line.languages, line.note) if one)
    return Rendered(text, tuple(spans))


def drawn(ledger: Ledger, run: Run) -> None:
    """Who takes the first role: drawn once, then in turns between the runs of this flow (decision 10)."""
    first, second = sorted(run.cast)
    last = ledger.people[first].turns.get(run.flow)
    lead = (first, second)[run.seed % 2] if last is None else (second if last == first else first)
    for person in (first, second):
        ledger.change(person, turns={**ledger.people[person].turns, run.flow: lead})
    ledger.put(changed(run, cast=(lead, second if lead == first else first)))


def overlap(ledger: Ledger, run: Run) -> None:
    """Shows both what both picked in the last question for several answers, and nothing else."""
    flow = ledger.program(run).flow
    for name in reversed(flow.order[: flow.order.index(run.step)]):
        step = flow.steps[name]
        action = step.action
        if step.who is Who.BOTH and isinstance(action, Ask) and isinstance(action.expects, Choices):
            given = [run.answer(name, person) for person in run.cast]
            picked = [set(one.value.split(",")) if one and one.form is Form.PICKS else set() for one in given]
            shared = [one for one in action.expects.options if all(one.name in names for names in picked)]
            for person in run.cast:
                labels = ", ".join(render(one.label.wordings[0], page_of(ledger, run, person)).text for one in shared)
                ledger.say(person, "overlap.some" if shared else "overlap.none", labels=labels)
            return


def too_hot(ledger: Ledger, run: Run, person: PersonId) -> bool:
    """Whether this person is too upset to talk, or much more upset than when asked before, as told in private."""
    flow = ledger.program(run).flow
    given = run.answer(run.step, person)
    if given is None or given.form is not Form.NUMBER:
        return False
    before = [
        int(other.value)
        for name in flow.order[: flow.order.index(run.step)]
        if name != run.step
        and flow.steps[name].action == ledger.step(run).action
        and (other := run.answer(name, person)) is not None
        and other.form is Form.NUMBER
    ]
    return int(given.value) >= HOT or (bool(before) and int(given.value) - before[-1] >= RISE)
