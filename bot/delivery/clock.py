"""Time as delivery sees it. A test gives it a time of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Clock:
    """`now` is an aware moment; `sleep` waits so many seconds of the same time."""

    now: Callable[[], datetime]
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    async def rest(self, until: datetime, *bells: asyncio.Event) -> None:
        """Wait until this moment, or until one of the bells has rung. Returns at once if either is so."""
        while (left := (until - self.now()).total_seconds()) > 0 and not any(bell.is_set() for bell in bells):
            waiting = [asyncio.ensure_future(self.sleep(left)), *(asyncio.ensure_future(bell.wait()) for bell in bells)]
            try:
                await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for one in waiting:
                    one.cancel()
