"""The start waits for a server, gives up on a wrong token in one sentence, and sets what phones show."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from itertools import islice

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from structlog.testing import capture_logs
from telegram_server import TelegramServer

from bot.chat.commands import COMMANDS, announce
from bot.chat.line import Connection, connected
from bot.chat.patience import pauses, rest
from bot.chat.start import Unwelcome, choose_polling, choose_webhook, meet

from .desk import at_once

HIDDEN = "4242:a-token-that-nobody-may-see"


@pytest.fixture
def stop() -> asyncio.Event:
    return asyncio.Event()


async def test_the_bot_learns_its_name(connection: Connection, stop: asyncio.Event) -> None:
    assert await meet(connection.bot, stop) == "twofold_test_bot"


async def test_a_server_that_is_late_is_waited_for(
    server: TelegramServer, connection: Connection, stop: asyncio.Event
) -> None:
    server.fail("getMe", "reset", count=3)
    server.fail("getMe", 500, count=2)
    with capture_logs() as logs:
        assert await meet(connection.bot, stop, at_once) == "twofold_test_bot"
    assert [entry["event"] for entry in logs] == [
        "Telegram cannot be reached. Trying again until it can.",
        "Telegram can be reached.",
    ]
    assert server.token not in repr(logs)


async def test_a_stop_ends_the_waiting(
    server: TelegramServer, connection: Connection, stop: asyncio.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    resting = asyncio.Event()

    async def noted(until: asyncio.Event, _: float) -> None:
        resting.set()
        await rest(until, 3600)

    monkeypatch.setattr("bot.chat.start.rest", noted)
    server.fail("getMe", 500)
    waiting = asyncio.create_task(meet(connection.bot, stop))
    async with asyncio.timeout(5):
        await resting.wait()
        stop.set()
        assert await waiting is None


async def test_a_wrong_token_ends_the_start_without_showing_it(server: TelegramServer, stop: asyncio.Event) -> None:
    async with connected(HIDDEN, server.url) as wrong:
        with pytest.raises(Unwelcome, match="token") as caught:
            async with asyncio.timeout(5):
                await meet(wrong.bot, stop, at_once)
    error: BaseException | None = caught.value
    assert error is not None and error.__context__ is None and error.__cause__ is None
    assert "a-token" not in repr(error)


async def test_a_server_that_is_not_telegram_ends_the_start_too(stop: asyncio.Event) -> None:
    async with TestServer(web.Application()) as other, connected(HIDDEN, str(other.make_url(""))) as lost:
        with pytest.raises(Unwelcome, match="address"):
            async with asyncio.timeout(5):
                await meet(lost.bot, stop, at_once)


async def test_a_wait_that_telegram_asks_for_is_kept(
    server: TelegramServer, connection: Connection, stop: asyncio.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    rests: list[float] = []

    async def note(_: asyncio.Event, seconds: float) -> None:
        rests.append(seconds)

    monkeypatch.setattr("bot.chat.start.rest", note)
    server.fail("getMe", 429, retry_after=7, count=1)
    server.fail("getMe", 500, count=1)
    assert await meet(connection.bot, stop) == "twofold_test_bot"
    assert rests == [7, 2]


async def test_an_address_that_telegram_refuses_ends_the_start(connection: Connection, stop: asyncio.Event) -> None:
    with pytest.raises(Unwelcome, match="refused"):
        async with asyncio.timeout(5):
            await choose_webhook(connection.bot, stop, "nonsense", "secret-of-the-tests")


async def test_polling_ends_a_webhook_and_keeps_what_waits(
    server: TelegramServer, connection: Connection, stop: asyncio.Event
) -> None:
    await choose_webhook(connection.bot, stop, "http://127.0.0.1:9/hook", "secret-of-the-tests")
    await server.person("Ana").send("/start")
    await choose_polling(connection.bot, stop)
    info = await connection.line.call("getWebhookInfo", {})
    assert (info.result["url"], info.result["pending_update_count"]) == ("", 1)


# --- commands ---------------------------------------------------------------------------------------------------------


async def test_phones_learn_the_commands_in_their_language(server: TelegramServer, connection: Connection) -> None:
    english = {name: f"About {name}." for name in COMMANDS}
    assert await announce(connection.bot, {"en": english, "de": {"stop": "Anhalten.", "start": "x" * 999, "why": ""}})
    private = {"type": "all_private_chats"}
    for language, expected in (("", english), ("en", english), ("de", {"start": "x" * 256, "stop": "Anhalten."})):
        asked = {"scope": private, "language_code": language}
        listed = (await connection.line.call("getMyCommands", asked)).result
        assert {one["command"]: one["description"] for one in listed} == expected
        assert [one["command"] for one in listed] == [name for name in COMMANDS if name in expected]
    assert (await connection.line.call("getMyCommands", {})).result == []
    assert server.violations == []


async def test_a_list_that_cannot_be_set_stops_nothing(server: TelegramServer, connection: Connection) -> None:
    server.fail("setMyCommands", 500)
    with capture_logs() as logs:
        assert not await announce(connection.bot, {"de": {"stop": "Anhalten."}})
    assert [(entry["event"], entry["language"]) for entry in logs] == [("commands_not_set", "de")]


# --- patience ---------------------------------------------------------------------------------------------------------


def test_pauses_grow_to_half_a_minute() -> None:
    assert list(islice(pauses(), 8)) == [1, 2, 4, 8, 16, 30, 30, 30]


async def test_a_rest_ends_with_the_stop(stop: asyncio.Event) -> None:
    stop.set()
    async with asyncio.timeout(5):
        await rest(stop, 3600)


def test_the_edge_leaves_the_heavy_half_of_the_library_alone() -> None:
    rooms = "commands inbound line outbound poll reception request send start webhook"
    program = "".join(f"import bot.chat.{room}\n" for room in rooms.split())
    program += "import sys; sys.exit('telegram.ext' in sys.modules or 'PIL' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
