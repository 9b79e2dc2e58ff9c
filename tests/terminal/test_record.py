"""A talk that is written down can be read again, word for word."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.authoring.transcript import read_transcript
from bot.terminal.record import LONGEST, Head, excerpt, heard, lengths, written

from .scene import EIGHT

HEAD = Head("a talk", "time_out", {"caller": "Ana", "other": "Ben"}, {"Ana": "she"}, EIGHT, ZoneInfo("Europe/Berlin"))


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60))
def test_any_words_survive(words: str) -> None:
    text = written(HEAD, [("Ana", words), ("bot to Ben", "yes: no # maybe")])

    transcript, found = read_transcript(text.encode(), "a.yaml")

    assert not found
    assert transcript is not None
    assert [(line.head, line.words) for line in transcript.talk] == [("Ana", words), ("bot to Ben", "yes: no # maybe")]


def test_the_head_is_read_back() -> None:
    transcript, _ = read_transcript(written(HEAD, [("Ana", "hello")], seed=7).encode(), "a.yaml")

    assert transcript is not None
    assert (transcript.test, transcript.flow, dict(transcript.people)) == ("a talk", "time_out", dict(HEAD.people))
    assert transcript.clock == EIGHT.replace(second=0)
    assert (transcript.zone, transcript.seed, transcript.gates_open) == ("Europe/Berlin", 7, False)
    assert transcript.pronouns == {"Ana": "she"}


def test_plain_words_are_not_quoted() -> None:
    assert "\n  - Ana: Twenty minutes\n" in written(HEAD, [("Ana", "Twenty minutes")])


def test_what_has_no_form_in_a_test_becomes_a_comment() -> None:
    transcript, _ = read_transcript(written(HEAD, [("# Ana", "voice"), ("Ana", "Send")]).encode(), "a.yaml")

    assert transcript is not None
    assert [line.words for line in transcript.talk] == ["Send"]


def test_what_both_read_at_once_is_one_line() -> None:
    assert heard({"Ana": ["Hello", "For Ana"], "Ben": ["Hello"]}) == [
        ("bot to both", "Hello"),
        ("bot to Ana", "For Ana"),
    ]
    assert heard({"Ana": [], "Ben": ["Hello"]}) == [("bot to Ben", "Hello")]
    assert heard({"Ana": ["Hello", ""]}) == [("bot to Ana", "Hello")]


@pytest.mark.parametrize(
    ("length", "expected"),
    [
        (timedelta(minutes=1), ["1 minute"]),
        (timedelta(minutes=90), ["90 minutes"]),
        (timedelta(hours=12), ["12 hours"]),
        (timedelta(days=2), ["2 days"]),
        (timedelta(days=30, minutes=5), ["30 days", "5 minutes"]),
    ],
)
def test_lengths_are_said_as_tests_say_them(length: timedelta, expected: list[str]) -> None:
    assert lengths(length) == expected


def test_a_long_message_is_quoted_by_its_first_words() -> None:
    short = excerpt("\nFirst  line.\nSecond line.")
    long = excerpt("word " * 60)

    assert short == "First line."
    assert len(long) <= LONGEST
    assert long.endswith("word")
    assert len(excerpt("x" * 500)) == LONGEST
