"""Opening, locking and migrating, and the sentence for everything that can be wrong."""

from __future__ import annotations

import errno
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from databases import Postgres
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, OperationalError

from bot.store.database import Database, StoreError, explain, make_engine, open_database, read_url
from bot.store.migrations import migrate, ours
from bot.store.schema import tables


def test_the_migrations_make_exactly_the_tables_of_the_schema(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True, "include_name": ours})
        assert compare_metadata(context, tables) == []


def test_migrating_again_changes_nothing(database_url: str) -> None:
    def versions() -> list[str]:
        database = open_database(database_url)
        with database.engine.connect() as connection:
            found = connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all()
        database.close()
        return [*found]

    before = versions()
    migrate(database_url)
    assert len(before) == 1 and versions() == before


def test_a_database_of_a_newer_version_is_left_alone(database_url: str) -> None:
    engine = make_engine(read_url(database_url))
    version = text("UPDATE alembic_version SET version_num = :number")
    with engine.begin() as connection:
        newest = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
        connection.execute(version, {"number": "9999"})
    with pytest.raises(StoreError, match="newer version of the bot"):
        migrate(database_url)
    with engine.begin() as connection:
        connection.execute(version, {"number": newest})
    engine.dispose()


def test_a_database_without_tables_is_refused(tmp_path: Path, postgres: Postgres) -> None:
    empty = postgres.empty()
    for url in (f"sqlite:///{tmp_path}/none.db", empty):
        with pytest.raises(StoreError, match="no tables yet"):
            open_database(url)


def test_sqlite_flushes_every_commit_and_checks_keys(sqlite_url: str) -> None:
    database = open_database(sqlite_url)
    with database.engine.connect() as connection:
        wanted = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 5000}
        assert {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in wanted} == wanted
    database.close()


def test_a_second_process_on_the_same_file_is_refused(sqlite_url: str) -> None:
    program = (
        "import sys\n"
        "from bot.store.database import StoreError, open_database\n"
        "try:\n    open_database(sys.argv[1])\n"
        "except StoreError as error:\n    print(error)\n"
    )
    first = open_database(sqlite_url)
    told = subprocess.run([sys.executable, "-c", program, sqlite_url], capture_output=True, text=True, check=True)
    assert told.stdout == "Another process is using the database bot.db. Stop that one first, or choose another file.\n"
    with pytest.raises(StoreError, match="Another process"):
        migrate(sqlite_url)
    first.close()
    open_database(sqlite_url).close()


def test_without_the_lock_a_file_can_be_read_beside_its_owner(sqlite_url: str) -> None:
    owner = open_database(sqlite_url)
    reader = open_database(sqlite_url, lock=False)
    assert owner.alone and not reader.alone
    reader.close()
    owner.close()


def test_a_refused_file_can_be_opened_once_it_is_right(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/bot.db"
    with pytest.raises(StoreError):
        open_database(url)
    migrate(url)
    open_database(url).close()


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("bot.db", "cannot be read. Write it like sqlite:///bot.db"),
        ("mysql://host/name", "must be SQLite or PostgreSQL"),
        ("sqlite://", "needs a file"),
        ("sqlite:///:memory:", "needs a file"),
    ],
)
def test_a_wrong_address_gets_one_sentence(url: str, words: str) -> None:
    for attempt in (migrate, open_database):
        with pytest.raises(StoreError, match=words):
            attempt(url)


def test_a_missing_folder_is_not_made(tmp_path: Path) -> None:
    for attempt in (migrate, open_database):
        with pytest.raises(StoreError, match="there is no folder"):
            attempt(f"sqlite:///{tmp_path}/slip/bot.db")
    assert not (tmp_path / "slip").exists()


def test_a_file_that_is_no_database_gets_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "bot.db").write_text("dear diary " * 1000)
    for attempt in (migrate, open_database):
        with pytest.raises(StoreError, match="is no database"):
            attempt(f"sqlite:///{tmp_path}/bot.db")


def test_the_password_is_never_said(postgres: Postgres) -> None:
    url = f"postgresql://nobody:s3cret@localhost:1/none?host={postgres.folder}/missing"
    for attempt in (migrate, open_database):
        with pytest.raises(StoreError) as refused:
            attempt(url)
        assert "cannot be reached" in str(refused.value)
        assert "s3cret" not in str(refused.value)
        assert refused.value.__suppress_context__  # a traceback does not bring the driver's own words back


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (sqlite3.OperationalError("database or disk is full"), "disk is full"),
        (OSError(errno.ENOSPC, "No space left on device"), "disk is full"),
        (OperationalError("", {}, Exception("could not extend file: No space left on device")), "disk is full"),
        (OperationalError("", {}, sqlite3.OperationalError("database is locked")), "Another process"),
        (OperationalError("", {}, sqlite3.DatabaseError("database disk image is malformed")), "damaged"),
        (OperationalError("", {}, sqlite3.OperationalError("attempt to write a readonly database")), "written"),
        (OperationalError("", {}, Exception("anything else")), "cannot be reached"),
    ],
)
def test_every_trouble_of_the_database_has_its_sentence(error: Exception, words: str) -> None:
    said = explain(error)
    assert said is not None
    assert words in str(said)


def test_a_mistake_of_a_statement_is_no_trouble_of_the_database() -> None:
    assert explain(IntegrityError("", {}, Exception("UNIQUE constraint failed"))) is None
    assert explain(ValueError("x")) is None
