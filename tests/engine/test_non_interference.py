"""Whatever one does in private, the other one's phone shows the same things at the same moments.

Every property plays the same conversation several times: in the reference somebody says /stop or *Not now*, in the
others they do something private instead. `TWOFOLD_DEPTH` sets how many conversations are played.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

import pytest
from gate_stories import Asked, answered, asked_about, gates, the_gate_tells_nothing
from hypothesis import example, given
from hypothesis import strategies as st
from overheard import ANA, BEN, differs
from stories import (
    IN_DANGER,
    SENTENCES,
    Move,
    Story,
    Way,
    afterwards,
    asked_how_upset,
    at_how_upset,
    blocks,
    forgets,
    in_crisis,
    leaving_tells_nothing,
    library,
    long_ways,
    numbers,
    questioned,
    says_hot,
    stops,
    stories,
    taken_back,
    thorough,
    told,
    unlinking_tells_nothing,
    unlinks,
)

from bot.engine import gate, parting
from bot.engine.danger import Danger, Level, recognise
from bot.engine.events import Outcome, PersonId, Send
from bot.engine.ledger import Ledger
from bot.engine.run import Clear, Gate, Run, World

QUIET = (("go", 0), ("go", 0), ("go", 0), ("go", 0))
ON_HOLD = Story(2, "talk_in_turns", ANA, ANA, (("pass", ANA, 33), ("answer", ANA, 1), ("answer", ANA, 1)), QUIET)
PAUSED = Story(1, "talk_in_turns", ANA, ANA, (("command", ANA, 1), ("go", ANA, 0)), (*QUIET[:3], ("tap", 0)))
HOT = Story(16317, "talk_in_turns", ANA, ANA, (), (*QUIET[:3], ("command", 895)))
REMINDED = Story(1, "odd_light", BEN, ANA, (("go", BEN, 0), ("go", ANA, 0), ("go", BEN, 0), ("pass", ANA, 5)), QUIET)
"""Where one could once tell: a talk on hold, a stopped pause, a number taken for a step, a second reminder."""


def test_the_sentences_are_known() -> None:
    for kind, sentence in SENTENCES.items():
        assert recognise(sentence, library().danger) == (Danger(kind, Level.CERTAIN, False),)


# --- leaving ----------------------------------------------------------------------------------------------------------


@thorough
@example(ON_HOLD)
@given(stories)
def test_blocking_is_a_stop(story: Story) -> None:
    leaving_tells_nothing(story, {"blocks": blocks})


@thorough
@given(stories)
def test_a_crisis_is_a_stop(story: Story) -> None:
    leaving_tells_nothing(story, {"in crisis": in_crisis})


@thorough
@given(stories, st.sampled_from(sorted(SENTENCES)))
def test_typed_danger_is_a_stop(story: Story, kind: str) -> None:
    leaving_tells_nothing(story, {kind: IN_DANGER[kind]})


@thorough
@example(PAUSED, unlinks)
@given(stories, st.sampled_from((unlinks, forgets)))
def test_unlinking_is_a_stop_until_it_is_told(story: Story, way: Way) -> None:
    """And so it is where somebody has everything about them removed."""
    unlinking_tells_nothing(story, way)


@thorough
@example(HOT, 7, False)
@given(stories, st.integers(7, 10), st.booleans())
def test_too_upset_is_a_stop(story: Story, hot: int, typed: bool) -> None:
    here = at_how_upset(story)
    if asked_how_upset(here, story.private) is None:
        return
    reference, other = (afterwards(here, story, way) for way in (stops, says_hot(hot, typed=typed)))
    difference = differs(reference.heard[story.other], other.heard[story.other])
    assert not difference, difference


# --- taken back -------------------------------------------------------------------------------------------------------


@thorough
@example(REMINDED, "child_risk", (("go", 1, 0),))
@given(
    stories,
    st.sampled_from(sorted(SENTENCES)),
    st.lists(
        st.tuples(st.sampled_from(("go", "answer", "say")), numbers, st.integers(0, 55)), min_size=1, max_size=3
    ).map(tuple),
)
def test_what_was_taken_back_never_was(story: Story, kind: str, meanwhile: tuple[tuple[str, int, int], ...]) -> None:
    """Law: nothing on the other phone tells that somebody was gone for a moment."""
    before = tuple(one for one in story.before if one[0] in ("go", "answer", "pass", "near"))
    plays = taken_back(replace(story, before=before), SENTENCES[kind], meanwhile)
    difference = plays is not None and differs(*(play.heard[story.other] for play in plays))
    assert not difference, difference


# --- private questions ------------------------------------------------------------------------------------------------


@thorough
@given(stories, long_ways.map(tuple), st.integers(1, 300))
def test_private_questions_leave_no_trace(story: Story, after: tuple[Move, ...], minutes: int) -> None:
    """Law: when they come, what is answered and when, or that nobody answers, changes nothing for the other one."""
    story = replace(story, after=after, before=story.before if story.seed % 3 else ())
    reference, other = (questioned(story, late) for late in (None, timedelta(minutes=minutes)))
    difference = differs(reference.heard[story.other], other.heard[story.other])
    assert not difference, difference


# --- the gate ---------------------------------------------------------------------------------------------------------


@thorough
@given(gates)
def test_a_closed_gate_tells_nothing(asked: Asked) -> None:
    """Law: not cleared, in crisis, too young, hot, silent or gone: it is all “not now”."""
    the_gate_tells_nothing(asked)


@pytest.mark.parametrize("place", ["first", "resumed", "held"])
@pytest.mark.parametrize("private", [ANA, BEN])
def test_two_clear_people_may_talk(place: str, private: PersonId) -> None:
    """So the property above compares something: with nothing against it the gate does open."""
    assert answered(asked_about(place, private=private), private=True)[1]


@pytest.mark.parametrize(
    "against",
    [
        {"clear": Clear.NOT_OPEN},
        {"clear": Clear.UNKNOWN},
        {"crisis": True},
        {"minor": True},
        {"shared_phone": True},
        {"crisis": True, "early": True, "starter": BEN},
        {"minor": True, "early": True, "starter": BEN},
        {"mine": ((1, "hot"),)},
        {"mine": ((1, "not all"),)},
        {"mine": ((1, "blocks"),)},
    ],
    ids=str,
)
def test_each_thing_alone_closes_the_gate_in_silence(against: dict[str, object]) -> None:
    asked = asked_about(**against)  # type: ignore[arg-type]
    assert not answered(asked, private=True)[1]
    the_gate_tells_nothing(asked)


# --- faults that are planted ------------------------------------------------------------------------------------------

STORIES = [told(seed) for seed in range(40)]
GATES = [
    asked_about(starter=BEN, mine=((minute, said),), theirs=((3, "clear"),), seed=minute + 1)
    for minute in (0, 2, 7)
    for said in ("silence", "hot", "lighter", "stop")
]


def all_of_it() -> None:
    for story in STORIES:
        leaving_tells_nothing(story, {"blocks": blocks, "in crisis": in_crisis})
    for asked in GATES:
        the_gate_tells_nothing(asked)


def test_without_a_fault_nothing_is_found() -> None:
    all_of_it()


def test_a_leak_in_words_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The neutral text depends on the reason."""
    land = parting.land

    def leak(ledger: Ledger, root: Run, people: Iterable[PersonId]) -> None:
        if any(ledger.in_crisis(person) for person in root.cast):
            for person in people:
                ledger.say(person, "stopped")
        else:
            land(ledger, root, people)

    monkeypatch.setattr(parting, "land", leak)
    with pytest.raises(AssertionError, match="in crisis: entry"):
        all_of_it()


