"""Moments as the tables hold them: whole microseconds since 1970 in UTC, so that nothing is lost on the way."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_START = datetime(1970, 1, 1, tzinfo=UTC)
_UNIT = timedelta(microseconds=1)


def ticks(moment: datetime) -> int:
    """An aware moment as microseconds since 1970. Exact: a timer gives back the very moment it was armed with."""
    return (moment - _START) // _UNIT


def moment(ticks: int) -> datetime:
    """The aware moment in UTC that `ticks` was made from."""
    return _START + timedelta(microseconds=ticks)
