"""The tables, for SQLite and PostgreSQL alike. Every time is a whole number of microseconds in UTC (see moment.py)."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, MetaData, Table, Text, text

_Id = BigInteger().with_variant(Integer, "sqlite")
"""SQLite numbers rows by itself only where the column is called INTEGER."""

_Key = Text().with_variant(Text(collation="C"), "postgresql")
"""Sorted by bytes on both databases, so that "every key that begins so" is a range of the index."""

tables = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _person(name: str, *, primary_key: bool = False, nullable: bool = False) -> Column[int]:
    """A column that names a person. What belongs to a person goes when the person goes."""
    return Column(name, _Id, ForeignKey("people.id", ondelete="CASCADE"), primary_key=primary_key, nullable=nullable)


people = Table(
    "people",
    tables,
    Column("id", _Id, primary_key=True, autoincrement=True),
    Column("chat", BigInteger, nullable=False, unique=True),
    # Copies of what `state` says, so that one statement finds a couple.
    Column("partner", _Id, ForeignKey("people.id", ondelete="SET NULL")),
    Column("pending", _Id, ForeignKey("people.id", ondelete="SET NULL")),
    Column("state", Text, nullable=False),
    Column("since", BigInteger, nullable=False),
    # When this chat takes its next new message, and when a pause of the whole chat ends (429, no network).
    Column("next_at", BigInteger, nullable=False, server_default=text("0")),
    Column("paused", BigInteger, nullable=False, server_default=text("0")),
    sqlite_autoincrement=True,
)

runs = Table(
    "runs",
    tables,
    # Keeps the order in which runs began.
    Column("place", _Id, primary_key=True, autoincrement=True),
    Column("id", Text, nullable=False, unique=True),
    _person("one"),
    _person("two", nullable=True),
    Column("state", Text, nullable=False),
    Index(None, "one"),
    Index(None, "two"),
)

inbox = Table(
    "inbox",
    tables,
    Column("update_id", BigInteger, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("status", Text, nullable=False),
    Column("reason", Text),
    Index(None, "at"),
)

outbox = Table(
    "outbox",
    tables,
    Column("id", _Id, primary_key=True, autoincrement=True),
    Column("key", Text, nullable=False, unique=True),
    _person("person"),
    Column("kind", Text, nullable=False),
    Column("tag", Text, nullable=False),
    Column("instead", Boolean, nullable=False),
    Column("unasked", Boolean, nullable=False),
    # The message as JSON. Blank as soon as the row is sent, closed or quarantined.
    Column("payload", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    # Until when a sender has this row in hand.
    Column("lease", BigInteger, nullable=False, server_default=text("0")),
    Column("reason", Text),
    Column("message_id", BigInteger),
    Column("created", BigInteger, nullable=False),
    Column("done", BigInteger),
    Index(
        "ix_outbox_queued",
        "person",
        "id",
        sqlite_where=text("status = 'queued'"),
        postgresql_where=text("status = 'queued'"),
    ),
    Index("ix_outbox_done", "done", sqlite_where=text("done IS NOT NULL"), postgresql_where=text("done IS NOT NULL")),
)

shown = Table(
    "shown",
    tables,
    _person("person", primary_key=True),
    Column("tag", Text, primary_key=True),
    Column("message_id", BigInteger, nullable=False),
    Column("media", Boolean, nullable=False),
)

timers = Table(
    "timers",
    tables,
    Column("key", _Key, primary_key=True),
    _person("owner"),
    Column("due", BigInteger, nullable=False),
    Index(None, "due"),
)

invitations = Table(
    "invitations",
    tables,
    # SHA-256 of the token, in hexadecimal: the token itself is only in the link.
    Column("hash", Text, primary_key=True),
    _person("inviter"),
    Column("expires", BigInteger, nullable=False),
    _person("used_by", nullable=True),
    Index(None, "inviter"),
)

numbers = Table(
    "numbers",
    tables,
    Column("id", _Id, primary_key=True, autoincrement=True),
    _person("person"),
    Column("flow", Text, nullable=False),
    Column("step", Text, nullable=False),
    Column("value", Integer, nullable=False),
    Column("at", BigInteger, nullable=False),
    Index(None, "person", "flow", "step", "at"),
)

versions = Table(
    "versions",
    tables,
    Column("flow", Text, primary_key=True),
    Column("structure", Text, primary_key=True),
    Column("wording", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("first_seen", BigInteger, nullable=False),
)

slots = Table(
    "slots",
    tables,
    Column("name", Text, primary_key=True),
    Column("next_at", BigInteger, nullable=False),
)

meta = Table(
    "meta",
    tables,
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
)
