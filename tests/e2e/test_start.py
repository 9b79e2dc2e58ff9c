"""What can be wrong when the bot starts: one clear sentence each, the right exit code, and nothing half begun."""

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from telegram_server import Person, TelegramServer

from bot.store.migrations import migrate

from .conftest import TOKEN
from .free_port import free_port
from .pair import acquaint
from .phone import PATIENCE
from .process import ROOT, Copy

SECRET_PART = TOKEN.partition(":")[2]
OTHER_TOKEN = "4242:another-token-that-nobody-may-read"


@dataclass(frozen=True, slots=True)
class Case:
    """Settings that cannot work, the exit code, and what the one sentence about them holds."""

    code: int
    words: tuple[str, ...]
    changes: Mapping[str, str]


async def end_at_once(bot: Copy, cases: Mapping[str, Case]) -> None:
    """Each case in a process of its own, two at a time: one line on stderr, and nothing on stdout."""
    turns = asyncio.Semaphore(2)

    async def try_one(name: str, case: Case) -> None:
        folder = bot.folder / name
        folder.mkdir()
        copy = Copy(folder, **{**bot.settings, "DATABASE": f"sqlite:///{folder}/twofold.sqlite3", **case.changes})
        async with turns:
            try:
                ended = await copy.run()
            finally:
                await copy.kill()
        assert (ended.code, ended.out) == (case.code, ""), f"{name}: {ended}"
        assert ended.err.count("\n") == 1 and ended.err.endswith(".\n"), f"{name}: {ended}"
        assert all(words in ended.err for words in case.words), f"{name}: {ended}"
        assert not any(token in ended.err for token in (SECRET_PART, OTHER_TOKEN)), name
        assert case.code == 1 or not copy.file.exists(), name

    await asyncio.gather(*(try_one(name, case) for name, case in cases.items()))


# --- settings ---------------------------------------------------------------------------------------------------------

WEBHOOK = {"WEBHOOK_URL": "https://bot.example"}
WRONG_SETTINGS = {
    "no token": Case(2, ("TWOFOLD_TOKEN is missing", "@BotFather"), {"TOKEN": ""}),
    "a webhook without a secret": Case(2, ("TWOFOLD_WEBHOOK_SECRET is missing",), WEBHOOK),
    "a short secret": Case(2, ("TWOFOLD_WEBHOOK_SECRET", "16"), {**WEBHOOK, "WEBHOOK_SECRET": "short"}),
}


async def test_a_setting_is_wrong(bot: Copy, server: TelegramServer) -> None:
    await end_at_once(bot, WRONG_SETTINGS)
    assert not server.calls


async def test_every_malformed_setting_is_said_at_once(bot: Copy) -> None:
    """A line for each: its name, and what it must look like; never what was written there."""
    bot.settings |= {"TOKEN": SECRET_PART, "BOT_API": "localhost", "LOG_LEVEL": "loud", "WEBHOOK_PORT": "99999"}
    ended = await bot.run()
    lines = sorted(ended.err.splitlines())
    assert (ended.code, ended.out, len(lines)) == (2, "", 4)
    for line, name, words in zip(
        lines,
        ("BOT_API", "LOG_LEVEL", "TOKEN", "WEBHOOK_PORT"),
        ("must begin with http", "'info'", "is not a bot token", "65535"),
        strict=True,
    ):
        assert line.startswith(f"TWOFOLD_{name} ") and words in line and line.endswith(".")


async def test_telegram_does_not_know_the_token(bot: Copy, server: TelegramServer) -> None:
    known = "Telegram does not know this bot's token"
    await end_at_once(bot, {"another bot's": Case(1, (known,), {"TOKEN": OTHER_TOKEN})})
    assert server.calls.keys() <= {"getMe"}


# --- the database -----------------------------------------------------------------------------------------------------


def nowhere(folder: Path) -> str:
    """A file in a folder that nobody may write to; for root, who may do everything, one of the kernel's."""
    if os.geteuid() == 0:
        return "sqlite:////sys/twofold.sqlite3"
    folder.chmod(0o500)
    return f"sqlite:///{folder}/twofold.sqlite3"


