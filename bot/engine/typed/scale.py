"""A number on a scale, from typed words: 7, about a 7, seven out of ten, siete."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from bot.engine.typed.lexicon import Tables
from bot.engine.typed.reading import Reading, Token, Understood, fit, letters, pattern, understood

NARROW = 0.3
"""The widest range, as a part of the scale, that still says something: 5-7 of ten does, 0-10 does not."""

_OUT_OF = pattern("number|decimal and_half? out_of number")
_NUMBER = pattern("number|decimal and_half?")
_AROUND = ("filler", "article", "thing", "day", "at")


@dataclass(frozen=True, slots=True)
class _Mark:
    """A number that may be meant, and the tokens it takes."""

    value: float
    start: int
    end: int


def scale(words: str, low: int, high: int, tables: Tables) -> Understood[int] | None:
    """The number from `low` to `high` that the words give; a half or a narrow range, rounded half up, is not sure."""
    return understood(words, tables, lambda tokens: _scale(tokens, low, high))


def _scale(tokens: Sequence[Token], low: int, high: int) -> Reading[Understood[int]] | None:
    numbers = _marks(tokens, high)
    strong = [mark for mark in numbers if not tokens[mark.start].has("article", "thing")]
    marks = strong or numbers
    meant = [mark for mark in marks if not _negated(tokens, mark.start)]
    if not meant or any(not low <= mark.value <= high for mark in meant):
        return None
    values = {mark.value for mark in meant}
    if len(values) > 1 and not (len(meant) == 2 and _ranged(tokens, meant[0], meant[1], NARROW * (high - low))):
        return None
    taken = {at for mark in marks for at in range(mark.start, mark.end)}
    around = [token for at, token in enumerate(tokens) if at not in taken and token.has(*_AROUND)]
    explained = len(taken) + len(around) == len(tokens)
    if not strong and not explained:
        return None  # “un”, “one”: a number only where nothing else is said
    value = sum(values) / len(values)
    sure = explained and len(marks) == 1 and value == int(value) and not tokens[marks[0].start].has("article")
    return Reading(letters(tokens[at] for at in taken) + letters(around), Understood(math.floor(value + 0.5), sure))


def _marks(tokens: Sequence[Token], high: int) -> list[_Mark]:
    """The numbers in the tokens; none at all where one counts something else, or stands on another scale."""
    marks: list[_Mark] = []
    at = 0
    while at < len(tokens):
        if tokens[at].has("ratio"):
            value, top = (float(part) for part in tokens[at].text.split("/"))
            mark = _Mark(value, at, at + 1)
        elif found := fit(tokens, at, _OUT_OF):
            number, half, _, of = found.values
            value, top = (number or 0) + (0.5 if half else 0), of or 0
            mark = _Mark(value, at, found.end)
        elif found := fit(tokens, at, _NUMBER):
            number, half = found.values
            value, top = (number or 0) + (0.5 if half else 0), high
            mark = _Mark(value, at, found.end)
        else:
            at += 1
            continue
        if top != high or _counts(tokens, mark.end):
            return []
        if at > 0 and tokens[at - 1].has("minus") and not (at > 1 and tokens[at - 2].has("number")):
            mark = _Mark(-mark.value, at - 1, mark.end)
        marks.append(mark)
        at = mark.end
    return marks


def _counts(tokens: Sequence[Token], at: int) -> bool:
    """Whether the word after a number makes it a number of something, or a time."""
    if at >= len(tokens):
        return False
    after = tokens[at]
    return after.has("counted", "unit", "oclock", "month") or (after.has("am", "pm", "night") and not after.has("day"))


def _negated(tokens: Sequence[Token], at: int) -> bool:
    """Whether “not” stands before this place, with nothing between that says something."""
    while at > 0 and not tokens[at - 1].has("not") and tokens[at - 1].has("filler", "article", "at"):
        at -= 1
    return at > 0 and tokens[at - 1].has("not")


def _ranged(tokens: Sequence[Token], low: _Mark, high: _Mark, widest: float) -> bool:
    """Whether the two numbers are the ends of one narrow range: 6-7, between 6 and 7."""
    inside = tokens[low.end : high.start]
    if abs(high.value - low.value) > widest or not all(
        token.has("range", "join", "article", "filler", "at") for token in inside
    ):
        return False
    opened = any(token.has("between") for token in tokens[: low.start])
    return any(token.has("range") or (opened and token.has("join")) for token in inside)
