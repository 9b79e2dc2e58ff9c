"""Keys in the settings, the commands that make and change them, and what a damaged row does to the bot."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import structlog
from locksmith import key, keys, written
from moments import NOON
from sqlalchemy import text
from typer.testing import CliRunner

from bot.__main__ import app
from bot.authoring.library import compile_source, load
from bot.doctor import examine
from bot.engine.events import Words
from bot.keys import keys_of, new, open_sealed, readable
from bot.service import Handled, Incoming, Service
from bot.settings import Settings, Wrong, read_keys, read_settings, shipped
from bot.store.database import StoreError, open_database
from bot.store.migrations import migrate
from bot.store.worlds import load_world, person_of
from bot.store.writer import Writer


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No .env and no setting of whoever runs the tests plays a part."""
    monkeypatch.chdir(tmp_path)
    for name in ("KEYS", "SAFETY_KEYS", "TOKEN"):
        monkeypatch.delenv(f"TWOFOLD_{name}", raising=False)
    monkeypatch.setenv("TWOFOLD_DATABASE", f"sqlite:///{tmp_path}/bot.db")


def _settings(words: str = "", safety: str = "") -> Settings:
    return read_settings(keys=words, safety_keys=safety)


# --- settings ---------------------------------------------------------------------------------------------------------


def test_the_first_key_seals_and_all_open() -> None:
    given = keys_of(_settings(written("new", "old"), f" {written('s')} , "))
    assert list(given.words.ciphers) == ["new", "old"] and list(given.safety.ciphers) == ["s"]


def test_both_ways_of_base64_are_read_and_the_last_sign_may_be_left_out() -> None:
    name = next(name for name in map(str, range(100)) if {"+", "/"} <= {*written(name)})
    url_safe = written(name).replace("+", "-").replace("/", "_").rstrip("=")
    assert read_keys(url_safe) == read_keys(written(name)) == {name: key(name)}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (written("a").removeprefix("a:"), "must look like id:key"),
        (written("a")[:-6], "must look like id:key"),
        (written("a") + "AAAA", "must look like id:key"),
        (written("a").replace("a:", "a.b:"), "must look like id:key"),
        (written("a").replace(":", ": "), "must look like id:key"),
        (written("a") + " " + written("b"), "must look like id:key"),
        (f"{written('a')},a:{written('b').removeprefix('b:')}", "must not use one id for two keys"),
    ],
)
def test_a_wrong_key_gets_one_sentence_without_it(given: str, said: str) -> None:
    for name in ("keys", "safety_keys"):
        with pytest.raises(Wrong) as wrong:
            read_settings(**{name: given})
        sentence = str(wrong.value)
        assert sentence.startswith(f"TWOFOLD_{name.upper()} {said}") and sentence.endswith(".")
        assert "\n" not in sentence and given[5:25] not in sentence


def test_safety_state_has_keys_of_its_own() -> None:
    with pytest.raises(Wrong, match="TWOFOLD_SAFETY_KEYS must not hold a key of TWOFOLD_KEYS"):
        _settings(written("a", "b"), written("b").replace("b:", "c:"))


def test_keys_are_never_shown() -> None:
    settings = _settings(written("a"), written("s"))
    shown = f"{settings!r} {settings} {settings.model_dump()} {keys_of(settings)!r}"
    assert not any(written(name)[5:25] in shown for name in ("a", "s"))


# --- the commands -----------------------------------------------------------------------------------------------------


def test_new_keys_are_lines_for_the_settings_and_never_the_same(tmp_path: Path) -> None:
    ran = CliRunner().invoke(app, ["keys", "new"])
    assert ran.exit_code == 0 and len(ran.output.splitlines()) == 2 and ran.output.strip() != new()
    (tmp_path / ".env").write_text(ran.output)
    settings = read_settings()
    assert readable(settings) is None
    given = keys_of(settings)
    assert len(given.words.ciphers) == len(given.safety.ciphers) == 1


