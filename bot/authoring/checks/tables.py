"""Checks of tables: every answer has a row, no row is beyond reach, and what is skipped goes somewhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bot.authoring.checks.sheet import Said, Sheet, check
from bot.authoring.draft import DraftStep
from bot.authoring.finding import Severity, listed
from bot.authoring.mentions import values_of
from bot.engine.flow import (
    AnswerValue,
    Ask,
    Between,
    Choices,
    Is,
    NoAnswer,
    Otherwise,
    Quantity,
    Row,
    Scale,
    Share,
    Skipped,
    Step,
    Who,
)


def _answers(step: Step) -> tuple[str, ...] | None:
    """All answers that a question can get; None where they cannot be counted."""
    match step.action:
        case Ask(_, Choices(options)):
            return tuple(option.name for option in options)
        case Ask(_, Scale(low, high)):
            return tuple(str(number) for number in range(low, high + 1))
        case _:
            return None


def _covers(row: Row) -> frozenset[str]:
    """The answers that a row takes by name or range."""
    match row.test:
        case Is(value):
            return frozenset({value})
        case Between(low, high):
            return frozenset(str(number) for number in range(low, high + 1))
        case _:
            return frozenset()


def _quantity(row: Row) -> Quantity | None:
    return row.test.quantity if isinstance(row.test, Is | Between | Skipped) else None


def _missing(step: Step) -> list[str] | None:
    """Answers that no row takes; None where that cannot be said. Where both answer, `either` rows take an answer."""
    every = _answers(step)
    if every is None:
        return None
    taking = Quantity.EITHER if step.who is Who.BOTH else None
    taken = frozenset(answer for row in step.rows if _quantity(row) is taking for answer in _covers(row))
    return [answer for answer in every if answer not in taken]


def _routes_skipped(step: Step) -> bool:
    return any(isinstance(row.test, Skipped | Otherwise) for row in step.rows)


def closed(step: Step) -> bool:
    """Whether one row of this table fits whatever is answered, skipped included."""
    if any(isinstance(row.test, Otherwise) for row in step.rows):
        return True
    return _missing(step) == [] and _routes_skipped(step)


@dataclass(frozen=True, slots=True)
class _Gap:
    code: str
    said: str
    hint: str


def _gap(sheet: Sheet, draft: DraftStep, step: Step) -> _Gap | None:
    """What a table leaves open: one cause, one message, the widest first."""
    asks = isinstance(step.action, Ask)
    if not step.rows:
        return _quoted(sheet, draft, step) if asks else None
    if any(isinstance(row.test, Otherwise) for row in step.rows):
        return None
    missing = _missing(step)
    plain = all(isinstance(row.test, Is | Between | Skipped | NoAnswer) for row in step.rows)
    counted = plain and step.who is not Who.BOTH and any(_covers(row) for row in step.rows)
    if missing and counted:
        answers = f"the answer {missing[0]}" if len(missing) == 1 else f"the answers {listed(missing)}"
        return _Gap("N04", f"No step is given for {answers}.", "Add a line for it, or `otherwise:` at the end.")
    if missing is None or missing or not asks:
        return _Gap("N05", "I cannot be sure that one of these lines always fits.", "Add `otherwise:` at the end.")
    if _routes_skipped(step):
        return None
    said = "The question can be skipped, and no line says where that goes."
    return _quoted(sheet, draft, step) or _Gap("N06", said, "Add `skipped: …` or `otherwise: …`.")


def _quoted(sheet: Sheet, draft: DraftStep, step: Step) -> _Gap | None:
    """N13: a text shows the answer to the other one, and nothing says what happens when there is none to show."""
    if not sheet.flow.roles or draft.share is Share.PRIVATE:
        return None
    for other, text, _ in sheet.texts():
        for piece in values_of(text):
            shown = piece.subject
            if isinstance(shown, AnswerValue) and (shown.step, shown.part) == (step.name, None) and other is not draft:
                quotes = f"“{other.name}” (line {piece.mark.line}) quotes it"
                said = f"“{step.name}” may be kept private or skipped, and {quotes}."
                table = f"Add `skipped: …` to the table of “{step.name}”."
                none = f"Give “{step.name}” a `next` with `skipped: …` and `otherwise: …`."
                return _Gap("N13", said, table if step.rows else none)
    return None


def _gaps(sheet: Sheet, code: str) -> Iterator[Said]:
    for draft, step in sheet.steps():
        gap = _gap(sheet, draft, step)
        if gap is not None and gap.code == code:
            yield draft.mark if code == "N13" else draft.key("next"), gap.said, gap.hint


@check("N04")
def unanswered(sheet: Sheet) -> Iterator[Said]:
    """An answer without a row."""
    yield from _gaps(sheet, "N04")


@check("N05")
def unsure(sheet: Sheet) -> Iterator[Said]:
    """A table of which nobody can say that a row always fits."""
    yield from _gaps(sheet, "N05")


@check("N06")
def skipped_nowhere(sheet: Sheet) -> Iterator[Said]:
    """A table that forgets those who skip."""
    yield from _gaps(sheet, "N06")


@check("N13")
def quoted_nothing(sheet: Sheet) -> Iterator[Said]:
    """A quoted answer that may be missing."""
    yield from _gaps(sheet, "N13")


@check("N02")
def after_otherwise(sheet: Sheet) -> Iterator[Said]:
    """A row under `otherwise`. Time-outs are taken by the clock, not by the table, so they may stand anywhere."""
    for _, step in sheet.steps():
        below = False
        for row in step.rows:
            if below and not isinstance(row.test, NoAnswer):
                said = "This line is never reached: `otherwise` above it takes all the rest."
                yield row.mark, said, "Move `otherwise` to the end."
                break
            below = below or isinstance(row.test, Otherwise)


@check("N03")
def overlapping(sheet: Sheet) -> Iterator[Said]:
    """Two ranges that share some answers, but not all."""
    for _, step in sheet.steps():
        ranges = [row for row in step.rows if isinstance(row.test, Between) and row.test.quantity is None]
        for number, row in enumerate(ranges):
            for earlier in ranges[:number]:
                if _covers(row) & _covers(earlier) and not _covers(row) <= _covers(earlier):
                    said = f"{_shown(row)} overlaps with {_shown(earlier)} on line {earlier.mark.line}."
                    yield row.mark, said, "Give each number to one line."
                    break


@check("N12", Severity.WARNING)
def shadowed(sheet: Sheet) -> Iterator[Said]:
    """A row whose answers are all taken by one above."""
    for _, step in sheet.steps():
        named = [row for row in step.rows if _covers(row)]
        for number, row in enumerate(named):
            for earlier in named[:number]:
                if _quantity(row) is _quantity(earlier) and _covers(row) <= _covers(earlier):
                    said = f"This line can never fit: `{_shown(earlier)}` above takes the same answers."
                    yield row.mark, said, "Delete one of the two."
                    break


def _shown(row: Row) -> str:
    match row.test:
        case Is(value, quantity):
            bare = value
        case Between(low, high, quantity):
            bare = f"{low}-{high}"
        case _:
            return "otherwise"
    return f"{quantity.value} {bare}" if quantity else bare
