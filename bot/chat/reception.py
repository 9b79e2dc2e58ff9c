"""Every update passes here, however it came: read, handled, committed; then the tap is answered."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import structlog
from telegram import Update

from bot.chat.inbound import Elsewhere, incoming
from bot.engine.events import Button
from bot.service import Handle, Incoming

log = structlog.get_logger()

Raw = Mapping[str, Any]
"""An update as it came: JSON that was read, with an int under `update_id`."""


@dataclass(frozen=True, slots=True)
class Notice:
    """What the bot says in a group: that it works in private, and the words on the button that leads there."""

    words: str
    label: str


def _nothing(_language: str) -> str:
    return ""


class Voice(Protocol):
    """How the reception speaks. Neither raises."""

    async def answer_tap(self, tap: str, toast: str) -> None: ...

    async def say(self, chat: int, words: str, button: Button | None = None) -> None: ...


@dataclass(frozen=True, slots=True)
class Reception:
    """`username` is the bot's own; `elsewhere` gives the notice for groups in a language (a code, or empty).

    `full` gives what somebody new reads who comes while too many others do.
    """

    handle: Handle
    voice: Voice
    username: str
    elsewhere: Callable[[str], Notice]
    full: Callable[[str], str] = _nothing
    _aside: set[asyncio.Task[None]] = field(default_factory=set, repr=False)

    async def receive(self, raw: Raw) -> None:
        """Returns once the update is committed, or once it is clear that it holds nothing for us.

        Raises what `handle` raises: then nothing was committed, and the update must come again.
        """
        what = self._read(raw)
        toast, repeated = "", False
        match what:
            case Incoming():
                handled = await self.handle(what)
                toast, repeated = handled.toast, handled.repeated
                if handled.full and (words := self.full(what.language)):
                    self._speak(self.voice.say(what.chat, words))
            case Elsewhere(chat, language):
                notice = self.elsewhere(language)
                button = Button(notice.label, url=f"https://t.me/{self.username}")
                self._speak(self.voice.say(chat, notice.words, button))
        tap = raw.get("callback_query")
        if isinstance(tap, dict) and isinstance(tap.get("id"), str) and not repeated:
            self._speak(self.voice.answer_tap(tap["id"], toast))

    async def settle(self) -> None:
        """Waits for the answers that are still on their way. They end by themselves within seconds."""
        while self._aside:
            await asyncio.wait(tuple(self._aside))

    def _read(self, raw: Raw) -> Incoming | Elsewhere | None:
        try:
            return incoming(Update.de_json(dict(raw), None), self.username)
        except Exception as error:  # the library decides how it fails; one odd update must not stop all others
            log.error("update_unreadable", update=raw.get("update_id"), error=type(error).__name__)
            return None

    def _speak(self, words: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(words)
        self._aside.add(task)
        task.add_done_callback(self._aside.discard)


def numbered(raw: object) -> bool:
    """Whether this is an update at all: an object with a number."""
    return isinstance(raw, dict) and type(raw.get("update_id")) is int


def lane(raw: Raw) -> int:
    """The person (or group) whose updates must stay in order with this one."""
    match raw:
        case {"callback_query": {"from": {"id": int(person)}}}:
            return person
        case (
            {"message": {"chat": {"id": int(chat)}}}
            | {"edited_message": {"chat": {"id": int(chat)}}}
            | {"my_chat_member": {"chat": {"id": int(chat)}}}
        ):
            return chat
        case _:
            return 0
