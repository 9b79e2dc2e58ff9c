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


def _seal() -> Column[str]:
    """What ties the sealed value of a row to this row (see sealing.py): written anew together with it."""
    return Column("seal", Text, nullable=False, server_default=text("''"))


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
    _seal(),
    Index(None, "since"),
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
    _seal(),
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
    _seal(),
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
    # Text, for it is sealed: an answer on a scale is as private as one in words.
    Column("value", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    _seal(),
    Index(None, "person", "flow", "step", "at"),
)

notes = Table(
    "notes",
    tables,
    Column("id", _Id, primary_key=True, autoincrement=True),
    _person("person"),
    Column("flow", Text, nullable=False),
    Column("step", Text, nullable=False),
    Column("words", Text, nullable=False),
    # Whether the partner was to see it: such a copy goes when its person unlinks.
    Column("shared", Boolean, nullable=False),
    Column("at", BigInteger, nullable=False),
    _seal(),
    Index(None, "person", "at"),
)

traces = Table(
    "traces",
    tables,
    _person("person", primary_key=True),
    # The messenger's number of a message in this person's chat: the bot's own (`ours`) or the person's.
    Column("message_id", BigInteger, primary_key=True, autoincrement=False),
    Column("ours", Boolean, nullable=False),
    Column("media", Boolean, nullable=False),
    Column("at", BigInteger, nullable=False),
    Index(None, "person", "at"),
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

safety = Table(
    "safety",
    tables,
    _person("person", primary_key=True),
    Column("seal", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
)

WORDS = (people.c.state, runs.c.state, outbox.c.payload, numbers.c.value, notes.c.words)
"""Every column that holds words of people, or numbers that tell as much. `safety.state` has keys of its own."""