def test_a_leak_in_order_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same messages come the other way round where somebody is flagged."""
    outcome = Ledger.outcome

    def leak(ledger: Ledger) -> tuple[World, Outcome]:
        world, result = outcome(ledger)
        if any(ledger.in_crisis(person) for person in world.people):
            sent = [one for one in result.effects if isinstance(one, Send)]
            rest = [one for one in result.effects if not isinstance(one, Send)]
            result = replace(result, effects=(*rest, *reversed(sent)))
        return world, result

    monkeypatch.setattr(Ledger, "outcome", leak)
    with pytest.raises(AssertionError, match="in crisis: entry"):
        all_of_it()


def test_a_leak_in_time_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The delay depends on the reason."""
    delay = parting.delay

    def leak(ledger: Ledger, root: Run) -> timedelta:
        gone = any(ledger.people[person].away for person in root.cast)
        return delay(ledger, root) + timedelta(seconds=gone)

    monkeypatch.setattr(parting, "delay", leak)
    with pytest.raises(AssertionError, match="blocks: entry"):
        all_of_it()


def test_a_window_that_ends_with_a_no_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = gate.answer

    def leak(ledger: Ledger, run: Run, open_gate: Gate, person: PersonId, item: str) -> bool | None:
        opened = answer(ledger, run, open_gate, person, item)
        if item == gate.NO:
            ledger.arm(f"{run.id}:{run.visit}:g", person, ledger.now + timedelta(minutes=1))
        return opened

    monkeypatch.setattr(gate, "answer", leak)
    with pytest.raises(AssertionError, match="entry"):
        all_of_it()


def test_a_silence_where_somebody_is_flagged_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is asked where the gate could not open anyway."""
    ask = gate.ask

    def leak(ledger: Ledger, run: Run) -> None:
        if not all(gate.reaches(ledger, person) for person in run.cast):
            gate.not_now(ledger, run, run.cast[:1])
        else:
            ask(ledger, run)

    monkeypatch.setattr(gate, "ask", leak)
    with pytest.raises(AssertionError, match="entry"):
        the_gate_tells_nothing(asked_about(starter=BEN, crisis=True, early=True))
