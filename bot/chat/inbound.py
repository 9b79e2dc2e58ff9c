"""An update becomes an input. Pure: it reads what Telegram sent and asks nobody."""

from __future__ import annotations

from dataclasses import dataclass

import tzfpy
from telegram import CallbackQuery, ChatMember, ChatMemberUpdated, Message, MessageEntity, Update, User
from telegram.constants import ChatType

from bot.chat.units import sound
from bot.engine.events import Attached, Attachment, Away, Input, Located, Returned, Tap, Words
from bot.engine.text import clean_name
from bot.service import Incoming

ALLOWED = ("message", "edited_message", "callback_query", "my_chat_member")
"""The kinds of update that we ask for."""

_GROUPS = (ChatType.GROUP, ChatType.SUPERGROUP)
_IN = (ChatMember.MEMBER, ChatMember.ADMINISTRATOR, ChatMember.RESTRICTED)


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Somebody turned to the bot in a group, where it does not work. `language` is that person's."""

    chat: int
    language: str


def incoming(update: Update, username: str = "") -> Incoming | Elsewhere | None:
    """What an update means. None: it means nothing to us, and the answer to it is silence.

    `username` is the bot's own, without the @; it is needed to notice a mention in a group. Only private chats give
    inputs. An edited message gives none: what was said stays said. The caption of a photo is not read.
    """
    if (message := update.message) is not None:
        return _message(update.update_id, message, username)
    if (tap := update.callback_query) is not None:
        return _tap(update.update_id, tap)
    if (change := update.my_chat_member) is not None:
        return _membership(update.update_id, change)
    return None


def _message(update: int, message: Message, username: str) -> Incoming | Elsewhere | None:
    person = message.from_user
    if person is None or person.is_bot:
        return None
    if message.chat.type in _GROUPS:
        return Elsewhere(message.chat.id, person.language_code or "") if _addressed(message, username) else None
    said = _said(message)
    if message.chat.type != ChatType.PRIVATE or said is None:
        return None
    return _from(update, message.chat.id, person, said, message.message_id)


def _said(message: Message) -> Input | None:
    """The content of a message; None for a notice of the app itself, such as a pinned message."""
    if message.text is not None:
        return Words(0, sound(message.text))
    if message.voice is not None:
        return Attachment(0, Attached.VOICE, message.voice.file_id)
    if message.photo:
        biggest = max(message.photo, key=lambda size: size.width * size.height)
        return Attachment(0, Attached.PHOTO, biggest.file_id)
    if (place := message.location) is not None:  # a venue has one, too
        # The place itself goes no further than this line.
        return Located(0, tzfpy.get_tz(place.longitude, place.latitude))
    if message.effective_attachment is not None or message.checklist is not None:
        return Attachment(0, Attached.OTHER)
    return None


def _tap(update: int, tap: CallbackQuery) -> Incoming | None:
    # An old message comes without its content, but always with its chat; a tap without a message is not from our chats.
    if tap.message is None or tap.message.chat.type != ChatType.PRIVATE:
        return None
    return _from(update, tap.message.chat.id, tap.from_user, Tap(0, sound(tap.data or "")))


def _membership(update: int, change: ChatMemberUpdated) -> Incoming | Elsewhere | None:
    before, after = change.old_chat_member.status, change.new_chat_member.status
    if change.chat.type in _GROUPS:
        came = before not in _IN and after in _IN
        return Elsewhere(change.chat.id, change.from_user.language_code or "") if came else None
    if change.chat.type != ChatType.PRIVATE:
        return None
    if after == ChatMember.BANNED:
        return _from(update, change.chat.id, change.from_user, Away(0))
    if after == ChatMember.MEMBER:
        return _from(update, change.chat.id, change.from_user, Returned(0))
    return None


def _from(update: int, chat: int, person: User, what: Input, message: int | None = None) -> Incoming:
    return Incoming(update, chat, clean_name(person.first_name), person.language_code or "", what, message)


def _addressed(message: Message, username: str) -> bool:
    """Whether a message in a group speaks to this bot: by a command that is not another bot's, or by its name."""
    me = f"@{username}".lower()
    for entity, words in message.parse_entities([MessageEntity.BOT_COMMAND, MessageEntity.MENTION]).items():
        _, at, name = words.lower().partition("@")
        if entity.type == MessageEntity.BOT_COMMAND and entity.offset == 0 and (not at or f"@{name}" == me):
            return True
        if entity.type == MessageEntity.MENTION and words.lower() == me:
            return True
    return False
