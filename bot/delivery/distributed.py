"""The engine of replicas: procrastinate carries wake-ups through the PostgreSQL that holds the work itself.

A job says who is to be looked after, never what is to be done: that stands in our tables, and whoever comes first does
it. So a job that is lost costs a delay until the next sweep, one that comes twice finds nothing to do, and none has to
be in order. No job has a procrastinate `lock`: a job for later that has one holds up every job of now that has it too.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count

import structlog
from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import ConnectorException, UniqueViolation
from procrastinate.jobs import Status
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from bot.delivery.clock import Clock
from bot.delivery.limits import LONGEST_PAUSE
from bot.delivery.port import Pack, Post
from bot.delivery.pump import pump
from bot.delivery.retention import KEEP, rounds
from bot.delivery.sender import Sender, deliver
from bot.engine.events import Arm, PersonId
from bot.store import outbox, timers
from bot.store.database import StoreError
from bot.store.moment import moment, ticks
from bot.store.timers import Timer
from bot.store.writer import Writer

log = structlog.get_logger()

# They tell what they work on and print tracebacks with statements in them; what goes wrong there ends a worker, and
# that is logged here.
for _name in ("procrastinate", "psycopg.pool"):
    logging.getLogger(_name).setLevel(logging.CRITICAL + 1)

ANSWERS, REMINDERS = "answers", "reminders"
"""The two queues. Each has seats of its own, so that no number of invitations keeps an answer from being picked up."""

SEATS = {ANSWERS: 64, REMINDERS: 32}
"""Jobs of each queue at a time in one replica. An invitation keeps its seat for up to a second (its own request, and
`GIVE_WAY`), so that 32 of them fill the messenger's 30 messages a second."""

IN_A_ROW = 5
"""Messages that a chat gets from one seat before others have their turn: more than a turn leaves to one person."""

SWEEP_SECONDS = 3
"""How often all that is due is woken again, by whichever replica is first. With a lease of 10 seconds, what a dead
replica had in hand goes out within half a minute."""

WINDOW = timedelta(minutes=2)
"""How long before its moment a timer becomes a job: many sweeps, so that none of them is needed. Longer would only
make the queue slow: 50,000 jobs for later cut it from 501 to 92 jobs a second."""

AT_ONCE = 1000
"""Invitations, and people with messages, that one sweep wakes: ten times what the messenger takes until the next."""

MOST_TIMERS = 20_000
"""Timers that one sweep looks at: promises are woken before invitations, also where thousands are due together."""

POLL = 1.0
"""Seconds between two looks for jobs whose time has come. PostgreSQL gives notice of new jobs, but not of these."""

HEARTBEAT, SILENT = 5.0, 15.0
"""Seconds between two signs of life of a replica, and after how many without one its jobs are taken over."""

LAST_SECONDS = 3.0
"""Seconds that requests under way get at a stop, less than the process waits."""

_DEFER = "SELECT procrastinate_defer_jobs_v1(%(jobs)s::procrastinate_job_to_defer_v1[])"
_WAITING = "SELECT queueing_lock FROM procrastinate_jobs WHERE status = 'todo' AND queueing_lock = ANY(%(names)s)"


class WorkerEnded(Exception):
    """A worker of procrastinate came to its end and nobody had asked for it."""


@dataclass(frozen=True, slots=True)
class WakeUp:
    """A job of `task`: ids in `given`, not before `at`. Of those with the same `once`, one waits at a time."""

    task: str
    queue: str
    given: Mapping[str, int | str]
    at: datetime | None = None
    once: str | None = None

    def columns(self) -> tuple[str, str, int, None, str | None, str, datetime | None]:
        """As procrastinate's SQL type has them: queue, task, priority, lock, queueing lock, arguments, moment."""
        return self.queue, self.task, 0, None, self.once, json.dumps(self.given), self.at


def send(person: PersonId, invited: bool, at: datetime | None = None) -> WakeUp:
    """Somebody has a message. `invited` says that invitations are all that waits."""
    return WakeUp("send", REMINDERS if invited else ANSWERS, {"person": person, "invited": int(invited)}, at)


