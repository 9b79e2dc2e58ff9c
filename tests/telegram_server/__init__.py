"""A Telegram Bot API server for our tests: real HTTP, no internet, and as strict as Telegram or stricter.

async with TelegramServer(token="4242:test") as server:
    ana = server.person("Ana")
    await ana.send("/start")  # the bot under test talks to server.url
    await ana.sees("Hello")
    await ana.tap("Yes")
    assert server.violations == []
"""

from .people import Group, Person
from .server import TelegramServer
from .world import Event, Message, Violation

__all__ = ["Event", "Group", "Message", "Person", "TelegramServer", "Violation"]
