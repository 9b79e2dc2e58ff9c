"""Whatever is saved comes back equal, and what cannot be read is refused without a word of it."""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.engine.events import Attached, Button, Chart, Message, Picture, Relay, Span
from bot.engine.flow import Share, Style
from bot.engine.run import (
    Answer,
    Clear,
    Crisis,
    Dialog,
    Draft,
    Form,
    Gate,
    Life,
    Light,
    Parting,
    Person,
    Run,
    Safety,
    Talk,
    Trail,
    Waiting,
)
from bot.engine.saved import (
    FORMAT,
    Damaged,
    dump_message,
    dump_person,
    dump_run,
    dump_safety,
    load_message,
    load_person,
    load_run,
    load_safety,
)

EVENING = datetime(2026, 3, 27, 20, 0, 0, 250, tzinfo=UTC)
SECRET = "he hits me"

words = st.text(max_size=12)
names = st.text(st.characters(categories=["Ll", "Nd"], include_characters="_.:"), min_size=1, max_size=8)
numbers = st.integers(0, 1 << 70)
people = st.integers(1, 1 << 60)
moments = st.integers(0, 10**16).map(lambda n: datetime(2000, 1, 1, tzinfo=UTC) + timedelta(microseconds=n))
answers = st.builds(
    Answer, st.sampled_from(Form), words, st.sampled_from(Share), st.sampled_from(Life), st.integers(0, 99)
)
held = st.dictionaries(names, st.dictionaries(people, answers, max_size=2), max_size=3)