def fire(owner: PersonId, key: str, due: datetime, now: datetime) -> WakeUp:
    """A timer's moment comes, or has come. The same moment of the same timer waits once."""
    queue = REMINDERS if key.startswith("every:") else ANSWERS
    given: Mapping[str, int | str] = {"owner": owner, "key": key, "due": ticks(due)}
    return WakeUp("fire", queue, given, due if due > now else None)


def defer(conn: Connection, jobs: Iterable[WakeUp]) -> None:
    """Write these jobs, in this connection's transaction: they are there if, and only if, it is committed."""
    if rows := [job.columns() for job in jobs]:
        conn.exec_driver_sql(_DEFER, {"jobs": rows}).close()


def defer_once(conn: Connection, jobs: Mapping[str, WakeUp]) -> None:
    """Write those of these jobs that do not wait already, by their names."""
    found = conn.exec_driver_sql(_WAITING, {"names": list(jobs)}).scalars()
    there = set(found)
    fresh = [WakeUp(one.task, one.queue, one.given, one.at, name) for name, one in jobs.items() if name not in there]
    try:
        with conn.begin_nested():  # or a refusal would spoil the caller's transaction
            defer(conn, fresh)
    except IntegrityError:
        log.info("woken_by_another")  # which sweeps at this very moment; what it leaves out has its turn next time


