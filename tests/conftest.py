"""What tests of every room can ask for: a fresh database of either kind, a writer on it, a time that stands still."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from databases import Postgres, postgres_server
from moments import FakeTime

from bot.store.database import Database, open_database
from bot.store.migrations import migrate
from bot.store.writer import Writer


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server for the whole session, started when the first test asks for it."""
    with postgres_server() as server:
        yield server


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """A new SQLite file with all tables."""
    url = f"sqlite:///{tmp_path}/bot.db"
    migrate(url)
    return url


@pytest.fixture
def postgres_url(postgres: Postgres) -> Iterator[str]:
    """A PostgreSQL database with all tables and nothing in them."""
    url = postgres.fresh()
    yield url
    postgres.give_back(url)


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A new database with all tables; every test that asks for it runs on SQLite and on PostgreSQL."""
    url = request.getfixturevalue(f"{request.param}_url")
    assert isinstance(url, str)
    return url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A new database, open."""
    opened = open_database(database_url)
    yield opened
    opened.close()


@pytest.fixture
async def writer(database: Database) -> AsyncIterator[Writer]:
    """A writer on a new database."""
    writing = Writer(database)
    yield writing
    await writing.close()


@pytest.fixture
def time() -> FakeTime:
    """A time that passes only when the test says so."""
    return FakeTime()
