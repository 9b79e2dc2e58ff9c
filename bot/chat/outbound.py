"""A letter becomes one call of the Bot API. Pure. Texts travel with entities and never with a parse mode."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any, assert_never

from bot.chat.units import fitted, sound, utf16
from bot.delivery.port import Enclosed, Letter
from bot.engine.events import Attached, Button, Chart, Message, Picture, Relay, Span
from bot.engine.flow import Style

MOST_TEXT = 4096
"""UTF-16 units of a text message: Bot API, sendMessage."""

MOST_CAPTION = 1024
"""UTF-16 units of the words under a picture: Bot API, sendPhoto."""

MOST_NOTICE = 200
"""Characters of the answer to a tap: Bot API, answerCallbackQuery."""

_ENTITIES = {Style.BOLD: "bold", Style.ITALIC: "italic", Style.CODE: "code"}
_TYPES = {".gif": "image/gif", ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".webp": "image/webp"}
_TYPES |= {".zip": "application/zip"}


@dataclass(frozen=True, slots=True)
class File:
    """A file to upload. Of a picture only the ending of its name is sent on; `shown_name` sends the whole."""

    name: str
    content: bytes = field(repr=False)
    shown_name: bool = False

    @property
    def ending(self) -> str:
        return PurePath(self.name).suffix.lower()

    @property
    def part(self) -> tuple[str, bytes, str]:
        """As a part of a form: file name, content and its type."""
        name = self.name if self.shown_name else f"picture{self.ending}"
        return name, self.content, _TYPES.get(self.ending, "application/octet-stream")


Shown = str | File
"""The picture of a letter: the id of one that Telegram has already, or one to upload."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call. `media` says whether the message will hold a picture or a voice note."""

    method: str
    parameters: Mapping[str, Any] = field(repr=False)
    files: Mapping[str, File] = field(default_factory=dict)
    media: bool = False


def call(letter: Letter, shown: Shown | None = None) -> Call | None:
    """The call that carries a letter out; None if a part of the letter is missing.

    `shown` is the picture or chart of a new message; without it the message goes out as text, which says the same. A
    voice note or photo that is passed on needs none. An edit changes the words (under the picture, where there is one)
    and the buttons, never the picture.
    """
    match letter:
        case Letter(kind="send", message=Message() as message):
            return _send(letter, message, shown)
        case Letter(kind="edit", message=Message() as message, message_id=int(number)):
            return _edit(letter, message, number)
        case Letter(kind="strip", message_id=int(number)):
            parameters = {"chat_id": letter.chat, "message_id": number}
            return Call("editMessageReplyMarkup", parameters, media=letter.shown_media)
        case Letter(kind="remove", message_ids=numbers) if numbers:
            return Call("deleteMessages", {"chat_id": letter.chat, "message_ids": list(numbers)})
        case Letter(kind="file", enclosed=Enclosed(name, content, words)):
            caption = _words(words, (), "caption", "caption_entities", MOST_CAPTION) if words else {}
            file = File(name, content, shown_name=True)
            return Call("sendDocument", {"chat_id": letter.chat, **caption}, {"document": file}, media=True)
        case _:
            return None


def answer(tap: str, toast: str) -> Call:
    """The answer that every tap gets, with a short line or without."""
    words = {"text": fitted(sound(toast), MOST_NOTICE)} if toast else {}
    return Call("answerCallbackQuery", {"callback_query_id": tap, **words})


def line(chat: int, words: str, button: Button | None = None) -> Call:
    """One line, with a button or without, for a chat that nobody has a letter for: a group, or somebody unknown."""
    rows = [] if button is None else [[button]]
    parameters = {"chat_id": chat, **_words(words, ()), **_keyboard(rows), **_NO_PREVIEW}
    return Call("sendMessage", parameters)


_NO_PREVIEW = {"link_preview_options": {"is_disabled": True}}


def _send(letter: Letter, message: Message, shown: Shown | None) -> Call:
    common: dict[str, Any] = {"chat_id": letter.chat, **_keyboard(message.buttons)}
    if letter.unasked:
        common["disable_notification"] = True
    found = _media(message, shown)
    if found is None or utf16(message.text) > MOST_CAPTION:
        return Call("sendMessage", {**common, **_words(message.text, message.spans), **_NO_PREVIEW})
    method, name, file = found
    caption = _words(message.text, message.spans, "caption", "caption_entities", MOST_CAPTION) if message.text else {}
    if isinstance(file, File):
        return Call(method, {**common, **caption}, {name: file}, media=True)
    return Call(method, {**common, **caption, name: file}, media=True)


def _edit(letter: Letter, message: Message, number: int) -> Call:
    # Without reply_markup Telegram takes the buttons away: an edit always says all of the message.
    common: dict[str, Any] = {"chat_id": letter.chat, "message_id": number, **_keyboard(message.buttons)}
    if letter.shown_media:
        caption = _words(message.text, message.spans, "caption", "caption_entities", MOST_CAPTION)
        return Call("editMessageCaption", {**common, **caption}, media=True)
    return Call("editMessageText", {**common, **_words(message.text, message.spans), **_NO_PREVIEW})


def _media(message: Message, shown: Shown | None) -> tuple[str, str, Shown] | None:
    """Method, parameter and file of a message with media."""
    match message.media:
        case None:
            return None
        case Relay(what, file):
            match what:
                case Attached.VOICE:
                    return "sendVoice", "voice", file
                case Attached.PHOTO:
                    return "sendPhoto", "photo", file
                case Attached.OTHER:
                    return None
                case _:
                    assert_never(what)
        case Picture(file, _):
            if shown is None:
                return None
            moving = PurePath(file).suffix.lower() == ".gif"
            return ("sendAnimation", "animation", shown) if moving else ("sendPhoto", "photo", shown)
        case Chart():
            return None if shown is None else ("sendPhoto", "photo", shown)
        case _:
            assert_never(message.media)


def _words(
    text: str, spans: Sequence[Span], name: str = "text", entities_name: str = "entities", most: int = MOST_TEXT
) -> dict[str, Any]:
    """A text and its entities, whose offsets count UTF-16 units. What is too long is cut, so that it arrives at all."""
    words = fitted(sound(text), most)
    entities = [
        {"type": kind, "offset": utf16(words[: span.offset]), "length": length}
        for span in spans
        if (kind := _ENTITIES.get(span.style)) is not None
        and (length := utf16(words[span.offset : span.offset + span.length])) > 0
    ]
    return {name: words, entities_name: entities} if entities else {name: words}


def _keyboard(rows: Sequence[Sequence[Button]]) -> dict[str, Any]:
    if not rows:
        return {}
    return {"reply_markup": {"inline_keyboard": [[_button(one) for one in row] for row in rows]}}


def _button(button: Button) -> dict[str, str]:
    action = {"url": button.url} if button.url else {"callback_data": button.data}
    return {"text": sound(button.label), **action}
