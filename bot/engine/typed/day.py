"""Which day is meant, from typed words: tomorrow, friday, 3 march, 2.3., in two days."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from bot.engine.typed.duration import from_now
from bot.engine.typed.lexicon import Tables
from bot.engine.typed.reading import Reading, Token, agreed, fit, letters, pattern

DAY = 24 * 60
"""In minutes."""

FULL_DATE, NEAR_DAY, WEEKDAY = range(3)
"""How plainly a day is said, plainest first: a full date outdoes “tomorrow”, and that a weekday."""

LEAP_YEARS_APART = 8
"""The most years from one 29 February to the next, around 1900 and 2100."""

_DAY_MONTH = pattern("number|ordinal nth? of? month")
_MONTH_DAY = pattern("month of? number|ordinal nth?")
_YEAR = pattern("of? number")


@dataclass(frozen=True, slots=True)
class Day:
    """A date (None if there is no such date), how plainly it was said, and the tokens it takes."""

    value: date | None
    plainness: int
    start: int
    end: int


def calendar_date(words: str, today: date, tables: Tables) -> date | None:
    """The date that the words name; without a year the next one, today included. To be read back before it counts.

    2/3/2026 is the second of March; the months come first only where that alone makes a date.
    """
    return agreed(words, tables, lambda tokens: _calendar_date(tokens, today))


def days(tokens: Sequence[Token], today: date) -> list[Day]:
    """The days in the tokens, of the plainest kind among them."""
    found = [*_dates(tokens, today), *_near_days(tokens, today), *_weekdays(tokens, today)]
    plainest = min((day.plainness for day in found), default=FULL_DATE)
    return [day for day in found if day.plainness == plainest]


def _calendar_date(tokens: Sequence[Token], today: date) -> Reading[date] | None:
    found = days(tokens, today)
    values = {day.value for day in found}
    value = values.pop() if len(values) == 1 else None
    taken = {at for day in found for at in range(day.start, day.end)}
    return Reading(letters(tokens[at] for at in taken), value) if value else None


def _dates(tokens: Sequence[Token], today: date) -> Iterator[Day]:
    for at, token in enumerate(tokens):
        numbers = [int(number) for number in re.findall(r"\d+", token.text)]
        if token.has("iso"):
            yield Day(_date(*numbers), FULL_DATE, at, at + 1)
        elif token.has("dotted", "slashed"):
            first, second, *years = numbers
            year = years[0] + (2000 if years[0] < 100 else 0) if years else None
            value = _next(year, second, first, today)
            if value is None and token.has("slashed"):
                value = _next(year, first, second, today)
            yield Day(value, FULL_DATE, at, at + 1)
        elif named := _day_of_month(tokens, at):
            day, month, end = named
            year_end = (found := fit(tokens, end, _YEAR)) and found.end
            if year_end and re.fullmatch(r"(?:19|20)\d\d", tokens[year_end - 1].text):
                yield Day(_date(int(tokens[year_end - 1].text), month, day), FULL_DATE, at, year_end)
            else:
                yield Day(_next(None, month, day, today), FULL_DATE, at, end)


def _day_of_month(tokens: Sequence[Token], at: int) -> tuple[int, int, int] | None:
    """The day, the month and the end of a date such as 3 march or march 3rd at this place."""
    if found := fit(tokens, at, _DAY_MONTH):
        day, _, _, month = found.values
        return int(day or 0), int(month or 0), found.end
    found = fit(tokens, at, _MONTH_DAY)
    if found and not (found.end < len(tokens) and tokens[found.end].has("oclock", "am", "pm", "night", "counted")):
        month, _, day, _ = found.values
        return int(day or 0), int(month or 0), found.end
    return None


def _near_days(tokens: Sequence[Token], today: date) -> Iterator[Day]:
    for at, token in enumerate(tokens):
        if token.has("day") and (value := _after(today, token.senses["day"])):
            yield Day(value, NEAR_DAY, at, at + 1)
    for wait in from_now(tokens):
        if wait.minutes and wait.minutes % DAY == 0 and (value := _after(today, wait.minutes / DAY)):
            yield Day(value, NEAR_DAY, wait.start, wait.end)


def _weekdays(tokens: Sequence[Token], today: date) -> Iterator[Day]:
    """The next such day, never today; in “next week” the one of the week that begins next Monday."""
    next_week = any(token.has("next_week") for token in tokens)
    for at, token in enumerate(tokens):
        if token.has("weekday"):
            weekday = int(token.senses["weekday"])
            ahead = weekday + 7 - today.weekday() if next_week else (weekday - today.weekday()) % 7 or 7
            if value := _after(today, ahead):
                yield Day(value, WEEKDAY, at, at + 1)


def _next(year: int | None, month: int, day: int, today: date) -> date | None:
    """The date in that year, or the next one from today on where no year was said."""
    if year is not None:
        return _date(year, month, day)
    found = (_date(today.year + later, month, day) for later in range(LEAP_YEARS_APART + 1))
    return next((value for value in found if value and value >= today), None)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _after(today: date, number: float) -> date | None:
    try:
        return today + timedelta(days=number)
    except OverflowError:
        return None
