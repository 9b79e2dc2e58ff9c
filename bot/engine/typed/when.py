"""Which moment is meant, from typed words: in 20 minutes, at 8, friday at 20:30. Always read back to the person."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from bot.engine.typed.clock import DAY, NOON, Clock, only_clock
from bot.engine.typed.day import days
from bot.engine.typed.duration import HOUR, from_now, is_past
from bot.engine.typed.lexicon import Tables
from bot.engine.typed.reading import Reading, Token, agreed, letters

WAKING = 7 * HOUR
"""A bare “at 5” is meant for the afternoon: an hour below this, said without “am”, is not one of the small hours."""


def when(words: str, now: datetime, tables: Tables) -> datetime | None:
    """The moment after `now` (local time, no zone) that the words name. To be read back before it counts.

    None where no time of day is said, where two are, where the day is unclear, and for the past.
    """
    return agreed(words, tables, lambda tokens: _when(tokens, now))


def _when(tokens: Sequence[Token], now: datetime) -> Reading[datetime] | None:
    waits = [wait for wait in from_now(tokens) if wait.minutes > 0]
    if any(token.has("ratio") for token in tokens) or is_past(tokens) or len(waits) > 1:
        return None
    named = days(tokens, now.date())
    dated = {at for day in named for at in range(day.start, day.end)}
    clock = only_clock(tokens, {at for at in dated if not tokens[at].has("day", "weekday")})
    if waits and not (clock and waits[0].minutes % DAY == 0):
        moment = _later(now, timedelta(minutes=waits[0].minutes))
        used = set(range(waits[0].start, waits[0].end))
    elif clock and len(values := {day.value for day in named}) <= 1 and None not in values:
        moment = _first_after(now, values.pop() if values else None, _meant(clock))
        used = dated | clock.taken(tokens)
    else:
        return None
    return Reading(letters(tokens[at] for at in used), moment) if moment else None


def _first_after(now: datetime, day: date | None, minutes: Sequence[int]) -> datetime | None:
    """The first moment after now among these times of the day; without a day, of today and tomorrow."""
    start = datetime.combine(day or now.date(), time())
    waits = [timedelta(days=later, minutes=minute) for later in ((0,) if day else (0, 1)) for minute in minutes]
    return next((moment for wait in waits if (moment := _later(start, wait)) and moment > now), None)


def _meant(clock: Clock) -> tuple[int, ...]:
    """The minutes of the day that may be meant, likeliest first: a bare 8 is in the morning or else in the evening."""
    if clock.part or clock.exact or not HOUR <= clock.minutes < NOON:
        return clock.options
    afternoon = clock.minutes + NOON
    return (afternoon,) if clock.minutes < WAKING else (clock.minutes, afternoon)


def _later(start: datetime, wait: timedelta) -> datetime | None:
    try:
        return start + wait
    except OverflowError:
        return None