def some(values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(names, values, max_size=3)


runs = st.builds(
    Run,
    id=names,
    flow=names,
    structure=names,
    cast=st.lists(people, min_size=1, max_size=2).map(tuple),
    step=names,
    begun=moments,
    entered=moments,
    seed=numbers,
    visit=st.integers(0, 1 << 40),
    parent=st.none() | names,
    visits=some(st.integers(0, 50)),
    answers=held,
    ends=some(moments),
    worded=some(st.integers(0, 9)),
    drafts=st.dictionaries(people, st.builds(Draft, st.sampled_from(Form), words, st.booleans()), max_size=2),
    picks=st.dictionaries(people, st.lists(names, max_size=3).map(tuple), max_size=2),
    parts=some(held),
    joined=st.frozensets(people, max_size=2),
    untold=st.frozensets(people, max_size=2),
    lined=st.frozensets(people, max_size=2),
    lock=some(names),
    gate=st.none() | st.builds(Gate, moments, st.dictionaries(people, names, max_size=2)),
    trail=st.none() | st.builds(Trail, people, names, st.integers(0, 99)),
    suspended=st.booleans(),
    late=st.booleans(),
    parting=st.none() | st.builds(Parting, st.frozensets(people, min_size=1), moments),
    held=st.none() | moments,
)

dialogs = st.builds(Dialog, st.sampled_from(Talk), words)

persons = st.builds(
    Person,
    id=people,
    name=words,
    pronoun=st.sampled_from(["she", "he", "other"]),
    zone=st.none() | names,
    language=st.sampled_from(["en", "uk"]),
    country=st.none() | names,
    met=st.booleans(),
    away=st.booleans(),
    missed=st.booleans(),
    partner=st.none() | people,
    pending=st.none() | people,
    knocked=st.booleans(),
    linked=st.none() | moments,
    dialog=st.none() | dialogs,
    finished=some(st.integers(1, 9)),
    rhythm=some(names),
    last=some(words),
    wordings=some(st.lists(st.integers(0, 9), max_size=3).map(tuple)),
    turns=some(people),
    left=st.none() | moments,
    shared_phone=st.none() | st.booleans(),
    minor=st.booleans(),
    topic=st.none() | moments,
    waiting=st.none()
    | st.builds(Waiting, words, st.lists(names, max_size=2).map(tuple), st.none() | dialogs, st.booleans()),
)

several = st.lists(names, max_size=3).map(tuple)
crises = st.builds(Crisis, names, moments, moments, st.booleans(), st.booleans(), several, st.none() | moments, several)
told = st.builds(
    Safety,
    clear=st.sampled_from(Clear),
    declined=several,
    question=st.none() | st.integers(0, 7),
    worry=st.booleans(),
    asked=st.none() | moments,
    crisis=st.none() | crises,
    checked=some(names),
    light=st.none() | st.builds(Light, names, moments),
)

charts = st.builds(Chart, names, names, st.just(0), st.just(10), st.integers(1, 30), words, words)
messages = st.builds(
    Message,
    words,
    st.lists(st.builds(Span, st.integers(0, 9), st.integers(1, 9), st.sampled_from(Style)), max_size=2).map(tuple),
    st.lists(st.lists(st.builds(Button, words, words, words), max_size=2).map(tuple), max_size=2).map(tuple),
    st.none() | charts | st.builds(Picture, names, words) | st.builds(Relay, st.sampled_from(Attached), names),
)


@settings(deadline=None)
@given(runs)
def test_a_run_comes_back_equal(run: Run) -> None:
    back = load_run(dump_run(run))
    assert back == run
    assert dump_run(back) == dump_run(run)


@settings(deadline=None)
@given(persons)
def test_a_person_comes_back_equal(person: Person) -> None:
    assert load_person(dump_person(person)) == person


@settings(deadline=None)
@given(told)
def test_what_was_told_in_private_comes_back_equal(safety: Safety) -> None:
    assert load_safety(dump_safety(safety)) == safety


@given(messages)
def test_a_message_comes_back_equal(message: Message) -> None:
    assert load_message(dump_message(message)) == message


def run_at(moment: datetime) -> Run:
    return Run("r", "f", "s", (1, 2), "ask", moment, moment, 1, ends={"wait": moment})


def test_moments_keep_their_instant_whatever_zone_they_came_in() -> None:
    there = EVENING.astimezone(timezone(timedelta(hours=10, minutes=30)))
    back = load_run(dump_run(run_at(there)))
    assert back.ends["wait"] == EVENING and back.ends["wait"].utcoffset() == timedelta(0)


def test_every_field_is_saved() -> None:
    """A field added to a run or a person and forgotten here would be lost at the next restart."""
    full_run = Run(
        id="r",
        flow="f",
        structure="s",
        cast=(1, 2),
        step="ask",
        begun=EVENING,
        entered=EVENING,
        seed=5,
        visit=3,
        parent="p",
        visits={"ask": 2},
        answers={"ask": {1: Answer(Form.WORDS, "x", Share.NOW, Life.REVEALED, 3)}},
        ends={"w": EVENING},
        worded={"ask": 1},
        drafts={1: Draft(Form.VOICE, "x", True)},
        picks={2: ("tea", "walk")},
        parts={"turn": {"ask": {2: Answer(Form.SKIPPED, "", Share.PRIVATE, Life.PRIVATE, 1)}}},
        joined=frozenset({1, 2}),
        untold=frozenset({2}),
        lined=frozenset({1}),
        lock={"part": "hash"},
        gate=Gate(EVENING, {1: "y"}),
        trail=Trail(1, "ask", 2),
        suspended=True,
        late=True,
        parting=Parting(frozenset({1}), EVENING),
        held=EVENING,
    )
    full_person = Person(
        id=1,
        name="Ana",
        pronoun="she",
        zone="Asia/Kathmandu",
        language="uk",
        country="GB",
        met=True,
        away=True,
        missed=True,
        partner=2,
        pending=3,
        knocked=True,
        linked=EVENING,
        dialog=Dialog(Talk.BREAK, "time_out time out"),
        finished={"f": 1},
        rhythm={"f": "on"},
        last={"f.s": "7"},
        wordings={"f/s": (1, 0)},
        turns={"f": 2},
        left=EVENING,
        forgotten=True,
        introduced=True,
        told=True,
        shared_phone=False,
        minor=True,
        quiet="22:00-08:00",
        topic=EVENING,
        talked=EVENING,
        worse={"f": 1},
        judged={"f": "x"},
        waiting=Waiting(SECRET, ("r",), Dialog(Talk.NAME), minor=True),
    )
    bare_run = Run("r", "f", "s", (1,), "ask", EVENING - timedelta(1), EVENING - timedelta(1), 0)
    for full, bare, back in (
        (full_run, bare_run, load_run(dump_run(full_run))),
        (full_person, Person(1, "?"), load_person(dump_person(full_person))),
    ):
        assert back == full
        same = {"id", "flow", "structure", "step"}
        unset = [name for name in vars(bare) if name not in same and vars(full).get(name) == vars(bare)[name]]
        assert unset == [], "this test no longer sets every field"
        assert set(vars(back)) == set(vars(full)), "a field was lost"


LOADERS: tuple[Callable[[str], object], ...] = (load_run, load_person, load_message, load_safety)


@pytest.mark.parametrize("load", LOADERS)
@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", "7", '"x"', "{}", '{"format":1}', '{"format":"x"}', "\x00", "NaN"]
)
def test_what_is_no_saved_row_is_damaged(load: Callable[[str], object], text: str) -> None:
    with pytest.raises(Damaged):
        load(text)


@pytest.mark.parametrize("load", LOADERS)
def test_a_row_nested_without_end_is_damaged(load: Callable[[str], object]) -> None:
    with pytest.raises(Damaged):
        load("[" * 200_000)


