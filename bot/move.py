"""Where the bot goes on: its tables brought up to date, and everything it keeps carried from SQLite to PostgreSQL."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import BindParameter, Connection, Table, bindparam, func, insert, select, text, update
from sqlalchemy.exc import SQLAlchemyError

from bot.settings import Settings, make_folder
from bot.store import outbox
from bot.store.database import Database, StoreError, explain, open_database, read_url
from bot.store.migrations import migrate
from bot.store.schema import people, tables

FAILED = 1

BATCH = 1000
"""Rows that are in memory at a time."""

_AHEAD = (people.c.partner, people.c.pending)
"""Columns that name rows of their own table, which may come later."""


def bring_up_to_date(settings: Settings) -> int:
    """Makes the newest tables. The exit code: 0, or 1 with a sentence."""
    try:
        make_folder(settings)
        migrate(settings.database)
    except StoreError as error:
        print(error, file=sys.stderr)
        return FAILED
    print("The database is up to date.")
    return 0


def move(source: str, target: str) -> int:
    """Copies everything from one address to the other and prints the counts. The exit code: 0, or 1 with a sentence."""
    try:
        counts = carry(source, target)
    except StoreError as error:
        print(error, file=sys.stderr)
        return FAILED
    for name, count in counts.items():
        print(f"{name:<12} {count}")
    print("All of it is there, and was counted again. Write the new address into TWOFOLD_DATABASE, and keep the keys.")
    print("The old file was left as it is. Put it away, so that no bot starts on it again.")
    return 0


def carry(source: str, target: str) -> dict[str, int]:
    """Copy every row as it is, sealed values included; how many there are in each table.

    Raises StoreError: then the target is as empty as before. No bot may run on either.
    """
    if read_url(source).get_backend_name() != "sqlite" or read_url(target).get_backend_name() == "sqlite":
        raise StoreError(
            "Only SQLite can be moved, and only to PostgreSQL: twofold move sqlite:///bot.db postgresql://…"
        )
    _must_be_there(source)
    migrate(source)
    migrate(target)
    with _opened(source) as old, _opened(target) as new:
        try:
            with old.engine.begin() as reading, new.engine.begin() as writing:
                return _carry(reading, writing)
        except (SQLAlchemyError, sqlite3.Error) as error:
            if (said := explain(error)) is not None:
                raise said from None
            raise


def _must_be_there(source: str) -> None:
    # To bring a database up to date that is not there would make an empty one.
    name = str(read_url(source).database)
    try:
        sqlite3.connect(f"file:{name}?mode=ro", uri=True).close()
    except sqlite3.Error:
        raise StoreError(f"There is no database {name}. Check the address.") from None


@contextmanager
def _opened(url: str) -> Iterator[Database]:
    database = open_database(url)
    try:
        yield database
    finally:
        database.close()


def _carry(reading: Connection, writing: Connection) -> dict[str, int]:
    known = tables.sorted_tables  # whoever is named by others comes before them
    # Nobody else can begin to fill it meanwhile.
    writing.execute(text(f"LOCK TABLE {', '.join(table.name for table in known)} IN EXCLUSIVE MODE"))
    if full := [table.name for table in known if _count(writing, table)]:
        raise StoreError(
            f"The new database is not empty: there is something in {', '.join(full)}. Choose an empty one. "
            "Nothing was moved."
        )
    for table in known:
        _copy(reading, writing, table)
    _join(reading, writing)
    outbox.release_all(writing)  # whoever had a message in hand is gone
    for table in known:
        _go_on_counting(reading, writing, table)
    counts = {table.name: _count(reading, table) for table in known}
    if counts != {table.name: _count(writing, table) for table in known}:
        raise StoreError("Not every row came through, so nothing was moved. Try again.")
    return counts


def _count(conn: Connection, table: Table) -> int:
    return int(conn.execute(select(func.count()).select_from(table)).scalar_one())


def _copy(reading: Connection, writing: Connection, table: Table) -> None:
    rows = reading.execute(select(table).execution_options(yield_per=BATCH)).mappings()
    left_out: dict[str, Any] = {column.name: None for column in _AHEAD if column.table is table}
    for batch in rows.partitions():
        writing.execute(insert(table), [{**row, **left_out} for row in batch])


def _join(reading: Connection, writing: Connection) -> None:
    """Whom each person belongs to, now that all are there."""
    ahead: dict[str, BindParameter[int]] = {column.name: bindparam(f"new_{column.name}") for column in _AHEAD}
    wanted = select(people.c.id, *_AHEAD).where(people.c.partner.is_not(None) | people.c.pending.is_not(None))
    statement = update(people).where(people.c.id == bindparam("who")).values(ahead)
    for batch in reading.execute(wanted.execution_options(yield_per=BATCH)).partitions():
        rows = [{"who": row.id, "new_partner": row.partner, "new_pending": row.pending} for row in batch]
        writing.execute(statement, rows)


def _go_on_counting(reading: Connection, writing: Connection, table: Table) -> None:
    """New rows get numbers that none has had, also none of a row that is gone."""
    column = table.autoincrement_column
    if column is None:
        return
    last = reading.execute(select(func.max(column))).scalar() or 0
    if table.dialect_options["sqlite"]["autoincrement"]:
        remembered = text("SELECT seq FROM sqlite_sequence WHERE name = :name")
        last = max(last, reading.execute(remembered, {"name": table.name}).scalar() or 0)
    if last:
        sequence = text("SELECT setval(pg_get_serial_sequence(:table, :column), :last)")
        writing.execute(sequence, {"table": table.name, "column": column.name, "last": last})
