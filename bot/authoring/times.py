"""Lengths of time and times of day, as authors write them."""

from __future__ import annotations

import re
from datetime import time, timedelta

from bot.engine.flow import Every

LONGEST_WAIT = timedelta(days=7)
_LENGTH = re.compile(r"(\d{1,4}) ?(minute|hour|day)s?", re.ASCII)
_EVERY = re.compile(r"(\w+) at (\d{1,2}):(\d\d)", re.ASCII)
WEEK = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
DAYS = {
    "day": frozenset(range(7)),
    "weekday": frozenset(range(5)),
    "weekend": frozenset({5, 6}),
    **{name: frozenset({number}) for number, name in enumerate(WEEK)},
}


def read_length(words: str) -> timedelta | None:
    """`20 minutes`, `1 hour`, `2 days`; None for anything else."""
    found = _LENGTH.fullmatch(words.strip())
    if found is None:
        return None
    number = int(found[1])
    match found[2]:
        case "minute":
            return timedelta(minutes=number)
        case "hour":
            return timedelta(hours=number)
        case _:
            return timedelta(days=number)


def read_every(words: str) -> Every | None:
    """`day at 21:00`, `weekday at 08:30`, `Sunday at 19:00`; None for anything else."""
    found = _EVERY.fullmatch(words.strip())
    if found is None or found[1] not in DAYS or int(found[2]) > 23 or int(found[3]) > 59:
        return None
    return Every(DAYS[found[1]], time(int(found[2]), int(found[3])))
