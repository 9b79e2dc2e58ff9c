"""The parts the bot brings itself, a closed list: help lines, who begins, what both picked, when it is too hot."""

from __future__ import annotations

from bot.engine.casting import people_of
from bot.engine.events import Button, Message, PersonId, Span
from bot.engine.flow import Ask, Choices, Style, Who
from bot.engine.ledger import Ledger
from bot.engine.library import HelpLine, HelpPage
from bot.engine.messages import page_of
from bot.engine.run import Form, Run, changed
from bot.engine.text import render

NOWHERE = "*"
"""The help page of nobody's country in particular."""

SCREEN = 3
"""Help lines on one screen (fact base, E7)."""

HOT = 7
"""At 7 or more out of 10 nobody is asked to talk (fact base, ground rule 8: a convention, no validated cut-off)."""

RISE = 2
"""A rise by this much ends a talk too (fact base, C0, upset check)."""


def help_page(ledger: Ledger, person: PersonId, *, all_lines: bool = False, instead: bool = False) -> None:
    """Emergency number and lines of the person's country, or of nowhere in particular. Leaves no trace elsewhere."""
    page = ledger.library.help.get(ledger.people[person].country or NOWHERE) or ledger.library.help[NOWHERE]
    # Lines for somebody who hurts others never stand beside those for somebody who is hurt (fact base, E7).
    lines = [line for line in page.lines if line.topic != "own_behaviour"]
    shown = lines if all_lines else lines[:SCREEN]
    text, spans = _lines(ledger, page, person, shown)
    rows: list[tuple[Button, ...]] = []
    if len(shown) < len(lines):
        rows.append((ledger.label("help.all", person, "m:help_all"),))
    rows.append((ledger.label("help.calm", person, "m:calm"), ledger.label("help.country", person, "m:country")))
    ledger.send(person, Message(text, spans, tuple(rows)), "help", instead=instead)


def _lines(ledger: Ledger, page: HelpPage, person: PersonId, lines: list[HelpLine]) -> tuple[str, tuple[Span, ...]]:
    head = ledger.phrase("help.head", person, emergency=page.emergency)
    text, spans = head.text, list(head.spans)
    for line in lines:
        text += "\n\n"
        spans.append(Span(len(text), len(line.name), Style.BOLD))
        text += f"{line.name}\n{line.contact}" + (f"\n{line.hours}" if line.hours else "")
    tail = ledger.phrase("help.tail", person)
    return f"{text}\n\n{tail.text}", tuple(spans)


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


def too_hot(ledger: Ledger, run: Run) -> list[PersonId]:
    """Those who said in private that they are too upset to talk, or much more upset than when asked before."""
    flow = ledger.program(run).flow
    hot = []
    for person in people_of(flow, run, ledger.step(run).who):
        given = run.answer(run.step, person)
        if given is None or given.form is not Form.NUMBER:
            continue
        before = [
            int(other.value)
            for name in flow.order[: flow.order.index(run.step)]
            if name != run.step
            and flow.steps[name].action == ledger.step(run).action
            and (other := run.answer(name, person)) is not None
            and other.form is Form.NUMBER
        ]
        if int(given.value) >= HOT or (before and int(given.value) - before[-1] >= RISE):
            hot.append(person)
    return hot
