"""The gate before a flow for two: what one of them says there, or has told in private, the other one cannot tell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from heard import Stage, clearly, opened
from odd_flows import library
from random_couple import ANA, BEN

from bot.engine.events import Away, Words
from bot.engine.run import Crisis, Safety

ANSWERS = ("Yes", "Not now", "Something lighter")
UNCLEAR = ("too upset", "hardly upset", "not all", "only Yes", "only a number")
"""Kinds of Yes that open nothing: hot, a number between, drunk or with a child, and not said to the end."""


def says(stage: Stage, person: int, said: str) -> None:
    """One answer to the gate, or silence, or leaving in one of four ways."""
    match said:
        case "Yes":
            clearly(stage, person)
        case "too upset":
            clearly(stage, person, upset=7)
        case "hardly upset":
            clearly(stage, person, upset=6, facts="Not all of it")
        case "not all":
            clearly(stage, person, facts="Not all of it")
        case "only Yes":
            stage.taps(person, "Yes")
        case "only a number":
            stage.taps(person, "Yes")
            stage.taps(person, "3")
        case "not cleared" | "in crisis":
            now = stage.now
            kept = Safety(crisis=Crisis("x", now, now + timedelta(hours=24))) if said == "in crisis" else Safety()
            stage.world = replace(stage.world, safety={**stage.world.safety, person: kept})
            clearly(stage, person)
        case "unlinks":
            stage.give(Words(person, "/unlink"))
        case "silence":
            return
        case "stop":
            stage.give(Words(person, "/stop"))
        case "blocks":
            stage.give(Away(person))
        case "help":
            stage.taps(person, "More help")
        case _:
            stage.taps(person, said)


def at_first_gate(starter: int) -> Stage:
    stage = Stage(library())
    stage.give(Words(starter, "/talk_in_turns"))
    return stage


def at_resume_gate(starter: int) -> Stage:
    """A talk, a pause in the middle of it, and the question whether the talk goes on."""
    stage = opened("talk_in_turns", starter)
    stage.give(Words(ANA, "/time_out"))
    stage.taps(ANA, "Twenty minutes")
    stage.passes(20)
    for person in (ANA, BEN):
        stage.taps(person, "Calm enough to talk")
    return stage


def at_paused_gate(starter: int) -> Stage:
    """A pause comes while the question before a talk is open."""
    stage = at_first_gate(starter)
    stage.give(Words(BEN, "/time_out"))
    stage.taps(BEN, "Twenty minutes")
    return stage


@pytest.mark.parametrize("starter", [ANA, BEN])
@pytest.mark.parametrize("theirs", [*ANSWERS, "silence"])
@pytest.mark.parametrize("first", [ANA, BEN])
@pytest.mark.parametrize("place", [at_first_gate, at_resume_gate])
def test_the_gate_tells_nothing(place: Callable[[int], Stage], first: int, theirs: str, starter: int) -> None:
    """Whatever Ana says or does not say, Ben reads the same words at the same time, two clear Yes apart."""
    heard = {}
    quiet = ("Not now", "Something lighter", "silence", "help", "stop", "blocks", "unlinks")
    for mine in (*quiet, *UNCLEAR, "not cleared", "in crisis"):
        stage = place(starter)
        for person in (first, ANA + BEN - first):
            stage.passes(2)
            says(stage, person, mine if person == ANA else theirs)
        stage.passes(60)
        heard[mine] = stage.heard[BEN]
    assert len({repr(one) for one in heard.values()}) == 1, {mine: one[-3:] for mine, one in heard.items()}


@pytest.mark.parametrize("theirs", [*ANSWERS, "silence"])
def test_a_pause_over_the_gate_tells_nothing(theirs: str) -> None:
    heard = {}
    for mine in (*ANSWERS, *UNCLEAR, "silence"):
        stage = at_paused_gate(ANA)
        says(stage, ANA, mine)
        says(stage, BEN, theirs)
        stage.passes(12)
        heard[mine] = stage.heard[BEN]
    assert len({repr(one) for one in heard.values()}) == 1, {mine: one[-3:] for mine, one in heard.items()}
