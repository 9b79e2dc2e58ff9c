"""Texts for one reader: values, cases, styles, direction fences, promised times, and answers that are not theirs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from odd_flows import library

from bot.engine.events import Attached, Relay, Span
from bot.engine.flow import (
    AnswerValue,
    Choice,
    Choices,
    Count,
    EndsValue,
    Expected,
    FlowValue,
    GivenValue,
    Literal,
    Mark,
    PartnerName,
    Piece,
    ReaderName,
    RoleName,
    Select,
    Share,
    Style,
    Subject,
    Text,
    Value,
    Wording,
)
from bot.engine.run import Answer, Form, Life, Person
from bot.engine.text import ISOLATE, POP, Given, Page, Quoted, clean_name, ends, isolate, plain, plural, render

HERE = Mark("a_test.yaml", 1, 1)
NOW = datetime(2026, 3, 27, 20, 0, tzinfo=UTC)
ANA = Person(1, "Ana", pronoun="she", zone="Europe/Berlin")
BEN = Person(2, "Ben", pronoun="he")
NOUR = Person(3, "נור", pronoun="other")


def show(subject: Subject, style: Style = Style.PLAIN) -> Value:
    return Value(subject, style, HERE)


def cases(subject: Subject, **words: str) -> Select:
    return Select(subject, {name: (Literal(text),) for name, text in words.items()}, HERE)


def page(reader: Person = ANA, partner: Person | None = BEN, **more: object) -> Page:
    return Page(reader, partner, NOW, library().phrases, **more)  # type: ignore[arg-type]


def words(*pieces: Piece, on: Page | None = None) -> str:
    return render(Wording(pieces, HERE), on or page()).text


def answered(
    form: Form, value: str = "", *, owner: int = BEN.id, life: Life = Life.OFFERED, expects: Expected | None = None
) -> Page:
    """A page on which every answer is this one."""
    answer = Answer(form, value, Share.NOW, life, 1)
    return page(quote=lambda _: Quoted(answer, owner, expects))


SPEAK = AnswerValue("speak")


def test_names() -> None:
    on = page(roles={"speaker": BEN})
    assert words(show(ReaderName()), Literal(" and "), show(PartnerName()), on=on) == "Ana and Ben"
    assert words(show(RoleName("speaker")), on=on) == "Ben"


def test_nobody_linked_reads_your_partner() -> None:
    assert words(show(PartnerName()), on=page(partner=None)) == "your partner"


def test_a_name_of_another_script_is_fenced() -> None:
    assert words(show(PartnerName()), on=page(partner=NOUR)) == f"{ISOLATE}נור{POP}"


@pytest.mark.parametrize(("pronoun", "read"), [("he", "himself"), ("she", "herself"), ("other", "themselves")])
def test_a_case_by_pronoun(pronoun: str, read: str) -> None:
    select = cases(RoleName("speaker"), he="himself", she="herself", other="themselves")
    assert words(select, on=page(roles={"speaker": Person(9, "X", pronoun=pronoun)})) == read


def test_a_case_for_a_pronoun_nobody_wrote_is_other() -> None:
    assert words(cases(ReaderName(), he="his", other="theirs")) == "theirs"
    assert words(cases(PartnerName(), he="his", other="theirs"), on=page(partner=None)) == "theirs"


@pytest.mark.parametrize(("number", "read"), [(0, "0 steps"), (1, "1 step"), (2, "2 steps"), (-1, "-1 step")])
def test_a_plural_with_its_number(number: int, read: str) -> None:
    select = Select(GivenValue("n"), {"one": (Count(), Literal(" step")), "other": (Count(), Literal(" steps"))}, HERE)
    assert words(select, on=page(given={"n": Given(str(number), number)})) == read


def test_plural_categories() -> None:
    assert [plural(number) for number in (-1, 0, 1, 2, 10)] == ["one", "other", "one", "other", "other"]


def test_a_case_by_choice_and_by_number_of_an_answer() -> None:
    by_choice = cases(SPEAK, calm="Good", skipped="Nothing said", other="Else")
    assert words(by_choice, on=answered(Form.CHOICE, "calm")) == "Good"
    assert words(by_choice, on=answered(Form.CHOICE, "angry")) == "Else"
    assert words(by_choice, on=answered(Form.SKIPPED)) == "Nothing said"
    by_number = cases(SPEAK, one="One", other="Many")
    assert words(by_number, on=answered(Form.NUMBER, "1")) == "One"
    assert words(by_number, on=answered(Form.NUMBER, "0")) == "Many"


@pytest.mark.parametrize("life", [Life.PRIVATE, Life.SEALED, Life.WITHDRAWN])
@pytest.mark.parametrize("form", [Form.WORDS, Form.CHOICE, Form.VOICE, Form.PHOTO, Form.NUMBER])
def test_an_answer_that_is_not_offered_is_kept_from_the_other(life: Life, form: Form) -> None:
    on = answered(form, "7", life=life)
    rendered = render(Wording((show(SPEAK), cases(SPEAK, one="A", other="B", skipped="C")), HERE), on)
    assert rendered.text == "(kept private)C"
    assert rendered.relays == () and rendered.showed == ()


@pytest.mark.parametrize("life", list(Life))
def test_ones_own_answer_is_always_readable(life: Life) -> None:
    rendered = render(Wording((show(SPEAK),), HERE), answered(Form.WORDS, "mine", owner=ANA.id, life=life))
    assert rendered.text == "“mine”"
    assert rendered.showed == (), "showing somebody their own words reveals nothing"


def test_skipped_kept_and_never_given_read_the_same() -> None:
    never = page(quote=lambda _: Quoted(None, None, None))
    kept = answered(Form.WORDS, "words", life=Life.PRIVATE)
    assert len({words(show(SPEAK), on=one) for one in (never, kept, answered(Form.SKIPPED))}) == 1


def test_answers_as_they_are_quoted() -> None:
    two = (
        Choice("tea_time", Text((Wording((Literal("Some tea"),), HERE),)), HERE),
        Choice("walk", Text((Wording((Literal("A walk, "), show(ReaderName())), HERE),)), HERE),
    )
    expects = Choices(two, 2)
    assert words(show(SPEAK), on=answered(Form.WORDS, "I <b>felt</b> {name} *x*")) == "“I <b>felt</b> {name} *x*”"
    assert words(show(SPEAK), on=answered(Form.ALOUD)) == "(said aloud)"
    assert words(show(SPEAK), on=answered(Form.NUMBER, "7")) == "7"
    assert words(show(SPEAK), on=answered(Form.TIME, "20:30")) == "20:30"
    assert words(show(SPEAK), on=answered(Form.CHOICE, "tea_time", expects=expects)) == "Some tea"
    assert words(show(SPEAK), on=answered(Form.PICKS, "walk,tea_time", expects=expects)) == "A walk, Ana, Some tea"
    assert words(show(SPEAK), on=answered(Form.CHOICE, "old_choice", expects=expects)) == "old choice"


def test_notes_are_passed_on_beside_the_text() -> None:
    voice = render(Wording((show(SPEAK),), HERE), answered(Form.VOICE, "file-1"))
    assert (voice.text, voice.relays) == ("(a voice message)", (Relay(Attached.VOICE, "file-1"),))
    photo = render(Wording((show(SPEAK),), HERE), answered(Form.PHOTO, "file-2"))
    assert (photo.text, photo.relays) == ("(a photo)", (Relay(Attached.PHOTO, "file-2"),))
    assert voice.showed == ((BEN.id, SPEAK),)


def test_an_answer_of_another_flow() -> None:
    value, select = (
        FlowValue("setup", "signal"),
        cases(FlowValue("setup", "signal"), one="One", skipped="No", other="O"),
    )
    me = Person(1, "Ana", last={"setup.signal": "red_card"})
    assert words(show(value), on=page(me)) == "red card"
    assert words(show(value)) == "(kept private)"
    assert words(select, on=page(Person(1, "Ana", last={"setup.signal": "1"}))) == "One"
    assert words(select) == "No"


def test_styles_become_spans() -> None:
    pieces = (Literal("Hi "), Literal("you", Style.BOLD), Literal(" and "), show(PartnerName(), Style.ITALIC))
    rendered = render(Wording(pieces, HERE), page())
    assert rendered.text == "Hi you and Ben"
    assert rendered.spans == (Span(3, 3, Style.BOLD), Span(11, 3, Style.ITALIC))


def test_a_style_around_nothing_is_no_span() -> None:
    rendered = render(Wording((Literal("a"), Literal("", Style.BOLD), Literal(" ", Style.ITALIC)), HERE), page())
    assert rendered.spans == ()


def test_typed_markup_makes_no_span() -> None:
    rendered = render(Wording((show(SPEAK),), HERE), answered(Form.WORDS, "*bold* _italic_ `code`"))
    assert rendered.spans == () and "*bold* _italic_ `code`" in rendered.text


def test_a_value_that_the_page_does_not_hold_is_a_mistake_of_ours() -> None:
    with pytest.raises(KeyError):
        words(show(RoleName("nobody")))


# --- fences -----------------------------------------------------------------------------------------------------------


@given(st.text(max_size=60))
def test_a_fence_can_not_be_broken_from_inside(typed: str) -> None:
    """Counted as a reader's phone counts, nothing typed ends before its fence does, on any line."""
    for line in isolate(typed).split("\n"):
        if line.isascii():
            continue
        assert line[0] == ISOLATE and line[-1] == POP
        depth = 0
        for number, sign in enumerate(line):
            depth += (sign in "\u2066\u2067\u2068") - (sign == POP)
            assert depth > 0 or number == len(line) - 1, "the fence is open in the middle"
        assert depth == 0


