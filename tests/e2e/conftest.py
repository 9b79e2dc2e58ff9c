"""A strict Bot API server, a copy of the bot that talks to it, and two people."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from telegram_server import Person, TelegramServer

from .pair import acquaint
from .process import Copy

TOKEN = "4242:a-token-that-nobody-may-ever-read"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest conversation begins first, so that it does not come last beside an idle processor."""
    items.sort(key=lambda item: "e2e/test_talk" not in item.nodeid)


@pytest.fixture
async def server() -> AsyncIterator[TelegramServer]:
    async with TelegramServer(TOKEN) as running:
        yield running


@pytest.fixture
async def bot(server: TelegramServer, tmp_path: Path) -> AsyncIterator[Copy]:
    """A copy of the bot, not started yet. At the end it is gone, whatever happened, and has given nothing away."""
    told = {"OPERATOR": "The people who test this", "HOUSEHOLD": "no"}
    copy = Copy(tmp_path, TOKEN=server.token, BOT_API=server.url, **told)
    yield copy
    await copy.kill()
    assert "Traceback" not in copy.said
    assert TOKEN not in copy.said and TOKEN.partition(":")[2] not in copy.said


@pytest.fixture
async def ana(server: TelegramServer) -> Person:
    """Ana, who has never met the bot."""
    return server.person("Ana")


@pytest.fixture
async def ben(server: TelegramServer) -> Person:
    """Ben, who has never met the bot."""
    return server.person("Ben")


@pytest.fixture
async def couple(server: TelegramServer, bot: Copy, ana: Person, ben: Person) -> tuple[Person, Person]:
    """Ana and Ben, linked. The bot is not started yet."""
    await acquaint(server, bot, ana, ben, linked=True)
    return ana, ben