def no_database(folder: Path) -> str:
    (folder / "letter.txt").write_text("Dear Ana, this is no database, and longer than a header of one. " * 40)
    return f"sqlite:///{folder}/letter.txt"


def torn_database(folder: Path) -> str:
    """All pages but the first are gone wrong."""
    file = folder / "torn.sqlite3"
    migrate(f"sqlite:///{file}")
    whole = file.read_bytes()
    file.write_bytes(whole[:4096] + b"\x5a" * (len(whole) - 4096))
    return f"sqlite:///{file}"


def newer_database(folder: Path) -> str:
    file = folder / "newer.sqlite3"
    migrate(f"sqlite:///{file}")
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = 'from_the_future'")
    return f"sqlite:///{file}"


UNUSABLE: Mapping[str, tuple[Callable[[Path], str], str]] = {
    "a folder nobody may write to": (nowhere, "cannot be opened"),
    "another file": (no_database, "This file is no database, or a damaged one"),
    "damaged": (torn_database, "The database file is damaged"),
    "newer": (newer_database, "written by a newer version of the bot"),
}


async def test_the_database_cannot_be_used(bot: Copy, server: TelegramServer) -> None:
    cases = {}
    for number, (name, (make, words)) in enumerate(UNUSABLE.items()):
        folder = bot.folder / f"data {number}"
        folder.mkdir()
        cases[name] = Case(1, (words,), {"DATABASE": make(folder)})
    await end_at_once(bot, cases)
    assert not server.calls


# --- the network ------------------------------------------------------------------------------------------------------


