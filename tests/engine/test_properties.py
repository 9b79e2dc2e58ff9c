"""Whatever two people do: nothing raises, nothing private crosses over, and nobody is left stuck.

`TWOFOLD_DEPTH` sets how many conversations are played (150 by default; 20,000 take some hours).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from moves import move
from odd_flows import library, with_flow
from random_couple import ANA, BEN, Couple, buttons, couple

from bot.engine import turn
from bot.engine.events import (
    Arm,
    Attached,
    Attachment,
    Away,
    Disarm,
    Due,
    Edit,
    Input,
    Invite,
    Message,
    Refused,
    Remember,
    Send,
    Tap,
    Words,
)
from bot.engine.library import Library

DEPTH = int(os.environ.get("TWOFOLD_DEPTH", "150"))

OFTEN = (
    ("tell",) * 12 + ("answer",) * 4 + ("typed", "command", "tap", "stale", "plain", "note", "pass", "agree", "begin")
)
SELDOM = ("stolen", "forged", "away", "opens", "sleep", "pass", "command", "begin")

moves = st.tuples(st.sampled_from(OFTEN * 2 + SELDOM), st.sampled_from((ANA, BEN)), st.integers(0, 999))

thorough = settings(
    max_examples=DEPTH,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)


@thorough
@given(st.integers(1, 1 << 30), st.lists(moves, min_size=30, max_size=70))
def test_whatever_two_people_do(seed: int, talk: list[tuple[str, int, int]]) -> None:
    """`Couple.give` checks every turn; here is what must hold in the end."""
    two = Couple(seed=seed)
    move(two, "begin", ANA, seed)
    for what, person, number in talk:
        move(two, what, person, number)
    two.pass_time(timedelta(days=40))
    assert not two.world.runs, "silence ends every conversation"
    assert all(key.startswith("every:") for key in two.timers)


# --- what the other one sees ------------------------------------------------------------------------------------------

Heard = list[tuple[datetime, str, str, tuple[str, ...]]]
"""When, how, the words and the labels of what reached one person."""


class Stage:
    """Two people and a list of all that reaches each of them, in order. Runs have other names in another play, so
    buttons are compared by their words."""

    def __init__(self, among: Library) -> None:
        self.library, self.world, self.now = among, couple(), Couple().now
        self.turns = 0
        self.heard: dict[int, Heard] = {ANA: [], BEN: []}
        self.data: dict[int, list[tuple[str, str]]] = {ANA: [], BEN: []}
        self.timers: dict[str, tuple[datetime, int]] = {}

    def give(self, given: Input) -> None:
        self.turns += 1
        taken = turn.take_turn(self.library, self.world, given, self.now, self.turns * 7919)
        if isinstance(taken, Refused):
            if not isinstance(given, Due):
                self.heard[given.by].append((self.now, "toast", taken.toast, ()))
            return
        self.world, outcome = taken
        if outcome.toast:
            self.heard[given.by].append((self.now, "toast", outcome.toast, ()))
        for effect in outcome.effects:
            match effect:
                case Send(to, message):
                    self._hear(to, "new", message)
                case Edit(to, _, message):
                    self._hear(to, "edited", message)
                case Arm(key, owner, due):
                    self.timers[key] = (due, owner)
                case Disarm(prefix):
                    self.timers = {key: one for key, one in self.timers.items() if not key.startswith(prefix)}
                case Invite() | Remember():
                    continue

    def _hear(self, to: int, how: str, message: Message | None) -> None:
        if message is None:
            self.heard[to].append((self.now, how, "", ()))
            return
        self.heard[to].append((self.now, how, message.text, tuple(one.label for one in buttons(message))))
        self.data[to] += [(one.label, one.data) for one in buttons(message)]

    def taps(self, person: int, label: str) -> None:
        data = next(data for words, data in reversed(self.data[person]) if words == label)
        self.give(Tap(person, data))

    def passes(self, minutes: int) -> None:
        until = self.now + timedelta(minutes=minutes)
        while due := [(at, key, owner) for key, (at, owner) in self.timers.items() if at <= until]:
            at, key, owner = min(due)
            self.now = max(at, self.now)
            del self.timers[key]
            self.give(Due(owner, key, at))
        self.now = until

    def open_label(self, person: int) -> str | None:
        """The label that answers the newest question that stands open for this person: *Skip* fits every one."""
        for words, data in reversed(self.data[person]):
            if words == "Skip":
                taken = turn.take_turn(self.library, self.world, Tap(person, data), self.now, 1)
                return None if isinstance(taken, Refused) else words
        return None


def skip(stage: Stage, person: int) -> None:
    stage.taps(person, "Skip")


def keep(stage: Stage, person: int) -> None:
    stage.give(Words(person, "words I keep"))
    stage.taps(person, "Keep to myself")


def keep_after_change(stage: Stage, person: int) -> None:
    stage.give(Words(person, "words I change"))
    stage.taps(person, "Change")
    keep(stage, person)


def keep_a_note(stage: Stage, person: int) -> None:
    stage.give(Attachment(person, Attached.VOICE, "a note I keep"))
    stage.taps(person, "Keep to myself")


WAYS: tuple[Callable[[Stage, int], None], ...] = (skip, keep, keep_after_change, keep_a_note)
"""All the ways not to share an answer."""


def opened(flow: str, by: int = ANA) -> Stage:
    """The flow with the gate behind it, both having said Yes."""
    stage = Stage(library())
    stage.give(Words(by, f"/{flow}"))
    agree(stage)
    return stage


def agree(stage: Stage) -> None:
    if any(run.gate is not None for run in stage.world.runs.values()):
        stage.taps(ANA, "Yes")
        stage.taps(BEN, "Yes")


def shared_questions(flow: str) -> Iterator[tuple[Stage, int]]:
    """Every question for shared words on the way through the flow, as a stage that stands there and who is asked."""
    stage = opened(flow)
    while any(run.parent is None for run in stage.world.runs.values()):
        person = next((one for one in (ANA, BEN) if stage.open_label(one)), None)
        if person is None:
            stage.passes(20)
            continue
        probe = deepcopy_stage(stage)
        probe.give(Words(person, "1" if "0" in [label for label, _ in stage.data[person]][-14:] else "words to send"))
        if probe.data[person][-1][0] == "Keep to myself":
            yield deepcopy_stage(stage), person
            probe.taps(person, "Send")
        elif probe.open_label(person) is not None and len(probe.world.runs) == len(stage.world.runs):
            skip(probe, person)
        agree(probe)
        stage = probe


def deepcopy_stage(stage: Stage) -> Stage:
    """A stage that goes its own way from here. The library is shared: it never changes."""
    copy = Stage(stage.library)
    copy.world, copy.now, copy.turns = stage.world, stage.now, stage.turns
    copy.heard, copy.data, copy.timers = deepcopy(stage.heard), deepcopy(stage.data), dict(stage.timers)
    return copy


def to_the_end(stage: Stage) -> None:
    """Both skip whatever is still asked, then three days pass."""
    for _ in range(30):
        for person in (ANA, BEN):
            if stage.open_label(person) is not None:
                skip(stage, person)
        stage.passes(20)
    stage.passes(3 * 24 * 60)


@pytest.mark.parametrize("flow", ["talk_in_turns", "odd_quarrel", "odd_words"])
def test_not_sharing_looks_the_same_however_it_is_done(flow: str) -> None:
    """Law: keep to myself, skip and no answer are one thing for everybody but the person (decision 3)."""
    tried = 0
    for stage, person in shared_questions(flow):
        other = ANA + BEN - person
        heard = []
        for way in WAYS:
            one = deepcopy_stage(stage)
            way(one, person)
            to_the_end(one)
            heard.append(one.heard[other])
        assert heard[0] == heard[1] == heard[2] == heard[3]
        tried += 1
    assert tried >= 2


@pytest.mark.parametrize("then", ["answers", "skips", "is silent"])
def test_a_sealed_answer_waits_for_both(then: str) -> None:
    """Ben looks at the question again and again, and reads Ana's wish only once he has had his say."""
    stage = opened("odd_words")
    for person in (ANA, BEN):
        skip(stage, person)
    stage.give(Words(ANA, "a wish of mine"))
    stage.taps(ANA, "Send")
    for _ in range(2):
        stage.give(Words(BEN, "/odd_words"))
        stage.passes(3)
    assert "a wish of mine" not in repr(stage.heard[BEN])
    if then == "answers":
        stage.give(Words(BEN, "a wish of his"))
        stage.taps(BEN, "Send")
    if then == "skips":
        skip(stage, BEN)
    if then != "is silent":
        to_the_end(stage)
    stage.passes(48 * 60)
    assert ("a wish of mine" in repr(stage.heard[BEN])) is (then != "is silent")
    assert ("a wish of his" in repr(stage.heard[ANA])) is (then == "answers")


