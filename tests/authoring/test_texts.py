"""Texts: pieces in reading order, styles, selects, and names that mean something here."""

from __future__ import annotations

from datetime import timedelta

from bot.authoring.draft import DraftStep, Option, Options
from bot.authoring.finding import Finding
from bot.authoring.names import Scope
from bot.authoring.nodes import Entry, Fields, Scalar, read_source
from bot.authoring.texts import read_wording
from bot.engine.flow import (
    AnswerValue,
    Count,
    EndsValue,
    GivenValue,
    Literal,
    Mark,
    Open,
    PartnerName,
    Piece,
    ReaderName,
    RoleName,
    Scale,
    Select,
    Style,
    Value,
)

MARK = Mark("x.yaml", 1, 1)


def step(name: str, verb: str = "ask", **more: object) -> DraftStep:
    return DraftStep(name, MARK, {}, True, verb, **more)  # type: ignore[arg-type]


YES = Options((Option("20 minutes", MARK, Scalar("Twenty", MARK), timedelta(minutes=20)),))
STEPS = {
    "mood": step("mood", shape=Scale(0, 10)),
    "words": step("words", shape=Open.TEXT),
    "how_long": step("how_long", shape=YES),
    "pause": step("pause", "wait"),
    "part": step("part", "run", calls="other"),
}
SCOPE = Scope(roles=("speaker", "listener"), steps=STEPS)


def scalar(text: str) -> Scalar:
    """The text as it stands under `|` in a file, so that places are real."""
    lines = "".join(f"  {line}\n" for line in text.split("\n"))
    node = read_source(f"say: |\n{lines}".encode(), "x.yaml").node
    assert isinstance(node, Fields)
    entry: Entry = node.entries[0]
    assert isinstance(entry.value, Scalar)
    return entry.value


def pieces(text: str, scope: Scope = SCOPE) -> tuple[Piece, ...]:
    found: list[Finding] = []
    wording = read_wording(scalar(text), scope, found)
    assert not found
    return wording.pieces


def faults(text: str, scope: Scope = SCOPE) -> list[tuple[str, int, int]]:
    found: list[Finding] = []
    read_wording(scalar(text), scope, found)
    return [(one.code, one.mark.line, one.mark.column) for one in found]


def subjects(text: str) -> list[object]:
    return [piece.subject for piece in pieces(text) if isinstance(piece, Value | Select)]


def test_names_mean_people_answers_ends_and_parts() -> None:
    assert subjects("{name} {partner} {speaker} { mood }") == [
        ReaderName(),
        PartnerName(),
        RoleName("speaker"),
        AnswerValue("mood"),
    ]
    assert subjects("{partner.mood}{speaker.words}{pause.ends}{part.felt}") == [
        AnswerValue("mood", of="partner"),
        AnswerValue("words", of="speaker"),
        EndsValue("pause"),
        AnswerValue("felt", part="part"),
    ]


def test_two_braces_are_one_and_the_last_line_break_goes() -> None:
    assert pieces("a {{name}} b") == (Literal("a {name} b"),)


def test_stars_and_low_lines_style_whole_words_only() -> None:
    assert pieces("a *big* day") == (Literal("a "), Literal("big", Style.BOLD), Literal(" day"))
    assert pieces("_so soft_, 2*3*4") == (Literal("so soft", Style.ITALIC), Literal(", 2*3*4"))
    assert pieces("see /talk_in_turns or a_b_c") == (Literal("see /talk_in_turns or a_b_c"),)
    assert pieces("one * two * three, *open") == (Literal("one * two * three, *open"),)


def test_a_style_reaches_the_values_inside_it() -> None:
    first, second = pieces("*Dear {name}*")
    assert first == Literal("Dear ", Style.BOLD)
    assert isinstance(second, Value) and second.style is Style.BOLD
    (select,) = pieces("_{mood: one # day | other {name} #}_")
    assert isinstance(select, Select)
    assert select.cases["one"] == (Count(Style.ITALIC), Literal(" day", Style.ITALIC))
    assert [type(one) for one in select.cases["other"]] == [Value, Literal, Count]


def test_a_select_knows_its_cases_also_with_a_blank_in_the_name() -> None:
    (select,) = pieces("{how_long: 20 minutes a short one | skipped none | other some}")
    assert isinstance(select, Select)
    assert dict(select.cases) == {
        "20 minutes": (Literal("a short one"),),
        "skipped": (Literal("none"),),
        "other": (Literal("some"),),
    }


def test_in_a_phrase_every_other_name_is_given() -> None:
    scope = Scope(given=True)
    found = [
        piece.subject
        for piece in pieces("{name} {title} {n: one day | other days}", scope)
        if not isinstance(piece, Literal)
    ]
    assert found == [ReaderName(), GivenValue("title"), GivenValue("n")]


def test_findings_point_at_the_brace_in_its_own_line() -> None:
    assert faults("one\n  {{two}} and {nobody}") == [("A15", 3, 17)]
    assert faults("{name}\n\n{mood") == [("A13", 4, 3)]
    assert faults("so {}") == [("A13", 2, 6)]
    assert faults("{mood.ends} {pause}") == [("A14", 2, 3), ("A16", 2, 15)]
    assert faults("{mood: few a}") == [("A19", 2, 3)]
    assert faults("{speaker: him a | other b}") == [("A20", 2, 3)]
    assert faults("{mood: other {name: he a | other b}}") == [("A20", 2, 3)]
    assert faults("{partner.mood}", Scope(steps=STEPS)) == [("A15", 2, 3)]


def test_a_brace_in_quotes_has_the_column_of_the_file() -> None:
    node = read_source(b'say: "a \\"b\\" {nobody}"\n', "x.yaml").node
    assert isinstance(node, Fields) and isinstance(node.entries[0].value, Scalar)
    found: list[Finding] = []
    read_wording(node.entries[0].value, SCOPE, found)
    assert [(one.code, one.mark.column, one.mark.width) for one in found] == [("A15", 15, 8)]
