"""People with phones: what they do to the bot, and what their screens show now. Failures print the chat."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

from .rules import found_entities, units
from .world import BotPlace, Button, Chat, Event, EventKind, Json, Message, User, World, message_json

MOST_TYPED = 4096  # UTF-16 units; a phone cuts a longer text into several messages
SEES_FOR = 5.0  # seconds that `sees` waits
START_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,64}")  # Bot API, «Deep linking»
# telegram-bot-api keeps webhook deliveries in order within such numbers (add_update in Client.cpp)
TAP_LANE, MEMBER_LANE = 3 << 33, 5 << 33


class Person:
    """Somebody with a phone that shows one chat: the private one with the bot, or (from `Group.screen`) a group."""

    def __init__(self, world: World, chat: Chat, user: User) -> None:
        self.user = user
        self._world = world
        self._place = chat
        self._acted = 0

    @property
    def id(self) -> int:
        """The chat's id, as the bot knows it."""
        return self._place.id

    @property
    def chat(self) -> list[Message]:
        """Every message there is now, oldest first: after edits, without the deleted ones."""
        return list(self._place.messages.values())

    @property
    def log(self) -> list[Event]:
        """Everything that happened in the chat, in order."""
        return self._place.log

    @property
    def notices(self) -> list[str]:
        """The short notes that answers to taps showed."""
        return [event.words for event in self.log if event.kind == "notice" and event.words]

    def dump(self) -> str:
        """The chat as text, for people who read a failed test."""
        lines = [f"--- {self._place.title}'s chat, {len(self.chat)} messages ---"]
        for message in self.chat:
            who = "bot" if message.from_bot else message.sender.first_name
            kind = f" ({message.media_kind})" if message.media_kind else ""
            edited = ", edited" if message.edit_date else ""
            lines.append(f"#{message.message_id} {who}{kind}{edited}: {message.words}")
            lines += ["      " + " ".join(f"[{button.label}]" for button in row) for row in message.rows]
        return "\n".join(lines)

    async def send(self, text: str, reply_to: Message | None = None) -> Message:
        """Types a text; a very long one goes out in several messages, and the last is returned."""
        assert text.strip(), "a phone does not send an empty text"
        *first, last = _cut(text)
        for part in first:
            self._say(text=part, entities=found_entities(part), reply_to=_id(reply_to))
        return self._say(text=last, entities=found_entities(last), reply_to=_id(reply_to))

    async def voice(self, data: bytes | None = None, seconds: int = 3) -> Message:
        """Sends a voice message; the bot can download `data`."""
        return self._say(media=self._world.files.person_voice(data, seconds), media_kind="voice")

    async def photo(self, data: bytes | None = None, caption: str | None = None) -> Message:
        """Sends a picture."""
        entities = found_entities(caption or "")
        return self._say(
            media=self._world.files.person_photo(data), media_kind="photo", text=caption, entities=entities
        )

    async def sticker(self) -> Message:
        """Sends a sticker."""
        return self._say(media=self._world.files.person_sticker(), media_kind="sticker")

    async def edit(self, message: Message, text: str) -> Message:
        """Changes a message of one's own."""
        self._can_act()
        assert message.sender.id == self.user.id, "a person edits only messages of their own"
        now = self._place.messages[message.message_id]
        changed = self._world.change(self._place, "person edited", now, text=text, entities=found_entities(text))
        self._acted = changed.seq
        if self._bot_reads(changed):
            self._world.updates.add("edited_message", self.id, message_json(self._place, changed))
        return changed

    def find_button(self, words: str, message: Message | None = None) -> tuple[Message, Button] | None:
        """The newest button with these words (a label that is equal, else one that holds them); None if not shown."""
        shown = [self._place.messages.get(message.message_id)] if message else list(reversed(self.chat))
        for one in shown:
            buttons = [button for row in one.rows for button in row] if one else []
            for button in (*(b for b in buttons if b.label == words), *(b for b in buttons if words in b.label)):
                assert one is not None
                return one, button
        return None

    async def tap(self, words: str, message: Message | None = None, timeout: float = 0) -> str:  # noqa: ASYNC109
        """Taps the newest button with these words; returns the tap's id. Waits up to `timeout` seconds for it.

        A button that opens a link of the bot is opened; then the id is empty.
        """
        try:
            found = await self._place.bell.until(lambda: self.find_button(words, message), timeout)
        except TimeoutError:
            raise AssertionError(f"no button {words!r} is shown\n{self.dump()}") from None
        shown, button = found
        if button.data is None:
            assert button.url, f"{words!r} is not a button that a test can tap\n{self.dump()}"
            await self.open(button.url)
            return ""
        return await self.tap_data(shown, button.data)

    async def tap_data(self, message: Message, data: str) -> str:
        """Taps with any data at all, also where no such button is: an old screen, or a forged request."""
        self._can_act()
        tap = self._world.new_tap(self._place, self.user, data)
        self._world.record(self._place, "tapped", words=data)
        self._acted = self._place.log[-1].seq
        shown = self._place.messages.get(message.message_id)
        gone = {"chat": self._place.json(), "message_id": message.message_id, "date": 0}
        body: Json = {
            "id": tap.id,
            "from": self.user.json(),
            "chat_instance": str(abs(self.id)),
            "message": message_json(self._place, shown) if shown else gone,  # Bot API, InaccessibleMessage
            "data": data,
        }
        self._world.updates.add("callback_query", self.user.id + TAP_LANE, body)
        return tap.id

    async def open(self, link: str) -> Message:
        """Opens the bot's link; the phone sends `/start` with what the link holds."""
        parts = urlsplit(link if "://" in link else f"https://{link}")
        query = parse_qs(parts.query, keep_blank_values=True)
        name = query.get("domain", [""])[0] if parts.scheme == "tg" else parts.path.strip("/")
        right_place = parts.scheme == "tg" or parts.hostname in ("t.me", "telegram.me")
        assert right_place and name == self._world.bot.username, f"{link!r} does not lead to this bot"
        if "start" not in query:
            return await self.send("/start")
        token = query["start"][0]
        assert START_TOKEN.fullmatch(token), f"{token!r} cannot stand in a link: 1 to 64 of A-Z a-z 0-9 _ -"
        return await self.send(f"/start {token}")

    async def sees(
        self,
        words: str,
        timeout: float = SEES_FOR,  # noqa: ASYNC109
        *,
        unread: bool = False,
    ) -> Message:
        """Waits until a message of the bot holds these words; the newest one. Fails with the chat in print.

        `unread` counts only what came or changed since this person's own last send, tap or edit.
        """

        def look() -> Message | None:
            return next(self._showing(words, self._acted if unread else 0), None)

        try:
            return await self._place.bell.until(look, timeout)
        except TimeoutError:
            new = "new " if unread else ""
            raise AssertionError(f"no {new}message holds {words!r} after {timeout} s\n{self.dump()}") from None

    def _showing(self, words: str, after: int) -> Iterator[Message]:
        newest = sorted(self._place.messages.values(), key=lambda message: -message.seq)
        return (one for one in newest if one.from_bot and one.seq > after and words in one.words)

    def _can_act(self) -> None:
        assert self._place.bot not in ("kicked", "deactivated") or not self._place.private, (
            f"{self.user.first_name} has blocked the bot and cannot write to it"
        )

    def _say(self, **parts: Any) -> Message:
        self._can_act()
        if self._place.private:
            self._place.bot = "member"
        message = self._world.post(self._place, "person", self.user, **parts)
        self._acted = message.seq
        if self._bot_reads(message):
            self._world.updates.add("message", self.id, message_json(self._place, message))
        return message

    def _bot_reads(self, message: Message) -> bool:
        """In groups a bot with privacy mode gets commands and answers to itself only."""
        if self._place.private or not self._world.privacy_mode:
            return self._place.bot == "member"
        replied = self._place.messages.get(message.reply_to or 0)
        return self._place.bot == "member" and (
            message.words.startswith("/") or (replied is not None and replied.from_bot)
        )

    async def block(self) -> None:
        """Blocks the bot: it hears of it, and every later message to this person is a 403."""
        assert self._place.private and self._place.bot == "member", "only somebody who talks to the bot can block it"
        self._move_bot("kicked", "blocked")

    async def unblock(self) -> None:
        """Lets the bot in again."""
        assert self._place.private and self._place.bot == "kicked", "the bot is not blocked"
        self._move_bot("member", "unblocked")

    async def delete_account(self) -> None:
        """Leaves Telegram. The bot is not told; it finds out by a 403."""
        self._place.bot = "deactivated"

    def _move_bot(self, to: BotPlace, kind: EventKind) -> None:
        move_bot(self._world, self._place, self.user, to)
        self._world.record(self._place, kind)


