"""Opening the database: one way for SQLite and PostgreSQL, and one clear sentence for whatever goes wrong with it."""

from __future__ import annotations

import errno
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from sqlalchemy import URL, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, OperationalError, SQLAlchemyError

from bot.store.sealing import READABLE, Keys, carrying

BUSY_SECONDS = 5
"""How long a statement waits for another reader's or writer's lock on a SQLite file."""

POOL = 4
"""Connections to PostgreSQL, and threads that use them. Each turn holds one for a few milliseconds."""

IDLE_SECONDS = 10
"""How long PostgreSQL leaves a transaction open in which nothing happens: ours take milliseconds. When a whole machine
dies nobody tells the database, and the locks of its last turns would keep couples waiting for hours."""


class StoreError(Exception):
    """The database cannot be used. Says in one sentence what to do; nothing of the job at hand was kept."""


class InUse(StoreError):
    """Another process owns the file. Nothing is wrong with it."""


@dataclass(frozen=True, slots=True)
class Database:
    """An open database. `alone` says that no other process can have it open."""

    engine: Engine
    lock: FileLock | None

    @property
    def alone(self) -> bool:
        return self.lock is not None

    @property
    def sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    def close(self) -> None:
        """Close all connections and let other processes in."""
        self.engine.dispose()
        if self.lock is not None:
            self.lock.release()


def read_url(url: str) -> URL:
    """The database's address, with the driver named. Raises StoreError for what is not one."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise StoreError(
            "The database address cannot be read. Write it like sqlite:///bot.db or postgresql://user@host/name."
        ) from None
    match parsed.get_backend_name():
        case "sqlite" if parsed.database in (None, "", ":memory:"):
            raise StoreError("The database needs a file, so that nothing is lost: write sqlite:///bot.db.")
        case "sqlite":
            return parsed
        case "postgresql" | "postgres":
            return parsed.set(drivername="postgresql+psycopg")
        case _:
            raise StoreError(
                "The database must be SQLite or PostgreSQL: sqlite:///bot.db or postgresql://user@host/name."
            )


ALWAYS = ("foreign_keys=ON", "secure_delete=ON")
"""What is deleted is overwritten with zeros; the log of changes is cut by `Writer.scrub`."""


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver begins nothing by itself: `_begin_at_once` does
    for pragma in ("journal_mode=WAL", "synchronous=FULL", f"busy_timeout={BUSY_SECONDS * 1000}", *ALWAYS):
        connection.execute(f"PRAGMA {pragma}")


def _begin_at_once(connection: Any) -> None:
    # A transaction that starts by reading and then writes can be refused half-way; one that locks first cannot.
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _prepare_postgres(connection: Any, _record: object) -> None:
    connection.execute(f"SET idle_in_transaction_session_timeout = '{IDLE_SECONDS}s'")
    connection.commit()


def make_engine(url: URL, keys: Keys = READABLE) -> Engine:
    """An engine for this address. Nothing is opened yet. No error of it ever holds people's words."""
    options = carrying(keys)
    if url.get_backend_name() != "sqlite":
        engine = create_engine(
            url, pool_size=POOL, max_overflow=1, pool_pre_ping=True, hide_parameters=True, execution_options=options
        )
        event.listen(engine, "connect", _prepare_postgres)
        return engine
    engine = create_engine(url, hide_parameters=True, execution_options=options)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_at_once)
    return engine


def take_lock(url: URL) -> FileLock | None:
    """The lock of a SQLite file, taken; None where there is no file. Raises StoreError if another process has it."""
    if url.get_backend_name() != "sqlite":
        return None
    path = Path(str(url.database))
    if not path.parent.is_dir():  # the lock would make it, and a slip of the pen would start an empty bot
        raise StoreError(
            f"The database cannot be opened: there is no folder {path.parent}. Make it, or choose another."
        )
    lock = FileLock(path.with_name(path.name + ".lock"))
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise InUse(
            f"Another process is using the database {path.name}. Stop that one first, or choose another file."
        ) from None
    except OSError as error:
        raise StoreError(f"The database {path} cannot be opened: {_os_words(error)}.") from None
    return lock


def open_database(url: str, keys: Keys = READABLE, *, lock: bool = True) -> Database:
    """Open the database, which `migrate` has brought up to date, with the keys of its words. Raises StoreError.

    With `lock`, a SQLite file belongs to this process until `close`.
    """
    address = read_url(url)
    held = take_lock(address) if lock else None
    engine = make_engine(address, keys)
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql("SELECT 1 FROM meta").close()
    except (SQLAlchemyError, sqlite3.Error) as error:
        engine.dispose()
        if held is not None:
            held.release()
        if (said := explain(error)) is not None:
            raise said from None
        raise StoreError("The database has no tables yet. Bring it up to date first.") from None
    return Database(engine, held)


def _os_words(error: OSError) -> str:
    return "the disk is full" if error.errno == errno.ENOSPC else (error.strerror or "unknown reason").lower()


_SENTENCES = (
    ("database or disk is full", "The disk is full. Make room; the bot goes on by itself then."),
    ("no space left on device", "The disk is full. Make room; the bot goes on by itself then."),
    ("database is locked", "Another process holds the database. Stop that one first."),
    (
        "unable to open database file",
        "The database file cannot be opened. Check that its folder is there and writable.",
    ),
    ("readonly database", "The database file cannot be written. Check who may write to it and to its folder."),
    ("disk image is malformed", "The database file is damaged. Put back your last copy of it."),
    (
        "file is not a database",
        "This file is no database, or a damaged one. Choose another, or put back your last copy.",
    ),
    ("disk i/o error", "The disk cannot be read or written. Check the disk and how much room it has."),
    ("password authentication failed", "The database does not accept the user or the password."),
)


def explain(error: BaseException) -> StoreError | None:
    """The StoreError that says what is wrong with the database; None for an error that is the statement's own fault."""
    match error:
        case StoreError():
            return error
        case DBAPIError():
            cause: BaseException | None = error.orig
        case sqlite3.Error():
            cause = error
        case OSError():
            return StoreError(f"The database cannot be used: {_os_words(error)}.")
        case _:
            return None
    said = str(cause).lower()
    for words, sentence in _SENTENCES:
        if words in said:
            return StoreError(sentence)
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return StoreError("The connection to the database broke off. It is tried again by itself.")
    if isinstance(error, OperationalError | InterfaceError) and "no such table" not in said:
        return StoreError("The database cannot be reached. Check that it runs and that its address is right.")
    return None
