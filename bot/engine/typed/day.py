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

LONGEST_TO_SAME_DAY = 62
"""The most days from one 31st to the next."""

_DAY_MONTH = pattern("number|ordinal nth? of? month")
_MONTH_DAY = pattern("month of? number|ordinal nth?")
_YEAR = pattern("of? number")
_DAY_ALONE = pattern("on_the? number|ordinal nth?")
_NO_DAY_BEFORE = ("oclock", "am", "pm", "night", "counted", "unit", "month", "of", "past", "after_hour")


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
    ways = (_dates, _days_of_month, _near_days, _weekdays)
    found = [day for way in ways for day in way(tokens, today)]
    plainest = min((day.plainness for day in found), default=FULL_DATE)
    return [day for day in found if day.plainness == plainest]


def _calendar_date(tokens: Sequence[Token], today: date) -> Reading[date] | None:
    found = days(tokens, today)
    values = {day.value for day in found}
    value = values.pop() if len(values) == 1 else None
    taken = {at for day in found for at in range(day.start, day.end)}
    return Reading(letters(tokens[at] for at in taken), value) if value else None


def _dates(tokens: Sequence[Token], today: date) -> Iterator[Day]:
    end = 0
    for at in range(len(tokens)):
        day = _date_at(tokens, at, today) if at >= end else None
        if day:
            end = day.end
            yield day


def _date_at(tokens: Sequence[Token], at: int, today: date) -> Day | None:
    """The full date at this place: 2026-03-02, 2.3., 2/3/2026, 3 march, march 3rd 2027."""
    token = tokens[at]
    numbers = [int(number) for number in re.findall(r"\d+", token.text)]
    if token.has("iso"):
        return Day(_date(*numbers), FULL_DATE, at, at + 1)
    if token.has("dotted", "slashed"):
        first, second, *years = numbers
        year = years[0] + (2000 if years[0] < 100 else 0) if years else None
        value = _next(year, second, first, today)
        if value is None and token.has("slashed"):
            value = _next(year, first, second, today)
        return Day(value, FULL_DATE, at, at + 1)
    if not (named := _day_and_month(tokens, at)):
        return None
    day, month, end = named
    if (found := fit(tokens, end, _YEAR)) and re.fullmatch(r"(?:19|20)\d\d", tokens[found.end - 1].text):
        return Day(_date(int(tokens[found.end - 1].text), month, day), FULL_DATE, at, found.end)
    return Day(_next(None, month, day, today), FULL_DATE, at, end)


def _day_and_month(tokens: Sequence[Token], at: int) -> tuple[int, int, int] | None:
    """The day, the month and the end of a date in words at this place."""
    if found := fit(tokens, at, _DAY_MONTH):
        day, _, _, month = found.values
        return int(day or 0), int(month or 0), found.end
    if (found := fit(tokens, at, _MONTH_DAY)) and _ends_day(tokens, found.end):
        month, _, day, _ = found.values
        return int(day or 0), int(month or 0), found.end
    return None


def _ends_day(tokens: Sequence[Token], end: int) -> bool:
    """Whether a number before this place can be a day: not in “march 8 pm”."""
    return end == len(tokens) or not tokens[end].has(*_NO_DAY_BEFORE)


def _days_of_month(tokens: Sequence[Token], today: date) -> Iterator[Day]:
    """The next 15th, where no month is said: the 15th, am 15., el 15."""
    for at in range(len(tokens)):
        if (found := fit(tokens, at, _DAY_ALONE)) and _ends_day(tokens, found.end):
            on_the, number, nth = found.values
            if on_the or nth or (tokens[at].has("ordinal") and tokens[at].text[0].isdigit()):
                dates = (_after(today, later) for later in range(LONGEST_TO_SAME_DAY + 1))
                value = next((value for value in dates if value and value.day == number), None)
                yield Day(value, NEAR_DAY, at, found.end)


def _near_days(tokens: Sequence[Token], today: date) -> Iterator[Day]:
    for at, token in enumerate(tokens):
        if token.has("day"):
            yield Day(_after(today, token.senses["day"]), NEAR_DAY, at, at + 1)
    for wait in from_now(tokens):
        if wait.minutes and wait.minutes % DAY == 0:
            yield Day(_after(today, wait.minutes / DAY), NEAR_DAY, wait.start, wait.end)


def _weekdays(tokens: Sequence[Token], today: date) -> Iterator[Day]:
    """The next such day, never today; in “next week” the one after next Monday, and none without a weekday."""
    next_week = [at for at, token in enumerate(tokens) if token.has("next_week")]
    weekdays = [at for at, token in enumerate(tokens) if token.has("weekday")]
    for at in weekdays:
        weekday = int(tokens[at].senses["weekday"])
        ahead = weekday + 7 - today.weekday() if next_week else (weekday - today.weekday()) % 7 or 7
        yield Day(_after(today, ahead), WEEKDAY, at, at + 1)
    for at in [] if weekdays else next_week:
        yield Day(None, WEEKDAY, at, at + 1)


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
