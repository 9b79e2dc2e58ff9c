"""A strict Bot API server, an open connection to it, and updates as Telegram writes them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from telegram_server import Person, TelegramServer

from bot.chat.line import Connection, connected
from bot.chat.send import TelegramPost


@pytest.fixture
async def server() -> AsyncIterator[TelegramServer]:
    async with TelegramServer() as running:
        yield running


@pytest.fixture
async def connection(server: TelegramServer) -> AsyncIterator[Connection]:
    async with connected(server.token, server.url) as opened:
        yield opened


@pytest.fixture
async def ana(server: TelegramServer) -> Person:
    """Ana, who has pressed Start; nothing of it waits for the bot any more."""
    person = server.person("Ana")
    await person.send("/start")
    server.updates.clear()
    return person


@pytest.fixture
def post(connection: Connection, tmp_path: Path) -> TelegramPost:
    """A post whose folder of pictures is empty."""
    return TelegramPost(connection.line, tmp_path)
