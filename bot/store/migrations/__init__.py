"""The steps from one schema to the next, oldest first. Steps that were published are never changed."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from bot.store.database import StoreError, explain, make_engine, read_url, take_lock

_ONE_AT_A_TIME = 0x74776F666F6C64
"""The number of PostgreSQL's advisory lock under which processes that start together take turns: "twofold"."""


def migrate(url: str) -> None:
    """Bring the database up to date, or make it. Raises StoreError; then nothing has changed."""
    address = read_url(url)
    lock = take_lock(address)
    engine = make_engine(address)
    try:
        with engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _ONE_AT_A_TIME})
            _upgrade(connection)
    except (SQLAlchemyError, sqlite3.Error, OSError) as error:
        if (said := explain(error)) is not None:
            raise said from None
        raise
    finally:
        engine.dispose()
        if lock is not None:
            lock.release()


def check(url: str) -> None:
    """Look whether the database is up to date, and change nothing. Raises StoreError where it is not."""
    engine = make_engine(read_url(url))
    try:
        with engine.begin() as connection:
            if _current(connection) != set(ScriptDirectory.from_config(_config(connection)).get_heads()):
                raise StoreError("The database is not up to date. Run `twofold migrate` once, then start again.")
    except (SQLAlchemyError, sqlite3.Error) as error:
        if (said := explain(error)) is not None:
            raise said from None
        raise
    finally:
        engine.dispose()


def ours(name: str | None, kind: str, _: object) -> bool:
    """Whether this part of a database is one of `schema`: the tables of procrastinate are not."""
    return kind != "table" or name is None or not name.startswith("procrastinate_")


def _upgrade(connection: Connection) -> None:
    _current(connection)
    command.upgrade(_config(connection), "head")


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _current(connection: Connection) -> set[str]:
    """The steps that the database has, of which we know all: else it is too new for us."""
    known = {script.revision for script in ScriptDirectory.from_config(_config(connection)).walk_revisions()}
    now = set(MigrationContext.configure(connection).get_current_heads())
    if now - known:
        raise StoreError(
            "This database was written by a newer version of the bot. Install that version, or use an older copy of it."
        )
    return now
