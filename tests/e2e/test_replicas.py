"""Many copies as one bot: two replicas behind a proxy on one PostgreSQL, one of them killed, and nobody notices."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count, groupby
from pathlib import Path
from typing import Any

import aiohttp
import psycopg
import pytest
from aiohttp import web
from databases import Postgres
from telegram_server import Person, TelegramServer
from telegram_server.webhook import SECRET_HEADER

from bot.store.migrations import check, migrate

from .free_port import free_port
from .phone import PATIENCE, from_bot
from .process import Copy

SECRET = "a-secret-of-more-than-sixteen-signs"

HALF_A_MINUTE = 30.0
"""Seconds within which a dead replica is to be taken over."""

NOT_YET = "The database is not up to date. Run `twofold migrate` once, then start again."

ASKED = ("/start", "/menu", "/help")
ANSWERED = ("Hello, ", "What would", "Help from ")


@asynccontextmanager
async def proxy(*ports: int) -> AsyncIterator[str]:
    """What stands in front of replicas: each request goes to the next one, and to another if that one is gone."""
    turns = count()
    async with aiohttp.ClientSession() as session:

        async def pass_on(request: web.Request) -> web.Response:
            body, first = await request.read(), next(turns)
            headers = {SECRET_HEADER: request.headers.get(SECRET_HEADER, ""), "Content-Type": "application/json"}
            for n in range(len(ports)):
                port = ports[(first + n) % len(ports)]
                try:
                    address = f"http://127.0.0.1:{port}{request.path}"
                    async with session.post(address, data=body, headers=headers) as answer:
                        return web.Response(status=answer.status)
                except aiohttp.ClientError:
                    continue
            return web.Response(status=502)

        application = web.Application()
        application.add_routes([web.post("/{path:.*}", pass_on)])
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        try:
            yield f"http://127.0.0.1:{runner.addresses[0][1]}"
        finally:
            await runner.cleanup()


@asynccontextmanager
async def replicas(server: TelegramServer, folder: Path, database: str) -> AsyncIterator[tuple[Copy, Copy]]:
    """Two copies behind one address, not started yet. At the end they are gone."""
    ports = free_port(), free_port()
    async with proxy(*ports) as address:
        made = []
        for port in ports:
            home = folder / str(port)
            home.mkdir()
            settings = {"TOKEN": server.token, "BOT_API": server.url, "DATABASE": database, "WEBHOOK_URL": address}
            made.append(Copy(home, WEBHOOK_PORT=str(port), WEBHOOK_SECRET=SECRET, **settings))
        one, other = made
        try:
            yield one, other
        finally:
            for copy in made:
                await copy.kill()
                assert "Traceback" not in copy.said and SECRET not in copy.said and server.token not in copy.said


def rows(database: str, statement: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(database) as connection:
        return connection.execute(statement.encode()).fetchall()


async def ask(person: Person) -> None:
    for words in ASKED:
        await person.send(words)


async def got_all(person: Person) -> None:
    """All answers came, each in its turn. Only the kill may have made one come twice: the open window."""
    await person.sees(ANSWERED[-1], HALF_A_MINUTE)
    said = [one for one, _ in groupby(message.words for message in from_bot(person))]
    assert len(said) == len(ANSWERED)
    assert all(words.startswith(start) for words, start in zip(said, ANSWERED, strict=True))


async def test_a_replica_is_killed_and_the_other_one_goes_on(
    server: TelegramServer, postgres: Postgres, tmp_path: Path
) -> None:
    database = postgres.empty()
    migrate(database)
    ana, *others = map(server.person, ("Ana", "Ben", "Cleo", "Dan", "Eva", "Fay"))
    async with replicas(server, tmp_path, database) as (one, other):
        server.fail("sendMessage", "timeout", count=1, accepted=False)
        await one.start("run", "--replica")
        await ask(ana)
        await server.called("sendMessage", PATIENCE)  # it hangs, in the hands of the only one there is
        await other.start("run", "--replica")
        await other.says('"started"')
        await asyncio.gather(*map(ask, others))
        await others[0].sees(ANSWERED[0], PATIENCE)
        await one.kill()
        await asyncio.gather(*map(got_all, [ana, *others]))
        await server.settled(PATIENCE)
        assert await other.stop() == 0
    assert rows(database, "SELECT count(*) FROM outbox WHERE status IN ('queued', 'quarantined')") == [(0,)]
    assert rows(database, "SELECT count(*) FROM inbox WHERE status <> 'ok'") == [(0,)]
    assert server.violations == [] and server.too_early == []


async def test_replicas_leave_the_tables_as_they_are(
    server: TelegramServer, postgres: Postgres, tmp_path: Path
) -> None:
    database = postgres.empty()
    async with replicas(server, tmp_path, database) as (one, _):
        ended = await one.run("run", "--replica")
        assert (ended.code, ended.out, ended.err.strip()) == (1, "", NOT_YET)
        assert rows(database, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == [(0,)]
        ended = await one.run("migrate")
        assert (ended.code, ended.out) == (0, "The database is up to date.\n")
    check(database)


@pytest.mark.parametrize(
    ("settings", "sentences"),
    [
        ({"DATABASE": "sqlite:///bot.db"}, ["Replicas share one PostgreSQL", "Replicas are called by Telegram"]),
        ({"DATABASE": "postgresql://nobody@127.0.0.1:1/none"}, ["Replicas are called by Telegram"]),
    ],
)
async def test_what_a_replica_lacks_is_said(tmp_path: Path, settings: dict[str, str], sentences: list[str]) -> None:
    ended = await Copy(tmp_path, TOKEN="4242:a-token-that-nobody-may-ever-read", **settings).run("run", "--replica")
    assert ended.code == 2 and ended.out == ""
    said = ended.err.splitlines()
    assert len(said) == len(sentences) and all(
        line.startswith(start) for line, start in zip(said, sentences, strict=True)
    )