class Distributed:
    """Sends what is in the outbox and fires the timers together with other replicas, until `stop`.

    `writer` must be one on a PostgreSQL that is up to date. Must live on one event loop.
    """

    def __init__(
        self,
        writer: Writer,
        post: Post,
        handle_due: Callable[[PersonId, str, datetime], Awaitable[None]],
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
        self._sender = Sender(writer, post, handle_gone, self._clock, self._stopping, pack)
        self._keep = keep
        engine = writer.database.engine
        _, reached = engine.dialect.create_connect_args(engine.url)
        reached.pop("context", None)  # how SQLAlchemy reads values is its own affair
        self.app = App(connector=PsycopgConnector(kwargs=reached, min_size=1, max_size=4, timeout=POLL * 5))
        self.app.task(name="send", queue=ANSWERS)(self._send)
        self.app.task(name="fire", queue=ANSWERS)(self._fire)
        for name, again in (("sweep", self.sweep), ("take_over", self.take_over)):
            # No `lock`: if a replica dies at it, the next time would wait for a job that never ends.
            task = self.app.task(name=name, queue=ANSWERS, queueing_lock=name, priority=1)(again)
            self.app.periodic(cron=f"* * * * * */{SWEEP_SECONDS}")(task)

    def leave(self, conn: Connection, people: Mapping[PersonId, bool], armed: Collection[Arm]) -> None:
        """Write the wake-ups of a turn in its own transaction; those of far timers are left to the sweep."""
        now = self._clock.now()
        mail = [send(person, invited) for person, invited in people.items()]
        soon = [fire(one.owner, one.key, one.due, now) for one in armed if one.due <= now + WINDOW]
        defer(conn, [*mail, *soon])

    def wake(self) -> None:
        """Nothing to do: PostgreSQL gives notice of the jobs, to all replicas, when they are committed."""

    async def run(self) -> None:
        """Work until `stop`. No fault of the database or of a single message or timer ends it."""
        try:
            async with asyncio.TaskGroup() as group:
                work = {"workers": self._work, **rounds(self._writer, self._clock, self._keep)}
                for name, once in work.items():
                    group.create_task(pump(name, once, self._clock, self._stopping, asyncio.Event()))
        finally:
            self._ended.set()

    async def stop(self) -> None:
        """Let requests that are under way come to their end, start no new ones, and return when all is quiet."""
        self._stopping.set()
        await self._ended.wait()

    async def _work(self) -> datetime:
        async with self.app.open_async():
            workers = [asyncio.create_task(self._worker(queue, seats)) for queue, seats in SEATS.items()]
            stopped = asyncio.create_task(self._stopping.wait())
            try:
                await asyncio.wait([*workers, stopped], return_when=asyncio.FIRST_COMPLETED)
            finally:
                for one in (*workers, stopped):
                    one.cancel()
                ends = await asyncio.gather(*workers, return_exceptions=True)
        if not self._stopping.is_set():
            raise next((end for end in ends if isinstance(end, Exception)), WorkerEnded())
        return self._clock.now()

    async def _worker(self, queue: str, seats: int) -> None:
        await self.app.run_worker_async(
            queues=[queue],
            name=queue,
            concurrency=seats,
            fetch_job_polling_interval=POLL,
            update_heartbeat_interval=HEARTBEAT,
            stalled_worker_timeout=SILENT,
            shutdown_graceful_timeout=LAST_SECONDS,
            install_signal_handlers=False,
            delete_jobs="always",
        )

    # --- the jobs: whatever one of them leaves undone is woken by the sweep -----------------------------------------

    async def _send(self, person: PersonId, invited: int) -> None:
        try:
            for number in count(1):
                going_on = await deliver(self._sender, person)
                # An invitation keeps its seat while it makes room: at the end of the queue are all the others.
                if not going_on or self._stopping.is_set() or (number == IN_A_ROW and not invited):
                    break
            await self._writer.run(lambda conn: self._come_back(conn, person, bool(invited)), patient=True)
        except StoreError as error:
            log.error("sender_failed", person=person, said=str(error))
        except Exception as error:
            # A message that trips us up must not come again at once.
            log.error("sender_failed", person=person, error=type(error).__name__)
            until = self._clock.now() + LONGEST_PAUSE
            await self._quietly(lambda conn: outbox.rest(conn, person, until))

    def _come_back(self, conn: Connection, person: PersonId, invited: bool) -> None:
        """What is left waits for its next turn, the end of a pause or, at a stop, for another replica."""
        now = self._clock.now()
        left = outbox.left_until(conn, person, now)
        if left is not None:
            defer(conn, [send(person, invited, left if left > now else None)])

    async def _fire(self, owner: PersonId, key: str, due: int) -> None:
        promised = moment(due)
        # The database's clock decides when a job begins, ours whether a timer is due: so we may be early.
        await self._clock.rest(min(promised, self._clock.now() + WINDOW), self._stopping)
        if self._stopping.is_set():
            await self._quietly(lambda conn: defer(conn, [fire(owner, key, promised, self._clock.now())]))
            return
        try:
            await self._handle_due(owner, key, promised)
        except Exception as error:
            said = str(error) if isinstance(error, StoreError) else type(error).__name__
            log.error("timer_failed", person=owner, said=said)

    async def sweep(self, timestamp: int) -> None:
        """Wake all that is due, and hand over the timers of the next minutes."""
        now = self._clock.now()
        await self._quietly(lambda conn: defer_once(conn, _due(conn, now)))

    async def take_over(self, timestamp: int) -> None:
        """Jobs of replicas that give no sign of life any more wait anew, or go if their like waits already."""
        jobs = self.app.job_manager
        for job in await jobs.get_stalled_jobs(seconds_since_heartbeat=SILENT):
            try:
                await jobs.retry_job(job)
            except UniqueViolation:
                await jobs.finish_job(job, Status.FAILED, delete_job=True)
            except ConnectorException:  # another replica was faster
                log.info("taken_over_by_another", job=job.id)
        await jobs.prune_stalled_workers(SILENT)

    async def _quietly(self, job: Callable[[Connection], None]) -> None:
        try:
            await self._writer.run(job, patient=True)
        except StoreError as error:
            log.error("not_woken", said=str(error))


def _due(conn: Connection, now: datetime) -> dict[str, WakeUp]:
    """Everything that is to be woken, by the name under which it waits once."""
    mail = {f"send:{person}": send(person, alone) for person, alone in outbox.waiting(conn, now, AT_ONCE).items()}
    soon = timers.due(conn, now + WINDOW, MOST_TIMERS)
    promised = [one for one in soon if not _invites(one)]
    invited = [one for one in soon if _invites(one)][:AT_ONCE]
    bells = {f"fire:{one.key}:{ticks(one.due)}": fire(one.owner, one.key, one.due, now) for one in promised + invited}
    return mail | bells


def _invites(timer: Timer) -> bool:
    return fire(timer.owner, timer.key, timer.due, timer.due).queue == REMINDERS