@given(
    st.text(alphabet=st.characters(exclude_characters="\u2066\u2067\u2068\u2069\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"))
)
def test_a_fence_keeps_every_letter(typed: str) -> None:
    assert plain(isolate(typed)) == typed


@given(st.text(alphabet=st.characters(max_codepoint=127)))
def test_plain_letters_need_no_fence(typed: str) -> None:
    assert isolate(typed) == typed


def test_every_line_has_a_fence_of_its_own() -> None:
    assert isolate("שלום\n\nok é") == f"{ISOLATE}שלום{POP}\n\n{ISOLATE}ok é{POP}"


@given(st.text())
def test_a_name_fits_a_line(typed: str) -> None:
    name = clean_name(typed)
    assert len(name) <= 40 and name == name.strip() and "\n" not in name
    assert not set(name) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200b\u200e\u200f\x00\t")
    assert clean_name(name) == name


# --- promised times ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("after", "nowhere", "berlin"),
    [
        (timedelta(minutes=20), "in 20 minutes", "in 20 minutes (21:20)"),
        (timedelta(minutes=1), "in 1 minute", "in 1 minute (21:01)"),
        (timedelta(seconds=5), "in 1 minute", "in 1 minute (21:00)"),
        (timedelta(minutes=89), "in 89 minutes", "in 89 minutes (22:29)"),
        (timedelta(hours=2), "in 2 hours", "in 2 hours (23:00)"),
        (timedelta(hours=12), "in 12 hours", "in 12 hours (tomorrow 09:00)"),
        (timedelta(days=2), "in 2 days", "in 2 days (29.3. 22:00)"),
        (timedelta(hours=-1), "in 1 minute", "in 1 minute (20:00)"),
    ],
)
def test_a_promised_end_reads_in_the_readers_own_time(after: timedelta, nowhere: str, berlin: str) -> None:
    """Two days later the clocks in Berlin have been put forward."""
    assert ends(page(BEN), NOW + after) == nowhere
    assert ends(page(ANA), NOW + after) == berlin
    assert words(show(EndsValue("pause")), on=page(ANA, ends={"pause": NOW + after})) == berlin


def test_an_end_that_is_not_known_yet() -> None:
    assert words(show(EndsValue("pause"))) == "later"
