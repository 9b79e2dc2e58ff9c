"""Rows: every form of a key, and what it means."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.authoring.conditions import read_test
from bot.authoring.draft import DraftStep, Option, Options
from bot.authoring.finding import Finding
from bot.authoring.names import Scope
from bot.authoring.nodes import Scalar
from bot.engine.flow import (
    And,
    AnswerRef,
    Between,
    Compare,
    Is,
    Mark,
    Member,
    NoAnswer,
    Not,
    Open,
    Or,
    Otherwise,
    Quantity,
    Scale,
    Skipped,
    Test,
    Visited,
    Who,
)

MARK = Mark("x.yaml", 7, 7, 9)


def options(*names: str) -> Options:
    return Options(tuple(Option(name, MARK, Scalar(name, MARK), None) for name in names))


def step(name: str, shape: object, who: object = None, verb: str = "ask") -> DraftStep:
    return DraftStep(name, MARK, {}, True, verb, who, shape=shape)  # type: ignore[arg-type]


STEPS = {
    "score": step("score", Scale(0, 10)),
    "cold": step("cold", Scale(-5, 5)),
    "mood": step("mood", options("sad", "glad", "20 minutes")),
    "note": step("note", Open.TEXT),
    "both": step("ready", options("go", "wait"), Who.BOTH),
    "hello": step("hello", None, verb="say"),
    "mine": step("mine", Scale(0, 3), "speaker"),
}
STEPS["ready"] = STEPS.pop("both")
SCOPE = Scope(roles=("speaker", "listener"), steps=STEPS)


def read(key: str, at: str = "score") -> tuple[Test | None, list[tuple[str, int]]]:
    found: list[Finding] = []
    test = read_test(Scalar(key, MARK), STEPS[at], SCOPE, found)
    return test, [(one.code, one.mark.column) for one in found]


@pytest.mark.parametrize(
    ("key", "at", "test"),
    [
        ("otherwise", "score", Otherwise()),
        ("skipped", "score", Skipped()),
        ("both skipped", "ready", Skipped(Quantity.BOTH)),
        ("third time", "hello", Visited(3)),
        ("second time", "score", Visited(2)),
        ("no answer after 2 hours", "note", NoAnswer(timedelta(hours=2))),
        ("0-3", "score", Between(0, 3)),
        ("-5--2", "cold", Between(-5, -2)),
        ("7", "score", Is("7")),
        ("sad", "mood", Is("sad")),
        ("20  minutes", "mood", Is("20 minutes")),
        ("either go", "ready", Is("go", Quantity.EITHER)),
        ("score < 4", "hello", Compare(AnswerRef("score"), "<", 4)),
        ("score == 4", "hello", Compare(AnswerRef("score"), "=", 4)),
        ("mood != sad", "hello", Compare(AnswerRef("mood"), "!=", "sad")),
        ("mood = 20 minutes", "hello", Compare(AnswerRef("mood"), "=", "20 minutes")),
        ("note = skipped", "hello", Compare(AnswerRef("note"), "=", "skipped")),
        ("both ready = go", "hello", Compare(AnswerRef("ready"), "=", "go", Quantity.BOTH)),
        ("speaker.ready = go", "hello", Compare(AnswerRef("ready", role="speaker"), "=", "go")),
        ("mood in sad, glad", "hello", Member(AnswerRef("mood"), ("sad", "glad"))),
        ("either ready in go, skipped", "hello", Member(AnswerRef("ready"), ("go", "skipped"), Quantity.EITHER)),
    ],
)
def test_a_row_is_read(key: str, at: str, test: Test) -> None:
    assert read(key, at) == (test, [])


def test_not_binds_more_than_and_and_and_more_than_or() -> None:
    low, high = Compare(AnswerRef("score"), "<", 4), Compare(AnswerRef("score"), ">", 6)
    assert read("score < 4 or score > 6 and not score < 4", "hello")[0] == Or((low, And((high, Not(low)))))
    assert read("(score < 4 or score > 6) and score < 4", "hello")[0] == And((Or((low, high)), low))


@pytest.mark.parametrize(
    ("key", "at", "code", "column"),
    [
        ("Third time", "hello", "K04", 7),
        ("no answer after 8 days", "note", "T05", 7),
        ("0-3", "mood", "N09", 7),
        ("9-3", "score", "A10", 7),
        ("0-11", "score", "N08", 7),
        ("go", "ready", "N07", 7),
        ("either 3", "score", "N07", 7),
        ("ready = go", "hello", "N07", 7),
        ("both speaker.ready = go", "hello", "N07", 12),
        ("score <> 3", "hello", "N11", 13),
        ("mood < 3", "hello", "N11", 14),
        ("note = hello", "hello", "N11", 14),
        ("mood in sad, blue", "hello", "N11", 20),
        ("listener.mine = 3", "hello", "N11", 7),
        ("hello = 3", "hello", "N11", 7),
        ("score < 4 and", "hello", "N11", 20),
        ("not", "hello", "N11", 10),
        ("fine", "hello", "N10", 7),
        ("fine", "note", "N10", 7),
    ],
)
def test_a_row_that_makes_no_sense_is_said_at_its_place(key: str, at: str, code: str, column: int) -> None:
    test, found = read(key, at)
    assert test is None and found == [(code, column)]
