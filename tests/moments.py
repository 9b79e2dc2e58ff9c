"""A time that passes only when a test says so."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

NOON = datetime(2026, 3, 2, 12, 0, 0, 250, tzinfo=UTC)
"""Where tests begin. Has microseconds, so that a store that loses them is found out."""


@dataclass(slots=True)
class FakeTime:
    """Gives `now` and `sleep`. Whoever sleeps is woken by `pass_by`; `asleep_until` waits for somebody to lie down."""

    at: datetime = NOON
    sleepers: list[tuple[datetime, asyncio.Future[None]]] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def now(self) -> datetime:
        return self.at

    async def sleep(self, seconds: float) -> None:
        sleeper = (self.at + timedelta(seconds=seconds), asyncio.get_running_loop().create_future())
        self.sleepers.append(sleeper)
        self.changed.set()
        try:
            await sleeper[1]
        finally:
            self.sleepers.remove(sleeper)

    async def asleep_until(self, until: datetime) -> None:
        """Return once somebody sleeps until exactly this moment."""
        while all(end != until for end, _ in self.sleepers):
            self.changed.clear()
            await self.changed.wait()

    def pass_by(self, step: timedelta) -> None:
        """Let time pass, and wake everybody whose moment has come."""
        self.at += step
        for end, sleeper in self.sleepers:
            if end <= self.at and not sleeper.done():
                sleeper.set_result(None)