# --- the gate ---------------------------------------------------------------------------------------------------------

ANSWERS = ("Yes", "Not now", "Something lighter")


def says(stage: Stage, person: int, said: str) -> None:
    """One answer to the gate, or silence, or leaving in one of three ways."""
    match said:
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
    """Whatever Ana says or does not say, Ben reads the same words at the same time, two Yes apart."""
    heard = {}
    for mine in ("Not now", "Something lighter", "silence", "help", "stop", "blocks"):
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
    for mine in (*ANSWERS, "silence"):
        stage = at_paused_gate(ANA)
        says(stage, ANA, mine)
        says(stage, BEN, theirs)
        stage.passes(12)
        heard[mine] = stage.heard[BEN]
    assert len({repr(one) for one in heard.values()}) == 1, {mine: one[-3:] for mine, one in heard.items()}


# --- private choices --------------------------------------------------------------------------------------------------

PRIVATE = """
flow: quiet
title: Quiet
kind: light
roles: [one, two]
steps:
  begin: {who: both, say: "Hello, {name}."}
  mine: {who: one, ask: Only for you, choices: {up: "Up", down: "Down"}, meanwhile: "Breathe, {name}."}
  scale: {who: both, ask: How much, answer: 0-10}
  words: {who: one, ask: One word, answer: text}
  picks: {who: both, ask: Some, choices: {tea: Tea, walk: Walk, film: Film}, answer: up to 2}
  part: {who: one, run: quiet_part}
  shown: {who: both, say: "{name}: {scale}, {picks}. {one}: {mine}, {one: he thinks | she thinks | other they think}."}
  pause: {who: both, say: "Back {pause.ends}.", wait: 20 minutes}
  last: {who: both, ask: Good?, choices: {yes: "Yes", no: "No"}, share: when_both}
  end_word: {who: both, say: "{partner}: {partner.last}. {mine: up It went up | down It went down | other Fine}."}
"""

