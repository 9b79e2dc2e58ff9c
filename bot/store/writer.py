"""The one way to the database: a job is a plain function of a connection, run in one hop in the store's own thread.

Jobs that wait while the writer is busy share its next commit, each under its savepoint. Nothing is answered before
the commit.
"""

from __future__ import annotations

import asyncio
import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from queue import Empty, PriorityQueue
from typing import Any, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from bot.store.database import POOL, Database, StoreError, explain

TOGETHER = 16
"""The most jobs that share one commit: more save little of it and make the last ones wait. On PostgreSQL each has its
own: it groups commits by itself, and shared ones would hold the locks of many couples at once."""

PATIENCE = 0.05
"""Seconds that a patient job lets others go before it: a message that waits for its second anyway need not hold up the
turn of somebody who has just tapped. No longer, so that nothing is put off for ever."""

TRIES = 3
"""How often a job is run when PostgreSQL ends it to untangle two of them."""

_UNTANGLED = frozenset({"40P01", "40001"})
"""PostgreSQL's codes for a deadlock and for a transaction that has to be run again."""

T = TypeVar("T")


@dataclass(slots=True)
class _Waiting:
    job: Callable[[Connection], Any]
    loop: asyncio.AbstractEventLoop
    answer: asyncio.Future[Any]
    value: Any = None
    error: BaseException | None = None


class Writer:
    """Runs jobs on the database in threads of its own: one for SQLite, a few for PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._queue: PriorityQueue[tuple[float, int, _Waiting | None]] = PriorityQueue()
        self._numbers = count()
        self._closed = False
        self._scrub = False
        many = 1 if database.sqlite else POOL
        self.threads = [threading.Thread(target=self._work, name=f"store-{n}", daemon=True) for n in range(many)]
        for thread in self.threads:
            thread.start()

    async def run(self, job: Callable[[Connection], T], *, patient: bool = False) -> T:
        """The job's value, after its commit. A job can be run again from its start, so it must touch nothing else.

        A `patient` one lets others that come up to PATIENCE later go first.
        Raises what the job raises (then the job changed nothing), or StoreError if nothing could be kept. Whoever stops
        waiting does not stop the job.
        """
        if self._closed:
            raise StoreError("The store is closed. Start the bot again.")
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()
        turn = time.monotonic() + (PATIENCE if patient else 0.0)
        self._queue.put((turn, next(self._numbers), _Waiting(job, loop, answer)))
        return await answer

    async def scrub(self) -> None:
        """Words that were destroyed leave the disk, too: SQLite keeps them in its log until that is cut."""
        if self.database.sqlite:
            self._scrub = True
            await self.run(lambda _conn: None, patient=True)

    async def close(self) -> None:
        """Finish the jobs that were handed in, then stop. The database stays open."""
        if not self._closed:
            self._closed = True
            for _ in self.threads:
                self._queue.put((math.inf, next(self._numbers), None))
        for thread in self.threads:
            await asyncio.to_thread(thread.join)

    def _work(self) -> None:
        connection: Connection | None = None
        while (first := self._queue.get()[2]) is not None:
            batch = [first, *self._more()] if self.database.sqlite else [first]
            connection = _commit(self.database, connection, batch)
            if self._scrub and connection is not None:
                self._scrub = False
                _cut_log(connection)
            _answer(batch)
        if connection is not None:
            connection.close()

    def _more(self) -> Iterator[_Waiting]:
        for _ in range(TOGETHER - 1):
            try:
                turn, number, waiting = self._queue.get_nowait()
            except Empty:
                return
            if waiting is None:
                self._queue.put((turn, number, None))  # the end comes after what is in hand
                return
            yield waiting


def _commit(database: Database, connection: Connection | None, batch: list[_Waiting]) -> Connection | None:
    """Run the batch in one transaction and note each value or error. Gives back the connection if it is still good."""
    for last in (*[False] * (TRIES - 1), True):
        committing = False
        try:
            connection = connection or database.engine.connect()
            with connection.begin() as transaction:
                for waiting in batch:
                    _run(connection, waiting, alone=len(batch) == 1)
                committing = True
                transaction.commit()
            return connection
        except BaseException as error:
            said = explain(error)
            again = not last and not committing and _worth_another_try(error)
            if connection is not None and (said or again or committing):
                _drop(connection)  # it may be what broke, and SQLite leaves a refused commit open
                connection = None
            if again:
                continue
            if committing:
                said = said or StoreError("The database did not keep this. Nothing was changed.")
            for waiting in batch:
                waiting.error = said if committing else waiting.error or said or error
            return connection
    return connection


def _run(connection: Connection, waiting: _Waiting, *, alone: bool) -> None:
    waiting.value = waiting.error = None
    if alone:
        waiting.value = waiting.job(connection)
        return
    savepoint = connection.begin_nested()
    try:
        waiting.value = waiting.job(connection)
        savepoint.commit()
    except BaseException as error:
        try:
            savepoint.rollback()
        except Exception:
            raise error from None  # a full disk makes SQLite drop the whole transaction: then all are told why
        waiting.error = explain(error) or error


def _cut_log(connection: Connection) -> None:
    raw = connection.connection.driver_connection  # past SQLAlchemy, which would begin a transaction
    if raw is not None:
        with suppress(Exception):  # somebody reads: the next time will do
            raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _drop(connection: Connection) -> None:
    with suppress(Exception):
        connection.invalidate()
    with suppress(Exception):
        connection.close()


def _worth_another_try(error: BaseException) -> bool:
    if not isinstance(error, DBAPIError):
        return False
    return error.connection_invalidated or getattr(error.orig, "sqlstate", None) in _UNTANGLED


def _answer(batch: list[_Waiting]) -> None:
    # One call a loop for the whole batch: waking the loop costs more than the answer.
    for loop in {id(waiting.loop): waiting.loop for waiting in batch}.values():
        mine = [waiting for waiting in batch if waiting.loop is loop]
        with suppress(RuntimeError):  # the loop ended while the job ran: nobody waits any more
            loop.call_soon_threadsafe(_tell, mine)


def _tell(batch: list[_Waiting]) -> None:
    for waiting in batch:
        if waiting.answer.done():
            continue
        if waiting.error is not None:
            waiting.answer.set_exception(waiting.error)
        else:
            waiting.answer.set_result(waiting.value)