async def test_it_waits_for_the_network_and_works_as_soon_as_it_is_there(bot: Copy) -> None:
    """Nobody answers at first: one line in the log, growing pauses, hardly any work, and no restart is needed."""
    port, loop = free_port(), asyncio.get_running_loop()
    knocks: asyncio.Queue[float] = asyncio.Queue()

    def knocked(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        knocks.put_nowait(loop.time())
        writer.close()

    bot.settings["BOT_API"] = f"http://127.0.0.1:{port}"
    async with asyncio.timeout(PATIENCE), await asyncio.start_server(knocked, "127.0.0.1", port):
        await bot.start()
        first = await knocks.get()
        worked = work_of(bot)
        second = await knocks.get()
    async with TelegramServer(TOKEN, port=port) as server:
        await server.called("getMe", PATIENCE)
        third = loop.time()
        assert work_of(bot) - worked < 0.5  # seconds of a processor
        assert second - first > 0.5 and third - second > 1.5  # seconds, of pauses of one and of two
        assert bot.said.count("Telegram cannot be reached") == 1
        ana = server.person("Ana")
        await ana.send("/start")
        await ana.sees("Hello, Ana", PATIENCE)
        assert await bot.stop() == 0
        assert server.violations == []
    assert bot.said.count("Telegram cannot be reached") == 1 == bot.said.count("Telegram can be reached.")


def work_of(bot: Copy) -> float:
    """Seconds that its process has had a processor."""
    times = psutil.Process(bot.process.pid).cpu_times()
    return float(times.user + times.system)


# --- flows ------------------------------------------------------------------------------------------------------------

TEA = """
flow: tea
title: Tea for one
about: A small one.

steps:
  kind:
    ask: Which tea would you like?
    choices:
      green: Green
      black: Black
  sugar:
    ask: With sugar, or without?
    choices:
      with: With
      without: Without
  drink:
    say: Then drink it slowly.
"""


@pytest.fixture
def flows(bot: Copy) -> Path:
    """A copy of all flows, for this copy of the bot alone."""
    folder = bot.folder / "flows"
    shutil.copytree(ROOT / "flows", folder)
    bot.settings["FLOWS"] = str(folder)
    return folder


async def test_flows_with_errors_start_nothing(bot: Copy, server: TelegramServer, flows: Path) -> None:
    """Every finding is there, with its place, its excerpt and what to do; nothing else has begun."""
    (flows / "tea.yaml").write_text(TEA.replace("With sugar, or without?", "With {suger}?").replace("say:", "sey:"))
    (flows / "time_out.yaml").write_text("flow: time_out\ntitle: [1, 2\n")
    ended = await bot.run()
    assert ended.code == 1
    assert ended.err.count("tea.yaml:") >= 2 and "time_out.yaml:" in ended.err
    assert "suger" in ended.err and "sey" in ended.err and "^" in ended.err
    assert ended.err.rstrip().endswith("Nothing was started: the flows have errors.")
    assert not server.calls and not bot.file.exists()


async def test_editing_or_deleting_a_flow_strands_nobody_inside(bot: Copy, server: TelegramServer, flows: Path) -> None:
    """Three people are in the middle of a flow when one gets other words, one other steps, and one goes away."""
    reworded, rebuilt, deleted = (flows / f"{name}.yaml" for name in ("tea", "coffee", "cocoa"))
    for file in (reworded, rebuilt, deleted):
        file.write_text(TEA.replace("tea", file.stem))
    ana, ben, cleo, dan = (server.person(name) for name in ("Ana", "Ben", "Cleo", "Dan"))
    for person in (ana, ben, cleo, dan):
        await acquaint(server, bot, person)
    await bot.start()
    for person, file in ((ana, reworded), (ben, rebuilt), (cleo, deleted)):
        await person.send(f"/{file.stem}")
    for person in (ana, ben, cleo):
        await person.sees("would you like?", PATIENCE)
    assert await bot.stop() == 0

    in_new_words = reworded.read_text().replace("With sugar, or without?", "And sugar with it?")
    reworded.write_text(in_new_words)
    rebuilt.write_text(in_new_words.replace("tea", "coffee").replace("  drink:", "  pour:").replace("drink", "pour"))
    deleted.unlink()
    await bot.start()
    await asyncio.gather(
        to_the_end(ana, "And sugar with it?", "Then drink it slowly."),  # the newest words of the same steps
        to_the_end(ben, "With sugar, or without?", "Then drink it slowly."),  # the steps he began with
        to_the_end(cleo, "With sugar, or without?", "Then drink it slowly."),
        begins_anew(dan),
    )
    assert await bot.stop() == 0
    assert server.violations == []


async def begins_anew(person: Person) -> None:
    """Whoever comes later gets what the files say now."""
    await person.send("/cocoa")
    await person.sees("I may not have that", PATIENCE)
    await person.send("/coffee")
    await person.sees("would you like?", PATIENCE)
    await to_the_end(person, "And sugar with it?", "Then pour it slowly.")


async def to_the_end(person: Person, question: str, last: str) -> None:
    await person.tap("Green")
    await person.tap("With", await person.sees(question, PATIENCE))
    await person.sees(last, PATIENCE)


# --- the doctor -------------------------------------------------------------------------------------------------------


async def test_the_doctor_finds_nothing(bot: Copy, server: TelegramServer) -> None:
    ended = await bot.run("doctor")
    lines = ended.out.splitlines()
    assert ended.code == 0 and ended.err == ""
    assert len(lines) == 8 and all(line.startswith("ok ") for line in lines)
    assert "@twofold_test_bot" in ended.out and server.violations == []


async def test_the_doctor_says_what_to_mend_in_a_line_each(bot: Copy, server: TelegramServer, flows: Path) -> None:
    """Flows, database, token, webhook and operator at once."""
    (flows / "tea.yaml").write_text("flow: tea\n")
    bot.settings |= {
        "TOKEN": OTHER_TOKEN,
        "DATABASE": no_database(bot.folder),
        "WEBHOOK_URL": "https://bot.example",
        "OPERATOR": "",
        "HOUSEHOLD": "",
    }
    ended = await bot.run("doctor")
    about = [line.split()[:2] for line in ended.out.splitlines()]
    assert ended.code == 1 and ended.err == ""
    assert about == [
        ["ok", "settings"],
        *(["MEND", name] for name in ("flows", "database", "token", "webhook", "operator", "household")),
        ["ok", "help"],
    ]
    assert OTHER_TOKEN not in bot.said
