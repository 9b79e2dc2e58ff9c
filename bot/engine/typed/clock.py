"""Which time of day is meant, from typed words: 8pm, half past seven, 20:30, halb acht, a las ocho y media."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import time

from bot.engine.typed.duration import is_past
from bot.engine.typed.lexicon import Tables
from bot.engine.typed.reading import Reading, Slot, Token, agreed, fit, letters, pattern

HOUR, NOON, DAY = 60, 12 * 60, 24 * 60
"""In minutes."""

FROM_DUSK = 5
"""At night, hours from here to eleven are those before midnight: 8 at night is 20:00, 2 at night is 02:00."""

LONG_WAIT = 5
"""Without “at”, “2 heures” is a length of time; from this hour on it is a time."""

PARTS = ("am", "pm", "night")
"""The parts of a day that decide between two hours of the same name."""

_AFTER_BARE_HOUR = (*PARTS, "day", "weekday", "filler", "at", "in", "next_week", "oclock", "join")


@dataclass(frozen=True, slots=True)
class Clock:
    """A time of day in minutes as said, the tokens it stands in, and what decides between its two readings.

    `part` is am, pm or night; `exact` stands for a time written so that it cannot be the afternoon, such as 07:30.
    """

    minutes: int
    start: int
    end: int
    part: str | None
    exact: bool

    def taken(self, tokens: Sequence[Token]) -> set[int]:
        """The places of the tokens that say this time, the part of the day included."""
        parts = {at for at, token in enumerate(tokens) if self.part and token.has(self.part)}
        return parts | set(range(self.start, self.end))

    @property
    def options(self) -> tuple[int, ...]:
        """The minutes from the beginning of the day that this can be, without a guess; over 1,440 is the next day."""
        hour = self.minutes // HOUR
        match self.part:
            case "pm" if hour < 12:
                return (self.minutes + NOON,)
            case "am" if hour == 12:
                return (self.minutes - NOON,)
            case "night" if hour == 12:
                return (self.minutes - NOON, self.minutes + NOON)
            case "night" if hour < FROM_DUSK:
                return (self.minutes, self.minutes + DAY)
            case "night" if hour < 12:
                return (self.minutes + NOON,)
            case _:
                return (self.minutes,)


def clock_time(words: str, tables: Tables) -> time | None:
    """The time of day that the words name, as said: “half past seven” is 07:30. To be read back before it counts."""
    return agreed(words, tables, _clock_time)


def only_clock(tokens: Sequence[Token], taken: Collection[int] = ()) -> Clock | None:
    """The one time of day in the tokens, apart from those that are taken; None for none, for two, and for 8-9pm."""
    found = _clocks(tokens, taken)
    if len({clock.minutes for clock in found}) != 1 or _ranged(tokens, found[0]):
        return None
    last = found[0].end - 1
    parts = [(abs(at - last), at < last, kind) for at, token in enumerate(tokens) for kind in PARTS if token.has(kind)]
    return replace(found[0], part=min(parts)[2] if parts else None)  # the nearest; of two as near, the one after


def _clock_time(tokens: Sequence[Token]) -> Reading[time] | None:
    clock = only_clock(tokens) or _bare_hour(tokens)
    if clock is None or any(token.has("ratio") for token in tokens) or is_past(tokens):
        return None
    hour, minute = divmod(clock.options[0] % DAY, HOUR)
    return Reading(letters(tokens[at] for at in clock.taken(tokens)), time(hour, minute))


def _clocks(tokens: Sequence[Token], taken: Collection[int]) -> list[Clock]:
    found: list[Clock] = []
    at = 0
    while at < len(tokens):
        clock = next((clock for way in _WAYS if (clock := _clock_at(tokens, at, way, taken))), None)
        found += [clock] if clock else []
        at = clock.end if clock else at + 1
    return found


def _clock_at(tokens: Sequence[Token], at: int, way: _Way, taken: Collection[int]) -> Clock | None:
    """The time at this place, if it is said in this way."""
    found = fit(tokens, at, way.slots)
    if found is None or any(place in taken for place in range(at, found.end)):
        return None
    minutes = way.minutes(*(value or 0 for value in found.values))
    if minutes is None or not way.allows(tokens, at, found.end):
        return None
    exact = any(token.has("exact") for token in tokens[at : found.end])
    return Clock(minutes, at, found.end, part=None, exact=exact)


def _bare_hour(tokens: Sequence[Token]) -> Clock | None:
    """A number alone, where a time of day was asked for."""
    said = [at for at, token in enumerate(tokens) if not token.has("filler") or token.has("number")]
    if len(said) != 1 or not tokens[said[0]].has("number") or tokens[said[0]].has("article"):
        return None
    minutes = _minutes(tokens[said[0]].senses["number"])
    return None if minutes is None else Clock(minutes, said[0], said[0] + 1, part=None, exact=False)


def _ranged(tokens: Sequence[Token], clock: Clock) -> bool:
    """Whether the time is one end of two: 8-9pm, between 8 and 9."""
    before, after = tokens[max(clock.start - 2, 0) : clock.start], tokens[clock.end : clock.end + 2]
    numbers = ("number", "clock", "dotted_clock", "oclock")
    return (len(before) == 2 and before[0].has(*numbers) and before[1].has("range", "join")) or (
        len(after) == 2 and after[0].has("range", "join") and after[1].has(*numbers)
    )


def _minutes(hour: float, minutes: float = 0) -> int | None:
    """The minutes of the day, or None if it has no such time. A quarter to one is 12:45, not 00:45."""
    if hour != int(hour) or not 0 <= hour * HOUR + minutes <= DAY:
        return None
    return int(hour * HOUR + minutes) + (NOON if hour == 1 and minutes < 0 else 0)


def _round_minutes(hour: float, minutes: float) -> int | None:
    """As before, for minutes that people say without a word between: eight thirty, but not eight two."""
    return _minutes(hour, minutes) if minutes and minutes % 5 == 0 and abs(minutes) < HOUR else None


def _anywhere(tokens: Sequence[Token], start: int, end: int) -> bool:
    return True


def _followed_by_nothing_to_count(tokens: Sequence[Token], start: int, end: int) -> bool:
    """“at 8 then”, but not “at 8 tables”."""
    return end == len(tokens) or tokens[end].has(*_AFTER_BARE_HOUR)


def _alone(tokens: Sequence[Token], start: int, end: int) -> bool:
    return all(token.has("filler") for token in [*tokens[:start], *tokens[end:]])


def _not_a_wait(tokens: Sequence[Token], start: int, end: int) -> bool:
    """“à 2 heures”, “8 heures”, “demain 2 heures”, but not “2 heures”, which is a length."""
    hour = next(token for token in tokens[start:end] if token.has("number")).senses["number"]
    near = [*tokens[max(start - 1, 0) : start], *tokens[end : end + 1]]
    return (
        tokens[start].has("at")
        or not tokens[end - 1].has("unit")
        or hour >= LONG_WAIT
        or any(token.has("day", "weekday", *PARTS) for token in near)
    )


def _not_a_score(tokens: Sequence[Token], start: int, end: int) -> bool:
    """“8 tomorrow”, but not “a 7 today”."""
    return start == 0 or not tokens[start - 1].has("article", "range", "join")


@dataclass(frozen=True, slots=True)
class _Way:
    """A way to say a time: its pattern, the minutes from the values of its slots, and what must be around it."""

    slots: tuple[Slot, ...]
    minutes: Callable[..., int | None]
    allows: Callable[[Sequence[Token], int, int], bool] = _anywhere


_WAYS = (
    _Way(pattern("at? clock oclock?"), lambda _, clock, __: _minutes(0, clock)),
    _Way(pattern("at? before_hour number|ordinal oclock?"), lambda _, before, hour, __: _minutes(hour, before)),
    _Way(
        pattern("at? number past number oclock?"), lambda _, number, past, hour, __: _round_minutes(hour, past * number)
    ),
    _Way(pattern("at? number oclock? after_hour"), lambda _, hour, __, after: _minutes(hour, after)),
    _Way(pattern("at? number oclock number"), lambda _, hour, __, minutes: _minutes(hour, minutes)),
    _Way(pattern("number number am|pm|night"), lambda hour, minutes, _: _round_minutes(hour, minutes)),
    _Way(pattern("at number join? number"), lambda _, hour, __, minutes: _round_minutes(hour, minutes)),
    _Way(pattern("number number"), _round_minutes, _alone),
    _Way(pattern("dotted_clock"), lambda clock: _minutes(0, clock), _alone),
    _Way(pattern("at? dotted_clock oclock|am|pm|night"), lambda _, clock, __: _minutes(0, clock)),
    _Way(pattern("at dotted_clock"), lambda _, clock: _minutes(0, clock), _followed_by_nothing_to_count),
    _Way(pattern("at? number oclock"), lambda _, hour, __: _minutes(hour), _not_a_wait),
    _Way(pattern("at? number am|pm|night"), lambda _, hour, __: _minutes(hour)),
    _Way(pattern("at number"), lambda _, hour: _minutes(hour), _followed_by_nothing_to_count),
    _Way(pattern("day|weekday|am|pm|night number"), lambda _, hour: _minutes(hour), _followed_by_nothing_to_count),
    _Way(pattern("number day|weekday"), lambda hour, _: _minutes(hour), _not_a_score),
)
