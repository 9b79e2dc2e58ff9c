"""A door for tests: it keeps what comes in, can be held shut, and can refuse to commit."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import repeat

from telegram_server.bell import Bell

from bot.engine.events import Button, Words
from bot.service import Handled, Incoming


class Desk:
    """`handle` for a reception. `shut` holds back the words of one person until it is set."""

    def __init__(self) -> None:
        self.done: list[Incoming] = []
        self.tried: list[int] = []
        self.fails = 0
        self.toast = ""
        self.full = False
        self.bell = Bell()
        self.shut: dict[str, asyncio.Event] = defaultdict(open_door)
        self.entered: dict[str, asyncio.Event] = defaultdict(asyncio.Event)

    async def handle(self, what: Incoming) -> Handled:
        self.tried.append(what.update)
        self.entered[what.name].set()
        self.bell.ring()
        await self.shut[what.name].wait()
        if self.fails:
            self.fails -= 1
            raise ConnectionError("the database is away, and these are somebody's words")
        self.done.append(what)
        self.bell.ring()
        return Handled(self.toast, full=self.full)

    def hold(self, name: str) -> asyncio.Event:
        """Shuts the door for this person; set the event to open it."""
        self.shut[name] = asyncio.Event()
        return self.shut[name]

    async def until(self, condition: Callable[[], bool]) -> None:
        """Waits until something that comes in makes this true."""
        await self.bell.until(lambda: condition() or None, 5)

    def words(self, name: str | None = None) -> list[str]:
        """What was said and committed, in order."""
        return [one.given.words for one in self.done if isinstance(one.given, Words) and name in (None, one.name)]


def open_door() -> asyncio.Event:
    door = asyncio.Event()
    door.set()
    return door


class Mouth:
    """A voice that writes down what it says."""

    def __init__(self) -> None:
        self.answers: list[tuple[str, str]] = []
        self.said: list[tuple[int, str, Button | None]] = []
        self.free = open_door()

    async def answer_tap(self, tap: str, toast: str) -> None:
        await self.free.wait()
        self.answers.append((tap, toast))

    async def say(self, chat: int, words: str, button: Button | None = None) -> None:
        self.said.append((chat, words, button))


def at_once() -> Iterator[float]:
    """No pause at all between two tries."""
    return repeat(0.0)