@pytest.mark.parametrize(
    ("load", "row"),
    [
        (load_run, dump_run(run_at(EVENING))),
        (load_person, dump_person(Person(1, "Ana"))),
        (load_message, dump_message(Message("Hello"))),
        (load_safety, dump_safety(Safety())),
    ],
)
def test_a_newer_format_is_refused(load: Callable[[str], object], row: str) -> None:
    newer = json.dumps({**json.loads(row), "format": FORMAT + 1})
    with pytest.raises(Damaged, match="newer"):
        load(newer)


RUN = dump_run(
    Run(
        "r",
        "f",
        "s",
        (1, 2),
        "ask",
        EVENING,
        EVENING,
        1,
        answers={"ask": {1: Answer(Form.WORDS, SECRET, Share.NOW, Life.OFFERED, 1)}},
        drafts={1: Draft(Form.WORDS, SECRET)},
        gate=Gate(EVENING, {1: SECRET}),
        trail=Trail(1, SECRET, 1),
        ends={"wait": EVENING},
    )
)

DAMAGE: tuple[tuple[str, Any], ...] = (
    ("cast", None),
    ("cast", 7),
    ("begun", SECRET),
    ("begun", 7),
    ("entered", None),
    ("answers", [SECRET]),
    ("answers", {"ask": {"1": [SECRET, SECRET, "now", "offered", 1]}}),
    ("answers", {"ask": {"1": ["words", SECRET, SECRET, "offered", 1]}}),
    ("answers", {"ask": {"1": ["words", SECRET, "now", SECRET, 1]}}),
    ("answers", {"ask": {"1": ["words", SECRET]}}),
    ("answers", {"ask": {SECRET: ["words", SECRET, "now", "offered", 1]}}),
    ("answers", {"ask": SECRET}),
    ("drafts", {"1": [SECRET, SECRET, False]}),
    ("drafts", {SECRET: ["words", SECRET, False]}),
    ("drafts", SECRET),
    ("picks", {SECRET: ["tea"]}),
    ("gate", {"until": SECRET, "said": {}}),
    ("gate", {"until": EVENING.isoformat(), "said": {SECRET: "y"}}),
    ("gate", SECRET),
    ("trail", [1]),
    ("ends", {"wait": SECRET}),
    ("joined", 7),
)


@pytest.mark.parametrize(("field", "value"), DAMAGE)
def test_a_damaged_run_says_so_without_a_word_of_it(field: str, value: object) -> None:
    """Law 10: what is logged, the whole chain of causes included, holds nobody's words."""
    with pytest.raises(Damaged) as damaged:
        load_run(json.dumps({**json.loads(RUN), field: value}))
    assert SECRET not in "".join(traceback.format_exception(damaged.value))


@pytest.mark.parametrize(
    "change",
    [
        {"dialog": [SECRET, "x"]},
        {"dialog": SECRET},
        {"linked": SECRET},
        {"wordings": 7},
        {"wordings": {"a": 1}},
        {"waiting": [SECRET]},
        {"waiting": [SECRET, [], [SECRET, ""], False]},
    ],
)
def test_a_damaged_person_says_so_without_a_word_of_it(change: dict[str, Any]) -> None:
    with pytest.raises(Damaged) as damaged:
        load_person(json.dumps({"format": 1, "id": 1, "name": SECRET, **change}))
    assert SECRET not in "".join(traceback.format_exception(damaged.value))


@pytest.mark.parametrize(
    "change", [{"crisis": [SECRET]}, {"crisis": SECRET}, {"light": [SECRET, SECRET]}, {"clear": SECRET}]
)
def test_damaged_safety_state_says_so_without_a_word_of_it(change: dict[str, Any]) -> None:
    with pytest.raises(Damaged) as damaged:
        load_safety(json.dumps({**json.loads(dump_safety(Safety())), **change}))
    assert SECRET not in "".join(traceback.format_exception(damaged.value))


@pytest.mark.parametrize(
    "change", [{"media": [SECRET]}, {"media": ["relay", SECRET, "f"]}, {"spans": [[0, 1, SECRET]]}, {"buttons": [[7]]}]
)
def test_a_damaged_message_says_so_without_a_word_of_it(change: dict[str, Any]) -> None:
    with pytest.raises(Damaged) as damaged:
        load_message(json.dumps({"format": 1, "text": SECRET, **change}))
    assert SECRET not in "".join(traceback.format_exception(damaged.value))


@settings(deadline=None)
@given(st.integers(0, len(RUN) - 1), st.text(max_size=3))
def test_a_row_cut_or_scribbled_over_loads_or_is_damaged(at: int, scribble: str) -> None:
    """Whatever happened to a row, no other error comes out of it."""
    for text in (RUN[:at], RUN[:at] + scribble + RUN[at + 1 :]):
        try:
            loaded = load_run(text)
        except Damaged:
            continue
        assert isinstance(loaded, Run)
