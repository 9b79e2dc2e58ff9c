"""How long to wait before trying again: a little longer each time, and not a moment after a stop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

LONGEST = 30.0
"""Seconds: a server that comes back is noticed within half a minute."""

Waits = Callable[[], Iterator[float]]
"""Begins a new row of waits, in seconds."""


def pauses() -> Iterator[float]:
    """1, 2, 4, … seconds, at most 30, for ever."""
    wait = 1.0
    while True:
        yield wait
        wait = min(wait * 2, LONGEST)


async def rest(stop: asyncio.Event, seconds: float) -> None:
    """Waits so many seconds, or until `stop` is set."""
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return