PRIVATE_PART = """
flow: quiet_part
steps:
  deep: {ask: How deep, choices: {high: High, low: Low}, next: {low: more, otherwise: end}}
  more: {say: "Then rest, {name}."}
"""


@settings(max_examples=max(DEPTH // 2, 20), deadline=None)
@given(
    st.sampled_from(["Up", "Down", "Skip", "up", "no idea"]),
    st.integers(0, 10),
    st.sampled_from(["a secret", "Skip", "time"]),
    st.lists(st.sampled_from(["Tea", "Walk", "Film"]), max_size=3),
    st.sampled_from(["High", "Low", "Skip"]),
)
def test_private_answers_change_nothing_for_the_other(
    mine: str, number: int, words: str, picks: list[str], part: str
) -> None:
    """Where no row is steered by it, nothing on Ben's phone depends on what Ana keeps for herself."""
    heard = [_quiet_talk("Down", 3, "other words", ["Tea"], "High"), _quiet_talk(mine, number, words, picks, part)]
    assert heard[0] == heard[1]


def _quiet_talk(mine: str, number: int, words: str, picks: list[str], part: str) -> Heard:
    stage = Stage(with_flow(with_flow(library(), PRIVATE), PRIVATE_PART))
    stage.give(Words(ANA, "/quiet"))
    for person in (ANA, BEN):
        stage.taps(person, "Yes")
    stage.give(Words(ANA, mine)) if mine.islower() else stage.taps(ANA, mine)
    if mine == "no idea":
        stage.taps(ANA, "Up")
    stage.taps(ANA, str(number))
    stage.taps(BEN, "4")
    stage.taps(ANA, "Skip") if words == "Skip" else stage.give(Words(ANA, words))
    for one in picks[:3]:
        stage.data[ANA] = [(label.removeprefix("✓ "), data) for label, data in stage.data[ANA]]
        stage.taps(ANA, one)
    stage.taps(ANA, "Done")
    stage.taps(BEN, "Film")
    stage.taps(BEN, "Done")
    stage.taps(ANA, part)
    stage.passes(20)
    for person in (ANA, BEN):
        stage.taps(person, "Yes")
    assert not stage.world.runs, "the talk did not come to its end"
    return stage.heard[BEN]
