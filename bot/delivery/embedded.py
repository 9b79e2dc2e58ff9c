"""The engine inside the bot's own process: asyncio pumps over the tables, no other server.

A wake-up that gets lost costs a delay, never a message: every pump looks again by itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import datetime, timedelta
from itertools import groupby

import structlog
from sqlalchemy import Connection

from bot.delivery.clock import Clock
from bot.delivery.limits import LONGEST_PAUSE, pause
from bot.delivery.port import Pack, Post
from bot.delivery.pump import pump
from bot.delivery.retention import KEEP, rounds
from bot.delivery.sender import Sender, deliver
from bot.engine.events import Arm, PersonId
from bot.store import outbox, timers
from bot.store.database import StoreError
from bot.store.timers import Timer
from bot.store.writer import Writer

log = structlog.get_logger()

SWEEP = timedelta(seconds=30)
"""The longest that a pump rests, so that a wake-up that was lost is made up for."""

SENDERS = 64
"""Chats that are served at the same time. With 30 messages a second and a chat's rest of a second, more never help."""

TIMERS = 64
"""Timers that are taken up together."""

HandleDue = Callable[[PersonId, str, datetime], Awaitable[None]]


class Embedded:
    """Sends what is in the outbox and fires the timers, until `stop`. Must live on one event loop."""

    def __init__(
        self,
        writer: Writer,
        post: Post,
        handle_due: HandleDue,
        handle_gone: Callable[[PersonId], Awaitable[None]],
        now: Callable[[], datetime],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        *,
        pack: Pack | None = None,
        keep: timedelta = KEEP,
    ) -> None:
        self._writer = writer
        self._handle_due = handle_due
        self._clock = Clock(now, sleep)
        self._stopping = asyncio.Event()
        self._ended = asyncio.Event()
        self._mail = asyncio.Event()
        self._alarm = asyncio.Event()
        self._sender = Sender(writer, post, handle_gone, self._clock, self._stopping, pack)
        self._keep = keep
        self._busy: dict[PersonId, asyncio.Task[None]] = {}
        self._fault: StoreError | None = None
        self._just_started = True
        self._tried: dict[Timer, tuple[int, datetime]] = {}

    def leave(self, conn: Connection, people: Mapping[PersonId, bool], armed: Collection[Arm]) -> None:
        """Nothing to leave: whoever works here is woken after the commit, and looks for work at a start."""

    def wake(self) -> None:
        """There may be new messages or timers. Cheap, and harmless when there are none."""
        self._mail.set()
        self._alarm.set()

    async def run(self) -> None:
        """Work until `stop`. No fault of the database or of a single message or timer ends it."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pump("senders", lambda: self._start_senders(group), self._mail))
                group.create_task(self._pump("timers", self._fire, self._alarm))
                for name, once in rounds(self._writer, self._clock, self._keep).items():
                    group.create_task(self._pump(name, once))
        finally:
            self._ended.set()

    async def stop(self) -> None:
        """Let requests that are under way come to their end, start no new ones, and return when all is quiet."""
        self._stopping.set()
        await self._ended.wait()

    async def _pump(
        self, name: str, once: Callable[[], Awaitable[datetime]], bell: asyncio.Event | None = None
    ) -> None:
        await pump(name, once, self._clock, self._stopping, bell or asyncio.Event())

    # --- messages ---------------------------------------------------------------------------------------------------

    async def _start_senders(self, group: asyncio.TaskGroup) -> datetime:
        now = self._clock.now()
        busy = set(self._busy)
        # After a fault one message goes ahead alone, so that a full disk is not met by every chat at once.
        careful, self._fault = self._fault is not None, None
        free = 1 if careful else SENDERS - len(busy)
        if free <= 0:
            return now + SWEEP  # whoever comes to an end rings the bell
        left_behind = self._just_started and self._writer.database.alone
        people, later = await self._writer.run(lambda conn: _mail(conn, now, busy, free, left_behind), patient=True)
        self._just_started = False
        for person in people:
            self._busy[person] = group.create_task(self._send(person, only_one=careful))
        if careful and people:
            await asyncio.wait([self._busy[people[0]]])
        if self._fault is not None:
            raise self._fault
        return now + SWEEP if later is None else min(later, now + SWEEP)

    async def _send(self, person: PersonId, *, only_one: bool) -> None:
        try:
            while await deliver(self._sender, person) and not only_one and not self._stopping.is_set():
                pass
        except StoreError as error:
            self._fault = error
        except Exception as error:
            # A message that trips us up must not stop everybody else's.
            log.error("sender_failed", person=person, error=type(error).__name__)
            await self._rest(person)
        finally:
            del self._busy[person]
            self._mail.set()

    async def _rest(self, person: PersonId) -> None:
        until = self._clock.now() + LONGEST_PAUSE
        try:
            await self._writer.run(lambda conn: outbox.rest(conn, person, until), patient=True)
        except StoreError as error:
            self._fault = error

    # --- timers -----------------------------------------------------------------------------------------------------

    async def _fire(self) -> datetime:
        now = self._clock.now()
        most = TIMERS + len(self._tried)
        due, later = await self._writer.run(
            lambda conn: (timers.due(conn, now, most), timers.next_due(conn, now)), patient=True
        )
        # A timer that is still there after its turn was not taken: it gets growing pauses of its own.
        self._tried = {timer: self._tried[timer] for timer in due if timer in self._tried}
        fresh = [timer for timer in due if timer not in self._tried or self._tried[timer][1] <= now]
        for timer in fresh:
            tries = self._tried[timer][0] + 1 if timer in self._tried else 1
            self._tried[timer] = (tries, now + pause(tries))
        mine = groupby(sorted(fresh, key=lambda timer: timer.owner), key=lambda timer: timer.owner)
        rounds = [self._fire_for(owner, list(theirs)) for owner, theirs in mine]
        for fault in await asyncio.gather(*rounds, return_exceptions=True):
            if isinstance(fault, BaseException):
                raise fault
        if fresh:
            return now  # there may be more, and what has just been fired is looked at once more
        moments = [now + SWEEP, *(at for _, at in self._tried.values()), *([] if later is None else [later])]
        return min(moments)

    async def _fire_for(self, owner: PersonId, theirs: list[Timer]) -> None:
        for timer in theirs:
            if self._stopping.is_set():
                return
            try:
                await self._handle_due(owner, timer.key, timer.due)
            except Exception as error:
                if isinstance(error, StoreError):
                    raise
                log.error("timer_failed", person=owner, error=type(error).__name__)


def _mail(
    conn: Connection, now: datetime, busy: set[PersonId], free: int, left_behind: bool
) -> tuple[list[PersonId], datetime | None]:
    if left_behind:
        outbox.release_all(conn)
    return outbox.ready(conn, now, busy, free), outbox.next_ready(conn, now)
