"""Texts with their values filled in, for one reader. Escaped by construction: typed words are never read as markup.

Nothing in here decides who may read an answer; it asks the answer.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import assert_never
from zoneinfo import ZoneInfo

from bot.engine.events import Attached, PersonId, Relay, Span
from bot.engine.flow import (
    AnswerValue,
    Choices,
    Count,
    EndsValue,
    Expected,
    FlowValue,
    GivenValue,
    Literal,
    PartnerName,
    ReaderName,
    RoleName,
    Select,
    Style,
    Subject,
    Text,
    Value,
    Wording,
)
from bot.engine.run import Answer, Form, Life, Person

ISOLATE, POP = "\u2068", "\u2069"
OPENERS = "\u2066\u2067\u2068"


@dataclass(frozen=True, slots=True)
class Given:
    """A value for a phrase. `number` chooses a plural case; `typed` words get isolated."""

    text: str
    number: int | None = None
    typed: bool = False


@dataclass(frozen=True, slots=True)
class Quoted:
    """An answer found for a text: whose it is, and what was expected (for the words on its button)."""

    answer: Answer | None
    owner: PersonId | None
    expects: Expected | None


@dataclass(frozen=True, slots=True)
class Page:
    """What one reader's text can draw on. `quote` finds answers; `phrases` has the words for one that is kept back."""

    reader: Person
    partner: Person | None
    now: datetime
    phrases: Mapping[str, Text]
    roles: Mapping[str, Person] = field(default_factory=dict)
    quote: Callable[[AnswerValue], Quoted] | None = None
    ends: Mapping[str, datetime] = field(default_factory=dict)
    given: Mapping[str, Given] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rendered:
    """A text as the reader will see it, what has to be passed on beside it, and whose answers it showed."""

    text: str
    spans: tuple[Span, ...] = ()
    relays: tuple[Relay, ...] = ()
    showed: tuple[tuple[PersonId, AnswerValue], ...] = ()


def isolate(words: str) -> str:
    """Words somebody typed, fenced line by line so that their direction cannot turn the rest of the message round."""
    if words.isascii():
        return words
    return "\n".join(f"{ISOLATE}{_balanced(line)}{POP}" if line else line for line in words.splitlines())


def _balanced(line: str) -> str:
    """Without the closing marks that would open our own fence, and with the ones that are missing inside it."""
    depth, kept = 0, []
    for sign in line:
        if sign in OPENERS:
            depth += 1
        elif sign == POP:
            if depth == 0:
                continue
            depth -= 1
        kept.append(sign)
    return "".join(kept) + POP * depth


def plain(text: str) -> str:
    """The text without fences, as a test or a search reads it."""
    return text.replace(ISOLATE, "").replace(POP, "")


def clean_name(name: str) -> str:
    """A first name fit for a line: no control or direction signs, one line, at most 40 characters."""
    spaced = (" " if sign.isspace() else sign for sign in name)
    kept = "".join(sign for sign in spaced if unicodedata.category(sign) not in ("Cc", "Cf", "Cs"))
    return " ".join(kept.split())[:40].rstrip()


