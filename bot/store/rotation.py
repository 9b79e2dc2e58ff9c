"""Every row sealed anew under the first key, some at a time: a stop half-way loses nothing, and a new try goes on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import BigInteger, Column, Connection, Row, bindparam, func, select, update
from sqlalchemy.exc import SQLAlchemyError

from bot.engine.saved import Damaged
from bot.store import keyring
from bot.store.database import Database, explain
from bot.store.schema import WORDS, safety
from bot.store.sealing import Ring, safety_of, words_of
from bot.store.writer import Writer

BATCH = 500
"""Rows in one transaction: a bot that runs on the same PostgreSQL waits for them some tens of milliseconds."""


@dataclass(frozen=True, slots=True)
class Count:
    """Of one table: how many rows were sealed anew, and how many could not be opened and were left as they are."""

    sealed: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class _Batch:
    count: Count
    last: int | None


async def rotate(writer: Writer) -> dict[str, Count]:
    """Seal all words and all safety state under the first key of each ring; each table's count.

    Where all words could be opened, the older keys are needed no more. A table whose ring has no keys is left alone.
    Raises StoreError; every batch before it is kept.
    """
    counts = {column.table.name: await _column(writer, column, words_of) for column in WORDS}
    if not any(count.failed for count in counts.values()):
        await writer.run(keyring.retire)
    return {**counts, safety.name: await _column(writer, safety.c.state, safety_of)}


async def _column(writer: Writer, column: Column[Any], ring_of: Callable[[Connection], Ring]) -> Count:
    count, last = Count(), 0
    while True:
        batch = await writer.run(partial(_batch, column=column, ring_of=ring_of, after=last))
        if batch.last is None:
            return count
        last = batch.last
        count = Count(count.sealed + batch.count.sealed, count.failed + batch.count.failed)


def _batch(conn: Connection, column: Column[Any], ring_of: Callable[[Connection], Ring], after: int) -> _Batch:
    ring = ring_of(conn)
    if not ring.ciphers:
        return _Batch(Count(), None)
    table = column.table
    (number,) = table.primary_key
    rows = conn.execute(
        select(number.label("row"), table.c.seal, column.label("stored"))
        .where(number > after, column != "", func.substr(column, 1, len(ring.mark)) != ring.mark)
        .order_by(number)
        .limit(BATCH)
        .with_for_update()
    ).all()
    changed = [new for row in rows if (new := _anew(column, ring, row)) is not None]
    if changed:
        conn.execute(
            update(table)
            .where(number == bindparam("row", type_=BigInteger))
            .values({"seal": bindparam("seal"), column.name: bindparam(column.name)}),
            changed,
        )
    return _Batch(Count(len(changed), len(rows) - len(changed)), rows[-1].row if rows else None)


def _anew(column: Column[Any], ring: Ring, row: Row[int, str, str]) -> dict[str, Any] | None:
    try:
        words = ring.opened(column, row.row, row.seal, row.stored)
    except Damaged:
        return None
    return {"row": row.row, **ring.sealed(column, words)}


def sweep(database: Database) -> None:
    """Have the database write its files anew, without what rows held before. Raises StoreError."""
    try:
        if database.sqlite:
            _sweep_file(database)
            return
        names = ", ".join(column.table.name for column in (*WORDS, safety.c.state))
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
            conn.exec_driver_sql(f"VACUUM FULL {names}")
    except (SQLAlchemyError, OSError) as error:
        if (said := explain(error)) is not None:
            raise said from None
        raise


def _sweep_file(database: Database) -> None:
    raw = database.engine.raw_connection()  # past `_begin_at_once`: there is no such work inside a transaction
    try:
        for statement in ("VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"):
            raw.cursor().execute(statement)
    finally:
        raw.close()
