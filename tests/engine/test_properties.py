"""Whatever two people do: nothing raises, nothing private crosses over, and nobody is left stuck.

`TWOFOLD_DEPTH` sets how many conversations are played (150 by default; 20,000 take some hours).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from heard import Heard, Stage, agree, deepcopy_stage, opened, skip, to_the_end
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from moves import move
from odd_flows import library, with_flow
from random_couple import ANA, BEN, Couple, couple

from bot.engine.events import Attached, Attachment, Words

DEPTH = int(os.environ.get("TWOFOLD_DEPTH", "150"))

OFTEN = (
    ("tell",) * 12 + ("answer",) * 4 + ("typed", "command", "tap", "stale", "plain", "note", "pass", "agree", "begin")
)
SELDOM = ("stolen", "forged", "away", "opens", "sleep", "pass", "command", "begin", "leave", "hold", "danger")

moves = st.tuples(st.sampled_from(OFTEN * 2 + SELDOM), st.sampled_from((ANA, BEN)), st.integers(0, 999))

thorough = settings(
    max_examples=DEPTH,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)


CLEARED = ((ANA, BEN),) * 4 + ((ANA,), (BEN,), ())
"""For whom talks about conflicts are open: mostly for both."""


@thorough
@given(st.integers(1, 1 << 30), st.sampled_from(CLEARED), st.lists(moves, min_size=30, max_size=70))
def test_whatever_two_people_do(seed: int, cleared: tuple[int, ...], talk: list[tuple[str, int, int]]) -> None:
    """`Couple.give` checks every turn; here is what must hold in the end."""
    two = Couple(world=couple(cleared=cleared), seed=seed)
    move(two, "begin", ANA, seed)
    for what, person, number in talk:
        move(two, what, person, number)
    two.pass_time(timedelta(days=40))
    assert not two.world.runs, "silence ends every conversation"
    # What comes back by itself: an agreed reminder, and the private questions with the hour for which they stand.
    lasting = (key.startswith("every:") or key.endswith((":questions", ":screen")) for key in two.timers)
    assert all(lasting), sorted(two.timers)


# --- what the other one sees ------------------------------------------------------------------------------------------


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
