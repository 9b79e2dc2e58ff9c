"""Rows of a table against facts: which fit, which do not, and what a missing answer does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.engine.condition import SKIPPED, Known, holds
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

BOTH, EITHER = Quantity.BOTH, Quantity.EITHER


@dataclass(frozen=True)
class Facts:
    """Facts as a test writes them down: the answers here, and those of other steps by name."""

    given: Sequence[Known] = ()
    others: Mapping[str, Sequence[Known]] = field(default_factory=dict)
    visits: int = 1

    def here(self) -> Sequence[Known]:
        return self.given

    def answers(self, ref: AnswerRef) -> Sequence[Known]:
        return self.others.get(ref.step, ())


def compare(op: str, literal: int | str, quantity: Quantity | None = None) -> Compare:
    return Compare(AnswerRef("day"), op, literal, quantity)


def day(*answers: Known) -> Facts:
    return Facts(others={"day": answers})


@pytest.mark.parametrize(
    ("test", "answers", "fits"),
    [
        (Otherwise(), (), True),
        (Skipped(), (SKIPPED,), True),
        (Skipped(), ("good",), False),
        (Skipped(), (), False),
        (Skipped(BOTH), (SKIPPED, SKIPPED), True),
        (Skipped(BOTH), (SKIPPED, "good"), False),
        (Skipped(EITHER), (SKIPPED, "good"), True),
        (Skipped(BOTH), (), False),
        (Is("good"), ("good",), True),
        (Is("good"), ("bad",), False),
        (Is("good"), (None,), False),
        (Is("7"), (7,), True),
        (Is("good", BOTH), ("good", "good"), True),
        (Is("good", BOTH), ("good", "bad"), False),
        (Is("good", EITHER), ("bad", "good"), True),
        (Is("tea"), (("walk", "tea"),), True),
        (Is("te"), (("walk", "tea"),), False),
        (Between(0, 3), (0,), True),
        (Between(0, 3), (3,), True),
        (Between(0, 3), (4,), False),
        (Between(0, 3), (SKIPPED,), False),
        (Between(8, 10, EITHER), (2, 9), True),
        (Between(8, 10, BOTH), (2, 9), False),
        (Between(8, 10, BOTH), (8, 10), True),
        (Between(8, 10, EITHER), (SKIPPED, 9), True),
        (NoAnswer(timedelta(hours=2)), (SKIPPED,), False),
    ],
)
def test_rows_about_the_answer_here(test: Test, answers: tuple[Known, ...], fits: bool) -> None:
    assert holds(test, Facts(answers)) is fits


@pytest.mark.parametrize(("visits", "fits"), [(1, False), (2, False), (3, True), (4, True)])
def test_third_time_means_the_third_or_more(visits: int, fits: bool) -> None:
    assert holds(Visited(3), Facts(visits=visits)) is fits


@pytest.mark.parametrize(
    ("op", "fits"), [("=", False), ("!=", True), ("<", True), ("<=", True), (">", False), (">=", False)]
)
def test_comparing_numbers(op: str, fits: bool) -> None:
    assert holds(compare(op, 4), day(3)) is fits


@pytest.mark.parametrize("missing", [(), (None,), (SKIPPED,)])
def test_a_missing_answer_makes_every_comparison_false_but_two(missing: tuple[Known, ...]) -> None:
    """Section 2.8: all but `!=` and `= skipped`."""
    facts = day(*missing)
    assert [op for op in ("=", "!=", "<", "<=", ">", ">=") if holds(compare(op, 4), facts)] == ["!="]
    assert holds(compare("=", SKIPPED), facts)
    assert not holds(compare("!=", SKIPPED), facts)
    assert not holds(Member(AnswerRef("day"), (4, "good")), facts)
    assert holds(Member(AnswerRef("day"), (4, SKIPPED)), facts)


def test_a_given_answer_is_not_skipped() -> None:
    for known in (0, "good", ("tea",), "answered"):
        assert not holds(compare("=", SKIPPED), day(known))
        assert holds(compare("!=", SKIPPED), day(known))


def test_words_have_no_order() -> None:
    assert not any(holds(compare(op, 4), day("good")) for op in ("<", "<=", ">", ">="))
    assert not any(holds(compare(op, "good"), day(4)) for op in ("<", "<=", ">", ">="))


def test_members() -> None:
    test = Member(AnswerRef("day"), ("good", 7))
    assert holds(test, day("good")) and holds(test, day(7)) and not holds(test, day("bad"))
    assert holds(test, day(("bad", "good")))


def test_both_and_either_in_conditions() -> None:
    assert holds(compare("=", "go", BOTH), day("go", "go"))
    assert not holds(compare("=", "go", BOTH), day("go", "stay"))
    assert holds(compare("=", "go", EITHER), day("go", "stay"))
    assert not holds(compare("=", "go", BOTH), day("go", None)), "one who has not answered has not agreed"
    assert not holds(compare("=", "go", BOTH), day())


truths = st.recursive(
    st.booleans().map(lambda true: Otherwise() if true else NoAnswer(timedelta(1))),
    lambda one: st.one_of(
        one.map(Not),
        st.lists(one, min_size=1, max_size=3).map(lambda all_: And(tuple(all_))),
        st.lists(one, min_size=1, max_size=3).map(lambda all_: Or(tuple(all_))),
    ),
    max_leaves=20,
)


@given(truths)
def test_not_and_or_nest_as_in_logic(test: Test) -> None:
    def logic(one: Test) -> bool:
        match one:
            case Not(inner):
                return not logic(inner)
            case And(several):
                return all(map(logic, several))
            case Or(several):
                return any(map(logic, several))
            case _:
                return isinstance(one, Otherwise)

    assert holds(test, Facts()) is logic(test)


knowns = st.one_of(st.none(), st.just(SKIPPED), st.integers(0, 10), st.sampled_from(["good", "bad"]))


@given(st.lists(knowns, min_size=1, max_size=2), st.integers(0, 10), st.sampled_from([BOTH, EITHER, None]))
def test_not_equal_is_the_opposite_for_each_answer(
    given_: list[Known], literal: int, quantity: Quantity | None
) -> None:
    """`both x != 4` says that neither is 4, which is the opposite of `either x = 4`."""
    other = EITHER if quantity is BOTH else BOTH
    assert holds(compare("!=", literal, quantity), day(*given_)) != holds(compare("=", literal, other), day(*given_))
