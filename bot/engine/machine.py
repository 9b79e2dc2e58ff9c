"""Program: one published flow compiled to one shared `transitions` machine. The machine only answers “which step next”.

No callbacks, no models: guards are closures over rows, and words from a file never reach the library's dotted paths.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from transitions import EventData, Machine

from bot.engine.condition import Facts, holds
from bot.engine.flow import END, Ask, Call, Flow, NoAnswer, Row, Say, Wait

# The library's INFO lines name the steps people stand in; a step's name can say what somebody feels.
logging.getLogger("transitions").setLevel(logging.WARNING)

ADVANCE = "advance"
ANSWERED = "answered"
ELAPSED = "elapsed"
CHILD_DONE = "child_done"
TIMEOUT = "timeout_"


class Cursor:
    """Where the machine is asked from, and which row answered. Never registered with the machine."""

    __slots__ = ("row", "state")

    def __init__(self, state: str) -> None:
        self.state = state
        self.row: Row | None = None


@dataclass(frozen=True, slots=True)
class Program:
    """A flow that can run. `structure` and `wording` are hashes of its content."""

    flow: Flow
    structure: str
    wording: str
    machine: Machine

    @property
    def name(self) -> str:
        return self.flow.name


def timeout_trigger(row: Row) -> str | None:
    """The trigger of a `no answer after` row; None for every other row."""
    return f"{TIMEOUT}{int(row.test.after.total_seconds())}" if isinstance(row.test, NoAnswer) else None


def _guard(row: Row | None) -> Callable[[EventData], bool]:
    def fits(event: EventData) -> bool:
        if row is not None and not isinstance(row.test, NoAnswer) and not holds(row.test, event.kwargs["facts"]):
            return False
        cast(Cursor, event.model).row = row
        return True

    return fits


def compile_flow(flow: Flow, structure: str, wording: str) -> Program:
    """A checked flow as a program. Raises ValueError for a target that is no step: check first, compile then."""
    machine = Machine(
        model=None,
        states=[*flow.order, END],
        initial=None,
        auto_transitions=False,
        send_event=True,
    )
    for name in flow.order:
        step = flow.steps[name]
        match step.action:
            case Say():
                trigger = ADVANCE
            case Ask():
                trigger = ANSWERED
            case Wait():
                trigger = ELAPSED
            case Call():
                trigger = CHILD_DONE
        for row in step.rows:
            if row.target != END and row.target not in flow.steps:
                raise ValueError(f"{flow.name}: no step “{row.target}”")
            machine.add_transition(timeout_trigger(row) or trigger, name, row.target, conditions=[_guard(row)])
        # What no row takes goes to the step below: nobody may be stuck on a table with a gap.
        machine.add_transition(trigger, name, flow.below(name), conditions=[_guard(None)])
    return Program(flow, structure, wording, machine)


def fire(program: Program, step: str, trigger: str, facts: Facts) -> tuple[str, Row | None] | None:
    """The next step and the row that fired (None: the step below). None where the step knows no such trigger."""
    event = program.machine.events.get(trigger)
    if event is None or step not in event.transitions:
        return None
    cursor = Cursor(step)
    if not event.trigger(cursor, facts=facts):
        return None
    return cursor.state, cursor.row