class Group:
    """A group of people that the bot is in, until it is taken out."""

    def __init__(self, world: World, chat: Chat) -> None:
        self._world = world
        self._chat = chat
        self._screens = {user.id: Person(world, chat, user) for user in chat.people.values()}

    @property
    def id(self) -> int:
        """The chat's id, as the bot knows it."""
        return self._chat.id

    @property
    def chat(self) -> list[Message]:
        """Every message there is now, oldest first."""
        return list(self._chat.messages.values())

    @property
    def log(self) -> list[Event]:
        """Everything that happened in the group, in order."""
        return self._chat.log

    def screen(self, person: Person) -> Person:
        """The group on this person's phone: send, tap and see there as in a private chat."""
        return self._screens[person.user.id]

    async def send(self, person: Person, text: str, reply_to: Message | None = None) -> Message:
        """One of the people says something."""
        return await self.screen(person).send(text, reply_to)

    def add_bot(self, person: Person) -> None:
        """Somebody takes the bot into the group."""
        move_bot(self._world, self._chat, person.user, "member")
        self._world.record(self._chat, "group", words=f"{person.user.first_name} added the bot")

    def remove_bot(self, person: Person) -> None:
        """Somebody takes the bot out; what it sends then is a 403."""
        move_bot(self._world, self._chat, person.user, "kicked")
        self._world.record(self._chat, "group", words=f"{person.user.first_name} removed the bot")


def move_bot(world: World, chat: Chat, by: User, to: BotPlace) -> None:
    """Puts the bot in, or out of, a chat and tells it so (my_chat_member)."""
    before, chat.bot = chat.bot, to
    body: Json = {
        "chat": chat.json(),
        "from": by.json(),
        "date": int(world.now()),
        "old_chat_member": _member(world.bot, before),
        "new_chat_member": _member(world.bot, to),
    }
    world.updates.add("my_chat_member", chat.id + MEMBER_LANE, body)


def _member(bot: User, place: BotPlace) -> Json:
    status = "left" if place == "unknown" else place
    return {"user": bot.json(), "status": status, **({"until_date": 0} if status == "kicked" else {})}


def _id(message: Message | None) -> int | None:
    return message.message_id if message else None


def _cut(text: str) -> list[str]:
    if units(text) <= MOST_TYPED:
        return [text]
    parts = [""]
    for sign in text:
        if units(parts[-1]) + units(sign) > MOST_TYPED:
            parts.append("")
        parts[-1] += sign
    return parts
