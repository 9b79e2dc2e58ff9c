"""Whether a row of a table fits. Reads facts, decides, changes nothing."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Protocol, assert_never

from bot.engine.flow import (
    And,
    AnswerRef,
    Between,
    Compare,
    Is,
    Member,
    NoAnswer,
    Not,
    Or,
    Otherwise,
    Quantity,
    Skipped,
    Test,
    Visited,
)

SKIPPED = "skipped"

Known = int | str | tuple[str, ...] | None
"""One person's answer as a condition sees it: a number, a choice, several choices, `skipped`, or None: not given."""


class Facts(Protocol):
    """What a table may know."""

    @property
    def visits(self) -> int:
        """How often this step was entered in this run, this time included."""

    def here(self) -> Sequence[Known]:
        """The answers to the question of this step, one for each person asked."""

    def answers(self, ref: AnswerRef) -> Sequence[Known]:
        """The answers that a reference means, one for each person asked."""


_COMPARISONS: dict[str, Callable[[int, int], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def _counts(quantity: Quantity | None, fits: Sequence[bool]) -> bool:
    """`both` wants every answer, everything else is content with one. No answers at all never fit."""
    if quantity is Quantity.BOTH:
        return bool(fits) and all(fits)
    return any(fits)


def _is(known: Known, literal: int | str) -> bool:
    if isinstance(known, tuple):
        return literal in known
    return known is not None and str(known) == str(literal)


def _compare(known: Known, op: str, literal: int | str) -> bool:
    """A missing answer makes every comparison false except `!=` and `= skipped`."""
    missing = known is None or known == SKIPPED
    if op == "=":
        return (literal == SKIPPED and missing) or _is(known, literal)
    if op == "!=":
        return not ((literal == SKIPPED and missing) or _is(known, literal))
    return isinstance(known, int) and isinstance(literal, int) and _COMPARISONS[op](known, literal)


def holds(test: Test, facts: Facts) -> bool:
    """Whether this row's test fits these facts. Time-outs are triggers of their own and never fit an answer."""
    match test:
        case Otherwise():
            return True
        case Skipped(quantity):
            return _counts(quantity, [known == SKIPPED for known in facts.here()])
        case Visited(times):
            return facts.visits >= times
        case NoAnswer():
            return False
        case Is(value, quantity):
            return _counts(quantity, [_is(known, value) for known in facts.here()])
        case Between(low, high, quantity):
            return _counts(quantity, [isinstance(known, int) and low <= known <= high for known in facts.here()])
        case Compare(answer, op, literal, quantity):
            return _counts(quantity, [_compare(known, op, literal) for known in facts.answers(answer) or (None,)])
        case Member(answer, literals, quantity):
            known_answers = facts.answers(answer) or (None,)
            return _counts(quantity, [any(_compare(known, "=", one) for one in literals) for known in known_answers])
        case Not(condition):
            return not holds(condition, facts)
        case And(conditions):
            return all(holds(condition, facts) for condition in conditions)
        case Or(conditions):
            return any(holds(condition, facts) for condition in conditions)
        case _:
            assert_never(test)
