"""When something comes again: the local clock rules, through every change of the clocks."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.engine.flow import Every
from bot.engine.rhythm import next_time

DAILY = frozenset(range(7))
WEEKDAYS = frozenset(range(5))
SUNDAY = frozenset({6})


def local(zone: str, *when: int, fold: int = 0) -> datetime:
    return datetime(*when, tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)  # type: ignore[arg-type,misc]


def comes(days: frozenset[int], at: tuple[int, int], zone: str, after: datetime) -> datetime:
    """The next moment, as the clock on that wall shows it."""
    moment = next_time(Every(days, time(*at)), zone, after)
    assert moment > after and moment.utcoffset() is not None
    return moment.astimezone(ZoneInfo(zone))


def shown(moment: datetime) -> str:
    return f"{moment:%a %d.%m. %H:%M}"


@pytest.mark.parametrize(
    ("days", "at", "zone", "after", "expected"),
    [
        (DAILY, (21, 0), "Europe/Berlin", (2026, 3, 2, 20, 59), "Mon 02.03. 21:00"),
        (DAILY, (21, 0), "Europe/Berlin", (2026, 3, 2, 21, 0), "Tue 03.03. 21:00"),
        (DAILY, (0, 0), "Europe/Berlin", (2026, 12, 31, 23, 59), "Fri 01.01. 00:00"),
        (WEEKDAYS, (8, 30), "America/New_York", (2026, 3, 6, 9, 0), "Mon 09.03. 08:30"),
        (SUNDAY, (19, 0), "Asia/Tokyo", (2026, 3, 1, 19, 0), "Sun 08.03. 19:00"),
        (frozenset({5, 6}), (10, 0), "UTC", (2026, 3, 7, 10, 0), "Sun 08.03. 10:00"),
        # the gap: 02:30 does not exist, the first valid minute after is 03:00
        (DAILY, (2, 30), "Europe/Berlin", (2026, 3, 29, 0, 0), "Sun 29.03. 03:00"),
        (DAILY, (2, 0), "Europe/Berlin", (2026, 3, 29, 0, 0), "Sun 29.03. 03:00"),
        (DAILY, (3, 0), "Europe/Berlin", (2026, 3, 29, 0, 0), "Sun 29.03. 03:00"),
        (DAILY, (2, 30), "Europe/Berlin", (2026, 3, 29, 3, 0), "Mon 30.03. 02:30"),
        # half an hour is jumped over or lived twice on Lord Howe Island
        (DAILY, (2, 15), "Australia/Lord_Howe", (2026, 10, 4, 0, 0), "Sun 04.10. 02:30"),
        (DAILY, (1, 45), "Australia/Lord_Howe", (2026, 4, 5, 0, 0), "Sun 05.04. 01:45"),
        # midnight itself is jumped over in Santiago
        (DAILY, (0, 0), "America/Santiago", (2026, 9, 5, 12, 0), "Sun 06.09. 01:00"),
        # Samoa had no 30 December 2011
        (DAILY, (21, 0), "Pacific/Apia", (2011, 12, 29, 20, 0), "Thu 29.12. 21:00"),
        (frozenset({4}), (21, 0), "Pacific/Apia", (2011, 12, 29, 20, 0), "Sat 31.12. 00:00"),
        # a quarter of an hour off everybody else
        (DAILY, (21, 0), "Asia/Kathmandu", (2026, 3, 2, 20, 59), "Mon 02.03. 21:00"),
    ],
)
def test_the_next_time(
    days: frozenset[int], at: tuple[int, int], zone: str, after: tuple[int, ...], expected: str
) -> None:
    assert shown(comes(days, at, zone, local(zone, *after))) == expected


def test_kathmandu_in_utc() -> None:
    moment = comes(DAILY, (21, 0), "Asia/Kathmandu", datetime(2026, 3, 2, 12, 0, tzinfo=UTC))
    assert moment.astimezone(UTC) == datetime(2026, 3, 2, 15, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "day", "at"),
    [("Europe/Berlin", (2026, 10, 25), (2, 30)), ("Australia/Lord_Howe", (2026, 4, 5), (1, 45))],
)
def test_an_hour_that_comes_twice_counts_once_and_first(zone: str, day: tuple[int, ...], at: tuple[int, int]) -> None:
    first, second = local(zone, *day, *at), local(zone, *day, *at, fold=1)
    assert second > first
    assert comes(DAILY, at, zone, first - timedelta(minutes=1)).astimezone(UTC) == first
    following = comes(DAILY, at, zone, first)
    assert following.date() == date(*day) + timedelta(days=1), "it came twice in one night"
    assert comes(DAILY, at, zone, second - timedelta(minutes=1)) == following


ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "America/St_Johns",
    "America/Santiago",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Pacific/Chatham",
    "Asia/Kathmandu",
    "Africa/Cairo",
    "Africa/Casablanca",
    "UTC",
)


@settings(max_examples=25, deadline=None)
@given(
    st.sampled_from(ZONES),
    st.frozensets(st.integers(0, 6), min_size=1),
    st.times().map(lambda at: at.replace(second=0, microsecond=0, tzinfo=None)),
    st.integers(0, 365 * 24 * 60).map(lambda minutes: datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)),
)
def test_over_a_year_every_agreed_day_comes_exactly_once(
    zone: str, days: frozenset[int], at: time, begin: datetime
) -> None:
    place, moment, came = ZoneInfo(zone), begin, []
    while moment < begin + timedelta(days=365):
        moment = next_time(Every(days, at), zone, moment)
        wall = moment.astimezone(place)
        came.append(wall.date())
        assert wall.weekday() in days
        # Two hours is more than any clock is put forward in that year.
        assert timedelta(0) <= wall.replace(tzinfo=None) - datetime.combine(wall.date(), at) <= timedelta(hours=2)
    first, last = came[0], came[-1]
    agreed = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    assert came == [day for day in agreed if day.weekday() in days]
    start = begin.astimezone(place).date()
    missed = [start + timedelta(days=n) for n in range((first - start).days)]
    assert all(
        day.weekday() not in days or datetime.combine(day, at, tzinfo=place).astimezone(UTC) <= begin for day in missed
    )
