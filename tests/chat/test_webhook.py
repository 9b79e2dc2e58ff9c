"""200 only after the commit, nothing without the secret, and every bad body has its own refusal."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from structlog.testing import capture_logs
from telegram_server import Person, TelegramServer

from bot.chat.line import Connection
from bot.chat.reception import Notice, Reception
from bot.chat.send import TelegramPost
from bot.chat.start import choose_polling, choose_webhook
from bot.chat.webhook import MOST_BYTES, SECRET, webhook

from .desk import Desk, Mouth
from .updates import message

GOOD = "a-secret-of-the-tests"
Client = TestClient[web.Request, web.Application]


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
async def client(desk: Desk) -> AsyncIterator[Client]:
    reception = Reception(desk.handle, Mouth(), "twofold_bot", lambda _: Notice("", ""))
    app = web.Application(client_max_size=1 << 30)  # so the limit is the route's own
    app.add_routes([webhook("/hook", GOOD, reception.receive)])
    async with TestClient(TestServer(app)) as running:
        yield running


async def endless() -> AsyncIterator[bytes]:
    """A body that never comes to its end."""
    yield b"{"
    await asyncio.Event().wait()


async def send(client: Client, body: Any, secret: str | None = GOOD) -> int:
    headers = {} if secret is None else {SECRET: secret}
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    async with client.post("/hook", data=data, headers=headers) as answer:
        return answer.status


async def test_an_update_is_accepted_after_the_commit(client: Client, desk: Desk) -> None:
    door = desk.hold("Ana")
    waiting = asyncio.create_task(send(client, message(text="one")))
    await desk.entered["Ana"].wait()
    assert not waiting.done()
    door.set()
    assert await waiting == 200
    assert desk.words() == ["one"]


async def test_an_update_that_was_not_kept_is_asked_for_again(client: Client, desk: Desk) -> None:
    desk.fails = 1
    with capture_logs() as logs:
        assert await send(client, message(31, text="one")) == 503
    assert [(entry["event"], entry["update"], entry["error"]) for entry in logs] == [
        ("update_not_kept", 31, "ConnectionError")
    ]
    assert await send(client, message(31, text="one")) == 200
    assert desk.words() == ["one"]


@pytest.mark.parametrize("secret", [None, "", "wrong", GOOD + "x", GOOD[:-1], "ä" * 21])
async def test_nobody_gets_in_without_the_secret(secret: str | None, client: Client, desk: Desk) -> None:
    assert await send(client, message(text="one"), secret) == 403
    assert desk.tried == []


async def test_the_secret_is_asked_for_before_the_body(client: Client) -> None:
    async with asyncio.timeout(5), client.post("/hook", data=endless(), headers={SECRET: "wrong"}) as answer:
        assert answer.status == 403


@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff\xfe", b"[]", b"3", b"null", b"{}", b'{"update_id": "1"}', b"[" * 100_000]
)
async def test_what_is_no_update_is_refused(body: bytes, client: Client, desk: Desk) -> None:
    assert await send(client, body) == 400
    assert desk.tried == []


async def test_a_body_that_is_too_large_is_not_read(client: Client) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(17):
            yield b" " * (MOST_BYTES // 16)

    headers = {SECRET: GOOD, "Content-Length": str(MOST_BYTES + 1)}
    async with asyncio.timeout(5), client.post("/hook", data=endless(), headers=headers) as answer:
        assert answer.status == 413
    async with client.post("/hook", data=pieces(), headers={SECRET: GOOD}) as answer:
        assert answer.status == 413


async def test_a_large_update_is_read(client: Client, desk: Desk) -> None:
    assert await send(client, message(text="x" * (MOST_BYTES // 2))) == 200
    assert len(desk.words()[0]) == MOST_BYTES // 2


async def test_an_update_that_cannot_be_read_does_not_come_for_ever(client: Client) -> None:
    assert await send(client, {"update_id": 1, "message": {"message_id": 3}}) == 200


@pytest.mark.parametrize("secret", ["", "short", "with a space in it", "ä" * 20, "x" * 257, GOOD + "\n"])
def test_a_secret_that_telegram_would_not_take_is_refused_at_once(secret: str) -> None:
    async def receive(_: object) -> None:
        raise AssertionError("nothing can come")

    with pytest.raises(ValueError, match="16 to 256"):
        webhook("/hook", secret, receive)


async def test_telegram_delivers_until_it_is_kept(
    server: TelegramServer, connection: Connection, ana: Person, post: TelegramPost, desk: Desk
) -> None:
    reception = Reception(desk.handle, post, "twofold_test_bot", lambda _: Notice("", ""))
    app = web.Application()
    app.add_routes([webhook("/hook", GOOD, reception.receive)])
    stop = asyncio.Event()
    desk.fails, desk.toast = 1, "Saved"
    async with TestServer(app) as ours:
        await choose_webhook(connection.bot, stop, str(ours.make_url("/hook")), GOOD)
        shown = await ana.send("one")
        await ana.tap_data(shown, "a:1")
        await server.settled()
        await choose_polling(connection.bot, stop)
    assert desk.words() == ["one"]
    assert ana.notices == ["Saved"]
    assert server.violations == []
