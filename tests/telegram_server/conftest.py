"""A running server, a bot that speaks to it through the library, and a bare caller that can say anything."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Awaitable
from typing import Any, Protocol

import aiohttp
import pytest_asyncio
from PIL import Image
from telegram import Bot

from . import Person, TelegramServer

Json = dict[str, Any]


def picture(width: int = 64, height: int = 48) -> bytes:
    """A picture as its bytes."""
    made = io.BytesIO()
    Image.new("RGB", (width, height), "navy").save(made, "PNG")
    return made.getvalue()


class Call(Protocol):
    """Calls a method with a JSON body; gives Telegram's whole answer."""

    def __call__(self, method: str, /, **parameters: Any) -> Awaitable[Json]: ...


@pytest_asyncio.fixture
async def server() -> AsyncIterator[TelegramServer]:
    async with TelegramServer() as running:
        yield running


@pytest_asyncio.fixture
async def ana(server: TelegramServer) -> Person:
    """Ana, who has pressed Start; the bot has read it."""
    person = server.person("Ana")
    await person.send("/start")
    server.updates.clear()
    return person


@pytest_asyncio.fixture
async def bot(server: TelegramServer) -> AsyncIterator[Bot]:
    async with Bot(server.token, base_url=f"{server.url}/bot", base_file_url=f"{server.url}/file/bot") as running:
        yield running


@pytest_asyncio.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as running:
        yield running


@pytest_asyncio.fixture
async def call(server: TelegramServer, session: aiohttp.ClientSession) -> Call:
    async def call_json(method: str, /, **parameters: Any) -> Json:
        async with session.post(f"{server.url}/bot{server.token}/{method}", json=parameters) as answer:
            body: Json = await answer.json()
            assert answer.status == body.get("error_code", 200)
            return body

    return call_json
