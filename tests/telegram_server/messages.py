"""The methods that put messages before people: send, edit, delete, answer a tap. Each takes judged parameters."""

from __future__ import annotations

from typing import Any, Literal

from .files import FileKind
from .refusal import NOT_MODIFIED, QUERY_TOO_OLD, bad_request, forbidden
from .rules import MOST_CAPTION, MOST_TEXT, judge_markup, judge_text, units
from .world import Chat, Json, Message, World, message_json

Parameters = dict[str, Any]

MOST_DELETED = 100  # messages: Bot API, deleteMessages
DELETABLE_FOR = 48 * 3600  # seconds: Bot API, deleteMessage
ANSWERABLE_FOR = 150  # seconds that telegram-bot-api keeps a callback query for the bot
MOST_NOTICE = 200  # characters: Bot API, answerCallbackQuery
CHAT_ACTIONS = {
    "typing", "upload_photo", "record_video", "upload_video", "record_voice", "upload_voice", "upload_document",
    "choose_sticker", "find_location", "record_video_note", "upload_video_note",
}  # fmt: skip
LINK_PREVIEW_FIELDS = {"is_disabled", "url", "prefer_small_media", "prefer_large_media", "show_above_text"}
REPLY_FIELDS = {"message_id", "allow_sending_without_reply"}


def open_chat(world: World, chat_id: int | str | None) -> Chat:
    """The chat, if the bot may write there; else Telegram's 400 or 403."""
    if chat_id is None or chat_id == "":
        raise bad_request("chat_id is empty")
    chat = world.chats.get(chat_id) if isinstance(chat_id, int) else None
    if chat is None:
        raise bad_request("chat not found")
    match chat.bot:
        case "member":
            return chat
        case "unknown":
            raise forbidden("bot can't initiate conversation with a user")
        case "deactivated":
            raise forbidden("user is deactivated", deliberate=True)
        case "kicked" if chat.private:
            raise forbidden("bot was blocked by the user", deliberate=True)
        case "kicked":
            raise forbidden("bot was kicked from the supergroup chat", deliberate=True)
        case "left" if chat.private:
            raise bad_request("chat not found")
        case "left":
            raise forbidden("bot is not a member of the supergroup chat")


def judge_words(given: Parameters, *, edit: bool) -> tuple[str, tuple[Json, ...]]:
    """Text and entities of a text message."""
    text = given.get("text", "")
    if not text:
        raise bad_request("Message text is empty")
    _no_parse_mode(given)
    if unknown := given.get("link_preview_options", {}).keys() - LINK_PREVIEW_FIELDS:  # stricter than Telegram
        raise bad_request(f"unknown field {min(unknown)!r} in link_preview_options")
    too_long = "MESSAGE_TOO_LONG" if edit else "Message is too long"
    words, entities = judge_text(text, given.get("entities", []), MOST_TEXT, too_long)
    if not words:
        raise bad_request("Text must be non-empty")
    return words, entities


def judge_caption(given: Parameters, *, edit: bool) -> tuple[str | None, tuple[Json, ...]]:
    """Caption and entities of a message with a file."""
    _no_parse_mode(given)
    if not given.get("caption"):
        return None, ()
    too_long = "MEDIA_CAPTION_TOO_LONG" if edit else "Message caption is too long"
    words, entities = judge_text(given.get("caption", ""), given.get("caption_entities", []), MOST_CAPTION, too_long)
    return words or None, entities


def _no_parse_mode(given: Parameters) -> None:
    if "parse_mode" in given:  # stricter than Telegram: formatting travels as entities, so no typed sign can break it
        raise bad_request("unsupported parse_mode: texts go out with entities")


def send_message(world: World, given: Parameters) -> Json:
    """sendMessage."""
    words, entities = judge_words(given, edit=False)
    chat, rest = _sending(world, given)
    return message_json(chat, world.post(chat, "bot", world.bot, text=words, entities=entities, **rest))


def send_media(world: World, given: Parameters, kind: FileKind, name: str) -> Json:
    """sendPhoto, sendAnimation, sendVoice and sendDocument; `name` is the parameter that holds the file."""
    if given.get(name) in (None, ""):
        raise bad_request(f"there is no {name} in the request")
    words, entities = judge_caption(given, edit=False)
    chat, rest = _sending(world, given)
    media = world.files.take(kind, given[name])
    message = world.post(chat, "bot", world.bot, text=words, entities=entities, media=media, media_kind=name, **rest)
    return message_json(chat, message)


