"""HTTP as it goes over the wire, the library's Bot on top of it, and no token in anything that can be read."""

from __future__ import annotations

import asyncio
import json
import socket
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from structlog.testing import capture_logs
from telegram.error import NetworkError, TelegramError, TimedOut
from telegram_server import TelegramServer

from bot.chat import request
from bot.chat.line import Answer, Connection, connected
from bot.chat.request import AiohttpRequest, exchange

TOKEN = "4242:a-token-that-nobody-may-see"
Respond = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Echo:
    """A server that answers as it is told and keeps what it was asked."""

    def __init__(self, address: str, session: aiohttp.ClientSession) -> None:
        self.session = session
        self.asked: list[tuple[str, str, Any]] = []
        self.respond: Respond | None = None
        self.url = f"{address}/bot{TOKEN}"


@pytest.fixture
async def echo() -> AsyncIterator[Echo]:
    async def handle(received: web.Request) -> web.StreamResponse:
        if received.content_type == "application/json":
            body: Any = json.loads(await received.read())
        else:
            body = {
                name: (part.filename, part.file.read(), part.content_type) if isinstance(part, web.FileField) else part
                for name, part in (await received.post()).items()
            }
        found.asked.append((received.method, received.path, body))
        return await found.respond(received) if found.respond else web.json_response({"ok": True, "result": body})

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handle)
    async with TestServer(app) as server, aiohttp.ClientSession() as session:
        found = Echo(str(server.make_url("/")).rstrip("/"), session)
        yield found


def responds(echo: Echo, **parts: Any) -> None:
    async def respond(_: web.Request) -> web.StreamResponse:
        return web.Response(**parts)

    echo.respond = respond


def readable(error: BaseException) -> str:
    """Everything that a log could make of an error, its causes and contexts, shown or hidden."""
    parts = [repr(error), *traceback.format_exception(error)]
    for deeper in (error.__cause__, error.__context__):
        if deeper is not None:
            parts.append(readable(deeper))
    return "\n".join(parts)


async def test_parameters_travel_as_json(echo: Echo) -> None:
    words = {"chat_id": 7, "text": 'Grüße 😀 " \\ }{', "reply_markup": {"inline_keyboard": [[]]}, "silent": True}
    status, _ = await exchange(echo.session, f"{echo.url}/sendMessage", words)
    assert status == 200
    assert echo.asked == [("POST", f"/bot{TOKEN}/sendMessage", words)]


async def test_files_travel_as_a_form(echo: Echo) -> None:
    words = {"chat_id": 7, "caption": "Grüße 😀", "reply_markup": {"inline_keyboard": [[{"text": "ü"}]]}}
    await exchange(echo.session, echo.url, words, {"photo": ("picture.png", b"\x89PNG", "image/png")})
    ((_, _, body),) = echo.asked
    assert body["photo"] == ("picture.png", b"\x89PNG", "image/png")
    assert (body["chat_id"], body["caption"]) == ("7", "Grüße 😀")
    assert json.loads(body["reply_markup"]) == words["reply_markup"]


async def test_a_redirect_is_not_followed(echo: Echo) -> None:
    responds(echo, status=307, headers={"Location": "/elsewhere"})
    status, _ = await exchange(echo.session, echo.url, {})
    assert status == 307
    assert len(echo.asked) == 1


async def test_a_server_that_never_answers_is_given_up(server: TelegramServer) -> None:
    server.fail("getMe", "timeout")
    async with connected(server.token, server.url) as connection:
        with pytest.raises(TimedOut) as caught:
            await connection.line.call("getMe", {}, patience=0.05)
    assert server.token not in readable(caught.value)


def free_port() -> int:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        port: int = reserved.getsockname()[1]
        return port


@pytest.mark.parametrize("address", ["http://127.0.0.1:{port}", "http://[broken", "nonsense://x", "http://a..b"])
async def test_no_failure_shows_the_token(address: str) -> None:
    with capture_logs() as logs:
        async with connected(TOKEN, address.format(port=free_port())) as connection:
            with pytest.raises(NetworkError) as caught:
                await connection.line.call("getMe", {})
            with pytest.raises(TelegramError) as from_library:
                await connection.bot.get_me()
            assert "a-token" not in repr(connection) + repr(connection.line)
    for error in (caught.value, from_library.value):
        assert "a-token" not in readable(error)
    assert "a-token" not in repr(logs)


async def test_a_connection_that_breaks_is_an_error_without_the_token(server: TelegramServer) -> None:
    server.fail("getMe", "reset")
    async with connected(server.token, server.url) as connection:
        with pytest.raises(NetworkError) as caught:
            await connection.line.call("getMe", {})
    assert server.token not in readable(caught.value)


# --- the line ---------------------------------------------------------------------------------------------------------


async def test_the_line_reads_results_and_refusals(connection: Connection, server: TelegramServer) -> None:
    good = await connection.line.call("getMe", {})
    assert (good.status, good.result["username"]) == (200, "twofold_test_bot")
    bad = await connection.line.call("sendMessage", {"chat_id": 7, "text": ""})
    assert bad == Answer(400, None, "Bad Request: message text is empty")
    server.fail("getMe", 429, retry_after=17)
    slow = await connection.line.call("getMe", {})
    assert (slow.status, slow.retry_after) == (429, 17)


@pytest.mark.parametrize(
    ("status", "body", "seen"),
    [(502, "<html>", 502), (200, "<html>", 502), (200, "[]", 502), (200, '{"ok": false, "error_code": 400}', 400)],
)
async def test_an_answer_that_is_not_telegrams_is_no_success(echo: Echo, status: int, body: str, seen: int) -> None:
    responds(echo, status=status, text=body)
    async with connected(TOKEN, echo.url.partition("/bot")[0]) as connection:
        assert (await connection.line.call("getMe", {})).status == seen


# --- under the library's Bot ------------------------------------------------------------------------------------------


async def test_the_librarys_bot_speaks_through_it(connection: Connection, server: TelegramServer) -> None:
    me = await connection.bot.get_me()
    assert me.username == "twofold_test_bot"
    ana = server.person("Ana")
    await ana.send("/start")
    sent = await connection.bot.send_voice(ana.id, voice=b"OggS", caption="hm")
    assert [message.media_kind for message in ana.chat] == [None, "voice"]
    file = await connection.bot.get_file(sent.voice or "")
    assert bytes(await file.download_as_bytearray()) == b"OggS"
    assert server.violations == []


async def test_the_librarys_own_patience_is_kept(server: TelegramServer, connection: Connection) -> None:
    server.fail("getMe", "timeout")
    async with asyncio.timeout(5):
        with pytest.raises(TimedOut):
            await connection.bot.get_me(read_timeout=0.05)


async def test_words_that_cannot_be_read_are_in_no_log(echo: Echo, caplog: pytest.LogCaptureFixture) -> None:
    responds(echo, status=200, text="somebody's words")
    with pytest.raises(TelegramError):
        await AiohttpRequest(echo.session).post(echo.url)
    assert "somebody" not in caplog.text


def test_patience_is_longer_for_files() -> None:
    assert request.UPLOAD_PATIENCE > request.PATIENCE > request.CONNECT_PATIENCE > 0
