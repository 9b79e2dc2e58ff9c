"""A database of an older version keeps every row when it is brought up to date."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from databases import Postgres
from moments import NOON
from sqlalchemy import text

from bot.engine.events import Message
from bot.engine.run import Person, Run
from bot.engine.saved import dump_message, dump_person, dump_run, load_message
from bot.store import migrations, numbers, outbox
from bot.store.database import make_engine, open_database, read_url
from bot.store.migrations import migrate
from bot.store.moment import ticks
from bot.store.worlds import load_world


@pytest.fixture(params=["sqlite", "postgres"])
def old_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database with the first version's tables and some rows."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/old.db"
    else:
        postgres = request.getfixturevalue("postgres")
        assert isinstance(postgres, Postgres)
        url = postgres.empty()
    engine = make_engine(read_url(url))
    with engine.begin() as conn:
        config = Config()
        config.set_main_option("script_location", str(Path(migrations.__file__).parent))
        config.attributes["connection"] = conn
        command.upgrade(config, "0001")
        at = ticks(NOON)
        for number, name in ((1, "Ann"), (2, "Ben")):
            state = dump_person(Person(number, name, partner=3 - number))
            row = {"id": number, "chat": 100 + number, "state": state, "at": at}
            conn.execute(text("INSERT INTO people (id, chat, state, since) VALUES (:id, :chat, :state, :at)"), row)
        conn.execute(text("UPDATE people SET partner = 3 - id"))
        state = dump_run(Run("r1", "warm_up", "s1", (1, 2), "ask", NOON, NOON, seed=7))
        conn.execute(text("INSERT INTO runs (id, one, two, state) VALUES ('r1', 1, 2, :state)"), {"state": state})
        payload = dump_message(Message("hello"))
        conn.execute(
            text(
                "INSERT INTO outbox (key, person, kind, tag, instead, unasked, payload, status, created)"
                " VALUES ('k', 1, 'send', '', false, false, :payload, 'queued', :at)"
            ),
            {"payload": payload, "at": at},
        )
        for value in (3, 10):
            row = {"value": value, "at": at + value}
            conn.execute(
                text("INSERT INTO numbers (person, flow, step, value, at) VALUES (1, 'mood', 'rate', :value, :at)"), row
            )
    engine.dispose()
    yield url


def test_rows_from_before_there_were_seals_come_through(old_url: str) -> None:
    migrate(old_url)
    database = open_database(old_url)
    with database.engine.begin() as conn:
        world = load_world(conn, 1)
        assert [one.name for one in world.people.values()] == ["Ann", "Ben"] and list(world.runs) == ["r1"]
        given = numbers.last_days(conn, 1, "mood", "rate", NOON)
        assert given == [(NOON + timedelta(microseconds=value), value) for value in (3, 10)]
        row = outbox.claim(conn, 1, NOON)
        assert row is not None and load_message(row.payload).text == "hello"
        seals = [
            seal
            for table in ("people", "runs", "outbox", "numbers")
            for seal in conn.execute(text(f"SELECT seal FROM {table}")).scalars()
        ]
        assert len(seals) == len(set(seals)) == 6 and all(len(bytes.fromhex(seal)) == 16 for seal in seals)
    database.close()