def _sending(world: World, given: Parameters) -> tuple[Chat, Json]:
    markup = judge_markup(given.get("reply_markup"), only_inline=False)
    chat = open_chat(world, given.get("chat_id"))
    reply: Json = given.get("reply_parameters", {})
    reply_to = reply.get("message_id")
    if unknown := reply.keys() - REPLY_FIELDS:  # stricter than Telegram
        raise bad_request(f"unknown field {min(unknown)!r} in reply_parameters")
    if reply_to is not None and reply_to not in chat.messages:
        if not reply.get("allow_sending_without_reply"):
            raise bad_request("message to be replied not found")
        reply_to = None
    return chat, {"markup": markup, "reply_to": reply_to}


def edit_message(world: World, given: Parameters, what: Literal["text", "caption", "reply_markup"]) -> Json:
    """editMessageText, editMessageCaption and editMessageReplyMarkup. Without a markup the keyboard goes away."""
    parts: Json = {"markup": judge_markup(given.get("reply_markup"), only_inline=True)}
    match what:
        case "text":
            parts["text"], parts["entities"] = judge_words(given, edit=True)
        case "caption":
            parts["text"], parts["entities"] = judge_caption(given, edit=True)
        case "reply_markup":
            pass
    chat, message = _find(world, given, "edit")
    if not message.from_bot or (message.markup is not None and "inline_keyboard" not in message.markup):
        raise bad_request("Message can't be edited")
    if what == "text" and message.media is not None:
        raise bad_request("There is no text in the message to edit")
    if what == "caption" and message.media is None:
        raise bad_request("There is no caption in the message to edit")
    if all(getattr(message, name) == value for name, value in parts.items()):
        raise bad_request(NOT_MODIFIED)
    return message_json(chat, world.change(chat, "edited", message, **parts))


def delete_message(world: World, given: Parameters) -> bool:
    """deleteMessage."""
    chat, message = _find(world, given, "delete")
    _can_go(world, chat, message)
    world.remove(chat, message)
    return True


def delete_messages(world: World, given: Parameters) -> bool:
    """deleteMessages: those that are not there are skipped; where one may not be deleted, none is."""
    numbers = given.get("message_ids", [])
    if not numbers:
        raise bad_request("Message identifiers are not specified")
    if not all(type(one) is int for one in numbers):
        raise bad_request("Invalid message identifier specified")
    if len(numbers) > MOST_DELETED:
        raise bad_request("Too many message identifiers specified")
    chat = open_chat(world, given.get("chat_id"))
    found = [chat.messages[one] for one in dict.fromkeys(numbers) if one in chat.messages]
    for message in found:
        _can_go(world, chat, message)
    for message in found:
        world.remove(chat, message)
    return True


def _can_go(world: World, chat: Chat, message: Message) -> None:
    if not chat.private and not message.from_bot:
        raise bad_request("Message can't be deleted")
    if world.now() - message.date > DELETABLE_FOR:
        raise bad_request("Message can't be deleted for everyone")


def _find(world: World, given: Parameters, purpose: str) -> tuple[Chat, Message]:
    message_id = given.get("message_id")
    if message_id is None:
        raise bad_request("Message identifier is not specified")
    chat = open_chat(world, given.get("chat_id"))
    message = chat.messages.get(message_id)
    if message is None:
        raise bad_request(f"message to {purpose} not found")
    return chat, message


def answer_tap(world: World, given: Parameters) -> bool:
    """answerCallbackQuery: once a tap, and not too late."""
    if units(given.get("text", "")) > MOST_NOTICE:
        raise bad_request("MESSAGE_TOO_LONG")
    url = given.get("url", "")
    if url and not url.startswith((f"https://t.me/{world.bot.username}?start=", f"t.me/{world.bot.username}?start=")):
        raise bad_request("URL_INVALID")
    tap = world.taps.get(given.get("callback_query_id", ""))
    if tap is None or tap.answered or world.now() - tap.at > ANSWERABLE_FOR:
        raise bad_request(QUERY_TOO_OLD)
    tap.answered = True
    world.updates.bell.ring()
    world.record(world.chats[tap.chat_id], "notice", words=given.get("text", ""))
    return True


def send_action(world: World, given: Parameters) -> bool:
    """sendChatAction."""
    if given.get("action") not in CHAT_ACTIONS:
        raise bad_request("Wrong parameter action in request")
    world.record(open_chat(world, given.get("chat_id")), "action", words=given["action"])
    return True


def leave_chat(world: World, given: Parameters) -> bool:
    """leaveChat."""
    chat = open_chat(world, given.get("chat_id"))
    if chat.private:
        raise bad_request("chat member status can't be changed in private chats")
    chat.bot = "left"
    world.record(chat, "group", words="the bot left")
    return True
