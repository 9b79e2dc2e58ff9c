"""What texts and tables name: the values a text shows, the answers a condition compares, and which of them lie in
other flows, so that the last one of each person is kept."""

from __future__ import annotations

from collections.abc import Iterator

from bot.authoring.checks.sheet import texts_of
from bot.engine.flow import (
    And,
    Compare,
    Condition,
    Flow,
    FlowValue,
    Member,
    Not,
    Or,
    Select,
    Subject,
    Test,
    Text,
    Value,
)


def remembered_in(flow: Flow) -> Iterator[tuple[str, str]]:
    """The (flow, step) pairs that the texts and tables of this flow name."""
    for step in flow.steps.values():
        for _, text in texts_of(step):
            for subject in subjects_of(text):
                if isinstance(subject, FlowValue):
                    yield subject.flow, subject.step
        for row in step.rows:
            for comparison in comparisons_of(row.test):
                if comparison.answer.flow is not None:
                    yield comparison.answer.flow, comparison.answer.step


def values_of(text: Text) -> Iterator[Value]:
    """The values that a text shows outright, where a gap would be seen."""
    for wording in text.wordings:
        yield from (piece for piece in wording.pieces if isinstance(piece, Value))


def subjects_of(text: Text) -> Iterator[Subject]:
    """Everything that a text shows or chooses its words by."""
    for wording in text.wordings:
        for piece in wording.pieces:
            match piece:
                case Value(subject):
                    yield subject
                case Select(subject, cases):
                    yield subject
                    for words in cases.values():
                        yield from (one.subject for one in words if isinstance(one, Value))
                case _:
                    pass


def comparisons_of(test: Test | Condition) -> Iterator[Compare | Member]:
    """The comparisons inside a test."""
    match test:
        case Compare() | Member():
            yield test
        case Not(condition):
            yield from comparisons_of(condition)
        case And(conditions) | Or(conditions):
            for condition in conditions:
                yield from comparisons_of(condition)
        case _:
            pass