class _Writer:
    __slots__ = ("length", "page", "parts", "relays", "showed", "spans")

    def __init__(self, page: Page) -> None:
        self.page = page
        self.parts: list[str] = []
        self.length = 0
        self.spans: list[Span] = []
        self.relays: list[Relay] = []
        self.showed: list[tuple[PersonId, AnswerValue]] = []

    def add(self, text: str, style: Style) -> None:
        if style is not Style.PLAIN and text.strip():
            self.spans.append(Span(self.length, len(text), style))
        self.parts.append(text)
        self.length += len(text)

    def wording(self, wording: Wording) -> None:
        for piece in wording.pieces:
            match piece:
                case Literal(text, style):
                    self.add(text, style)
                case Value(subject, style, _):
                    self.add(self.value(subject), style)
                case Select(subject, cases, _):
                    self.select(subject, cases)
                case _:
                    assert_never(piece)

    def select(self, subject: Subject, cases: Mapping[str, tuple[Literal | Value | Count, ...]]) -> None:
        case, number = self.case(subject)
        for piece in cases.get(case, cases["other"]):
            match piece:
                case Literal(text, style):
                    self.add(text, style)
                case Value(inner, style, _):
                    self.add(self.value(inner), style)
                case Count(style):
                    self.add("" if number is None else str(number), style)
                case _:
                    assert_never(piece)

    def case(self, subject: Subject) -> tuple[str, int | None]:
        match subject:
            case ReaderName():
                return self.page.reader.pronoun, None
            case PartnerName():
                return (self.page.partner.pronoun if self.page.partner else "other"), None
            case RoleName(role):
                return self.page.roles[role].pronoun, None
            case AnswerValue():
                answer = self.found(subject).answer
                if answer is None or answer.form is Form.SKIPPED:
                    return "skipped", None
                return (
                    (plural(int(answer.value)), int(answer.value))
                    if answer.form is Form.NUMBER
                    else (answer.value, None)
                )
            case GivenValue(name):
                given = self.page.given[name]
                return (given.text, None) if given.number is None else (plural(given.number), given.number)
            case FlowValue(flow, step):
                last = self.page.reader.last.get(f"{flow}.{step}", "skipped")
                return (plural(int(last)), int(last)) if last.lstrip("-").isdigit() else (last, None)
            case EndsValue():
                return "other", None
            case _:
                assert_never(subject)

    def value(self, subject: Subject) -> str:
        match subject:
            case ReaderName():
                return isolate(self.page.reader.name)
            case PartnerName():
                return isolate(self.page.partner.name) if self.page.partner else self.phrase("value.partner")
            case RoleName(role):
                return isolate(self.page.roles[role].name)
            case AnswerValue():
                return self.quote(subject)
            case EndsValue(step):
                end = self.page.ends.get(step)
                return self.phrase("value.later") if end is None else ends(self.page, end)
            case FlowValue(flow, step):
                last = self.page.reader.last.get(f"{flow}.{step}")
                return self.phrase("value.kept") if last is None else isolate(last.replace("_", " "))
            case GivenValue(name):
                given = self.page.given[name]
                return isolate(given.text) if given.typed else given.text
            case _:
                assert_never(subject)

    def phrase(self, key: str) -> str:
        return render(self.page.phrases[key].wordings[0], self.page).text

    def found(self, subject: AnswerValue) -> Quoted:
        """The answer, where this reader may read it; without it, still whose it is and what was asked."""
        quoted = self.page.quote(subject) if self.page.quote is not None else Quoted(None, None, None)
        if quoted.answer is None or quoted.owner == self.page.reader.id:
            return quoted
        return quoted if quoted.answer.life in (Life.OFFERED, Life.REVEALED) else replace(quoted, answer=None)

    def quote(self, subject: AnswerValue) -> str:
        quoted = self.found(subject)
        answer = quoted.answer
        if answer is None:
            return self.phrase("value.kept")
        if quoted.owner is not None and quoted.owner != self.page.reader.id:
            self.showed.append((quoted.owner, subject))
        if not answer.value and answer.form in (Form.WORDS, Form.VOICE, Form.PHOTO):
            return self.phrase("value.unkept")
        match answer.form:
            case Form.SKIPPED:
                return self.phrase("value.kept")
            case Form.ALOUD:
                return self.phrase("value.aloud")
            case Form.VOICE:
                self.relays.append(Relay(Attached.VOICE, answer.value))
                return self.phrase("value.voice")
            case Form.PHOTO:
                self.relays.append(Relay(Attached.PHOTO, answer.value))
                return self.phrase("value.photo")
            case Form.WORDS:
                return f"“{isolate(answer.value)}”"
            case Form.NUMBER | Form.TIME | Form.DATE:
                return answer.value
            case Form.CHOICE | Form.PICKS:
                return self.labels(answer.value.split(","), quoted.expects)
            case _:
                assert_never(answer.form)

    def labels(self, names: Iterable[str], expects: Expected | None) -> str:
        labels = {one.name: one.label for one in expects.options} if isinstance(expects, Choices) else {}
        return ", ".join(
            render(labels[name].wordings[0], self.page).text if name in labels else name.replace("_", " ")
            for name in names
        )


def plural(number: int) -> str:
    """The plural category of a whole number in English (CLDR: one, other)."""
    return "one" if abs(number) == 1 else "other"


def ends(page: Page, end: datetime) -> str:
    """How long until a promised moment, and its clock time where the reader's zone is known."""
    left = max(end - page.now, timedelta(0))
    minutes = round(left / timedelta(minutes=1))
    if minutes < 60 or (minutes < 120 and minutes % 60):
        words = _counted(page, "ends.minutes", max(minutes, 1))
    elif minutes < 36 * 60:
        words = _counted(page, "ends.hours", round(minutes / 60))
    else:
        words = _counted(page, "ends.days", round(minutes / 60 / 24))
    if page.reader.zone is None:
        return words
    zone = ZoneInfo(page.reader.zone)
    local, today = end.astimezone(zone), page.now.astimezone(zone).date()
    days = (local.date() - today).days
    key = "ends.today" if days == 0 else "ends.tomorrow" if days == 1 else "ends.date"
    given = {"words": Given(words), "clock": Given(f"{local:%H:%M}"), "date": Given(f"{local.day}.{local.month}.")}
    return _own(page, key, given)


def _counted(page: Page, key: str, number: int) -> str:
    return _own(page, key, {"n": Given(str(number), number)})


def _own(page: Page, key: str, given: Mapping[str, Given]) -> str:
    own = Page(page.reader, page.partner, page.now, page.phrases, given=given)
    return render(page.phrases[key].wordings[0], own).text


def fixed(wording: Wording) -> str | None:
    """The whole text where it is the same for everybody, as on most buttons; None where something is filled in."""
    only = wording.pieces[0] if len(wording.pieces) == 1 else None
    return only.text if isinstance(only, Literal) and only.style is Style.PLAIN else None


def render(wording: Wording, page: Page) -> Rendered:
    """One wording for one reader. Raises KeyError for a value the page does not hold: checks refuse such a flow."""
    words = fixed(wording)
    if words is not None:
        return Rendered(words)
    writer = _Writer(page)
    writer.wording(wording)
    text = "".join(writer.parts)
    return Rendered(text, tuple(writer.spans), tuple(writer.relays), tuple(writer.showed))
