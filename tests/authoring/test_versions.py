"""Versions: the words may change under a running talk, the structure may not."""

from __future__ import annotations

import pytest

from bot.authoring.library import compile_source

FLOW = """flow: talk
title: Talk
kind: conflict
roles: [first, second]
card: flooding
steps:
  ask_it:
    who: first
    ask: What is it, {name}?
    choices:
      home: Home
      work: Work
    share: now
    next:
      skipped: end
      otherwise: rest
  rest:
    who: both
    say: "We rest after {ask_it}, {name}."
    wait: 20 minutes
"""


def versions(text: str) -> tuple[str, str]:
    program = compile_source(text, "talk.yaml")
    assert len(program.structure) == len(program.wording) == 12
    assert int(program.structure, 16) >= 0 and int(program.wording, 16) >= 0
    return program.structure, program.wording


BEFORE = versions(FLOW)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("What is it, {name}?", "Tell me, {name}: what is it?"),
        ("title: Talk", "title: A talk"),
        ("card: flooding", "card: gratitude"),
        ("home: Home", "home: At home"),
        ("{ask_it}, {name}.", "{name}, and {ask_it}, and {name}."),
        ("We rest", "*We* rest"),
    ],
)
def test_words_change_the_wording_only(old: str, new: str) -> None:
    text = FLOW.replace(old, new)
    if ": what" in new:
        text = text.replace(f"ask: {new}", f'ask: "{new}"')
    structure, wording = versions(text)
    assert structure == BEFORE[0]
    assert wording != BEFORE[1]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("wait: 20 minutes", "wait: 30 minutes"),
        ("skipped: end", "skipped: rest"),
        ("share: now", "share: private"),
        ("work: Work", "job: Work"),
        ("kind: conflict", "kind: light"),
        ("roles: [first, second]", "roles: [first, third]"),
        ("{ask_it}, {name}.", "{ask_it}."),
        ("who: both", "who: second"),
        ("  rest:\n", "  rest:\n    was: pause\n"),
        ("    share: now\n", "    share: now\n    remind: 10 minutes\n"),
    ],
)
def test_everything_else_changes_the_structure(old: str, new: str) -> None:
    assert versions(FLOW.replace(old, new))[0] != BEFORE[0]


def test_places_and_comments_change_nothing() -> None:
    assert versions("# moved down\n\n" + FLOW.replace("    share: now\n", "    # why\n    share: now\n")) == BEFORE


def test_other_flows_are_not_asked_for_again() -> None:
    part = "steps:\n  part:\n    who: first\n    run: gone\n"
    text = FLOW.replace("{ask_it}", "{part.felt}").replace("steps:\n", part)
    assert compile_source(text, "talk.yaml").flow.order == ("part", "ask_it", "rest")


def test_what_is_no_flow_any_more_is_one_sentence() -> None:
    with pytest.raises(ValueError, match=r"^talk.yaml:9:22: A13: There is a single \{"):
        compile_source(FLOW.replace("{name}?", "{name?"), "talk.yaml")
    with pytest.raises(ValueError, match="Y20"):
        compile_source("", "talk.yaml")
