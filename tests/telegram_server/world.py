"""What Telegram remembers: people, chats, messages, taps, and everything that happened, in order.

Nothing here judges a request and nothing here knows HTTP. One event loop owns a world, so nothing is locked.
"""

from __future__ import annotations

import itertools
import time
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from .bell import Bell
from .files import Files
from .updates import Updates
from .webhook import Webhook

Json = dict[str, Any]
EventKind = Literal[
    "person", "person edited", "tapped", "blocked", "unblocked", "bot", "edited", "deleted", "notice", "action", "group"
]
BotPlace = Literal["unknown", "member", "kicked", "left", "deactivated"]
FIRST_PERSON = 100_001
FIRST_GROUP = -1_001_000_000_001


@dataclass(frozen=True, slots=True)
class User:
    """Somebody with an account: a person or the bot."""

    id: int
    first_name: str
    is_bot: bool = False
    username: str | None = None
    language: str | None = None

    def json(self) -> Json:
        """As the Bot API writes it."""
        body: Json = {"id": self.id, "is_bot": self.is_bot, "first_name": self.first_name}
        if self.username:
            body["username"] = self.username
        if self.language:
            body["language_code"] = self.language
        return body


@dataclass(frozen=True, slots=True)
class Button:
    """One button of an inline keyboard, as a thumb meets it."""

    label: str
    data: str | None
    url: str | None


@dataclass(frozen=True, slots=True)
class Message:
    """One message as it stands; an edit makes a new value with a new `seq`."""

    message_id: int
    chat_id: int
    date: int
    sender: User
    seq: int
    text: str | None = None
    entities: tuple[Json, ...] = ()
    media: Json | None = None
    media_kind: str | None = None
    markup: Json | None = None
    reply_to: int | None = None
    edit_date: int | None = None

    @property
    def words(self) -> str:
        """Text or caption; empty where there is neither."""
        return self.text or ""

    @property
    def rows(self) -> list[list[Button]]:
        """The inline keyboard, row by row; empty where there is none."""
        rows = (self.markup or {}).get("inline_keyboard", [])
        return [[Button(b["text"], b.get("callback_data"), b.get("url")) for b in row] for row in rows]

    @property
    def buttons(self) -> list[str]:
        """Every label of the inline keyboard, in reading order."""
        return [button.label for row in self.rows for button in row]

    @property
    def from_bot(self) -> bool:
        """Whether the bot sent it."""
        return self.sender.is_bot


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened in a chat; `at` is the server's clock in seconds."""

    seq: int
    at: float
    kind: EventKind
    chat_id: int
    message: Message | None = None
    words: str = ""


@dataclass(slots=True)
class Tap:
    """A callback query; it waits for exactly one answer."""

    id: str
    person: str
    chat_id: int
    data: str
    at: float
    answered: bool = False


@dataclass(slots=True)
class Chat:
    """One chat, private or a group. `bot` is where the bot stands in it."""

    id: int
    title: str
    people: dict[int, User]
    bot: BotPlace
    messages: dict[int, Message] = field(default_factory=dict)
    log: list[Event] = field(default_factory=list)
    last_id: int = 0
    bell: Bell = field(default_factory=Bell)

    @property
    def private(self) -> bool:
        """Whether it is a chat of one person with the bot."""
        return self.id > 0

    def json(self) -> Json:
        """As the Bot API writes it."""
        if self.private:
            return {"id": self.id, "first_name": self.title, "type": "private"}
        return {"id": self.id, "title": self.title, "type": "supergroup"}


@dataclass(frozen=True, slots=True)
class Violation:
    """A request of the product that Telegram would not have carried out."""

    method: str
    reason: str
    chat_id: int | str | None
    at: float


class World:
    """Everything that one bot's Telegram remembers."""

    def __init__(self, bot: User, *, privacy_mode: bool = True) -> None:
        self.bot = bot
        self.privacy_mode = privacy_mode
        self.updates = Updates()
        self.webhook = Webhook(self.updates)
        self.files = Files()
        self.chats: dict[int, Chat] = {}
        self.taps: dict[str, Tap] = {}
        self.settings: dict[tuple[str, str, str], Any] = {}
        self.ahead = 0.0
        self._seq = itertools.count(1)
        self._people = itertools.count(FIRST_PERSON)
        self._groups = itertools.count(FIRST_GROUP, -1)
        self._taps = itertools.count(4_000_000_000_000_001)

    def now(self) -> float:
        """The server's clock, in seconds since 1970; `ahead` moves it."""
        return time.time() + self.ahead

    def new_person(self, name: str, language: str) -> Chat:
        """A person who has not met the bot yet, with the empty private chat."""
        user = User(next(self._people), name, language=language)
        chat = Chat(user.id, name, {user.id: user}, "unknown")
        self.chats[chat.id] = chat
        return chat

    def new_group(self, title: str, people: list[User]) -> Chat:
        """A group without the bot."""
        chat = Chat(next(self._groups), title, {user.id: user for user in people}, "left")
        self.chats[chat.id] = chat
        return chat

    def record(self, chat: Chat, kind: EventKind, message: Message | None = None, words: str = "") -> None:
        """Writes an event down and wakes whoever watches the chat."""
        seq = message.seq if message is not None else next(self._seq)
        chat.log.append(Event(seq, self.now(), kind, chat.id, message, words))
        chat.bell.ring()

    def post(self, chat: Chat, kind: EventKind, sender: User, **parts: Any) -> Message:
        """A new message at the end of the chat; `parts` are fields of Message."""
        chat.last_id += 1
        message = Message(chat.last_id, chat.id, int(self.now()), sender, next(self._seq), **parts)
        chat.messages[message.message_id] = message
        self.record(chat, kind, message)
        return message

    def change(self, chat: Chat, kind: EventKind, message: Message, **parts: Any) -> Message:
        """The same message with other `parts`, dated now."""
        changed = replace(message, seq=next(self._seq), edit_date=int(self.now()), **parts)
        chat.messages[message.message_id] = changed
        self.record(chat, kind, changed)
        return changed

    def remove(self, chat: Chat, message: Message) -> None:
        """Takes a message away, for everybody."""
        del chat.messages[message.message_id]
        self.record(chat, "deleted", replace(message, seq=next(self._seq)))

    def new_tap(self, chat: Chat, person: User, data: str) -> Tap:
        """A tap that waits for its answer."""
        tap = Tap(str(next(self._taps)), person.first_name, chat.id, data, self.now())
        self.taps[tap.id] = tap
        return tap


def message_json(chat: Chat, message: Message) -> Json:
    """A message as the Bot API writes it."""
    body: Json = {
        "message_id": message.message_id,
        "from": message.sender.json(),
        "chat": chat.json(),
        "date": message.date,
    }
    if message.edit_date is not None:
        body["edit_date"] = message.edit_date
    if message.reply_to is not None and (replied := chat.messages.get(message.reply_to)) is not None:
        body["reply_to_message"] = message_json(chat, replace(replied, reply_to=None))
    names = ("text", "entities")
    if message.media is not None:
        body.update(message.media)
        names = ("caption", "caption_entities")
    if message.text:
        body[names[0]] = message.text
        if message.entities:
            body[names[1]] = list(message.entities)
    if message.markup is not None and "inline_keyboard" in message.markup:
        body["reply_markup"] = message.markup
    return body