def test_rotate_seals_what_was_readable_and_prints_how_much(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    settings = _settings()
    migrate(settings.database)
    with open_database(settings.database).engine.begin() as conn:
        ann = person_of(conn, 1, "Annika", "en", NOON)
    monkeypatch.setenv("TWOFOLD_KEYS", written("a"))
    monkeypatch.setenv("TWOFOLD_SAFETY_KEYS", written("s"))
    ran = CliRunner().invoke(app, ["keys", "rotate"])
    assert ran.exit_code == 0
    assert ran.output.splitlines()[0].split() == ["people", "1", "sealed"] and "older ones can be" in ran.output
    assert b"Annika" not in (tmp_path / "bot.db").read_bytes()
    database = open_sealed(read_settings())
    with database.engine.connect() as conn:
        assert load_world(conn, ann).people[ann].name == "Annika"
    database.close()
    with pytest.raises(StoreError, match="under the key a"):
        open_sealed(_settings())
    open_database(settings.database).close()  # whoever was refused has let go of the file


def test_rotate_says_what_could_not_be_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = _settings(written("a"), written("s"))
    migrate(settings.database)
    database = open_sealed(settings)
    with database.engine.begin() as conn:
        person_of(conn, 1, "Annika", "en", NOON)
        conn.execute(text("UPDATE people SET seal = ''"))
    database.close()
    monkeypatch.setenv("TWOFOLD_KEYS", written("b", "a"))
    monkeypatch.setenv("TWOFOLD_SAFETY_KEYS", written("s"))
    ran = CliRunner().invoke(app, ["keys", "rotate"])
    assert ran.exit_code == 1
    assert "people   0 sealed, 1 not opened" in ran.output and "left as it is" in ran.output


def test_rotate_without_keys_or_beside_a_bot_does_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    ran = CliRunner().invoke(app, ["keys", "rotate"])
    assert (ran.exit_code, "twofold keys new" in ran.output) == (2, True)
    migrate(_settings().database)
    monkeypatch.setenv("TWOFOLD_KEYS", written("a"))
    monkeypatch.setenv("TWOFOLD_SAFETY_KEYS", written("s"))
    running = open_database(_settings().database)
    ran = CliRunner().invoke(app, ["keys", "rotate"])
    assert (ran.exit_code, "Another process is using" in ran.output) == (1, True)
    running.close()


def _doctor() -> str:
    (line,) = (str(line) for line in examine() if line.about == "database")
    return line


def test_the_doctor_says_what_is_readable(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "words are stored readable (no TWOFOLD_KEYS, no TWOFOLD_SAFETY_KEYS); `twofold keys new`" in _doctor()
    monkeypatch.setenv("TWOFOLD_KEYS", written("a"))
    assert "safety state is stored readable (no TWOFOLD_SAFETY_KEYS)" in _doctor()
    monkeypatch.setenv("TWOFOLD_SAFETY_KEYS", written("s"))
    assert _doctor().endswith("opens, and is up to date")
    monkeypatch.setenv("TWOFOLD_KEYS", written("b"))
    assert _doctor().endswith("opens, and is up to date")  # a look binds nobody to a key
    open_sealed(_settings(written("a"))).close()
    assert _doctor().startswith("MEND  database  Words in this database are sealed under the key a")


# --- a damaged row ----------------------------------------------------------------------------------------------------


@pytest.fixture
async def service(database_url: str) -> AsyncIterator[Service]:
    database = open_database(database_url, keys("a"))
    library = load(shipped("flows"), shipped("content")).library
    assert library is not None
    writer = Writer(database)
    yield Service(writer, library, compile_source, now=lambda: NOON)
    await writer.close()
    database.close()


async def test_a_row_that_does_not_open_puts_one_update_aside_and_not_the_bot(service: Service) -> None:
    async def say(update: int, chat: int) -> Handled:
        return await service.handle(Incoming(update, chat, "Ann", "en", Words(0, "/check_in")))

    for chat in (1, 2):
        await say(chat, chat)
    await service.writer.run(
        lambda conn: conn.execute(text("UPDATE people SET seal = '' WHERE chat = 1")).rowcount,
    )
    with structlog.testing.capture_logs() as logs:
        assert await say(11, 1) == Handled()
        await say(12, 2)
    assert [line["event"] for line in logs] == ["row_not_opened", "quarantined"]
    assert (logs[0]["table"], logs[0]["row"], logs[1]["update"]) == ("people", 1, 11)

    noted = await service.writer.run(
        lambda conn: conn.execute(text("SELECT update_id, status FROM inbox ORDER BY update_id")).all()
    )
    assert [tuple(row) for row in noted] == [(1, "ok"), (2, "ok"), (11, "quarantined"), (12, "ok")]
    told = await service.writer.run(
        lambda conn: conn.execute(text("SELECT key FROM outbox WHERE person = 1")).scalars()
    )
    assert "q11" in list(told)
