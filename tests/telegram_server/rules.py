"""What Telegram accepts as a text, an entity and a keyboard; every text that leaves goes through TDLib's own parser.

Outside: aiohttp, chats, files. A broken rule raises a Refusal in Telegram's words.
"""

from __future__ import annotations

import json
from typing import Any

import tdjson

from .refusal import bad_request

Json = dict[str, Any]

MOST_TEXT = 4096  # UTF-16 units after parsing: Bot API, sendMessage
MOST_CAPTION = 1024  # Bot API, sendPhoto
MOST_BYTES = 1 << 15  # telegram-bot-api, get_formatted_text
MOST_DATA = 64  # bytes: Bot API, InlineKeyboardButton.callback_data
MOST_BUTTONS, MOST_IN_ROW = 100, 8  # TDLib quietly drops the rest; here that is a refusal
ENTITY_TYPES = {
    "bold": "Bold",
    "italic": "Italic",
    "underline": "Underline",
    "strikethrough": "Strikethrough",
    "spoiler": "Spoiler",
    "code": "Code",
    "pre": "Pre",
    "text_link": "TextUrl",
    "text_mention": "MentionName",
    "custom_emoji": "CustomEmoji",
    "blockquote": "BlockQuote",
    "expandable_blockquote": "ExpandableBlockQuote",
}
FOUND_BY_TELEGRAM = {
    "mention": "Mention",
    "hashtag": "Hashtag",
    "cashtag": "Cashtag",
    "bot_command": "BotCommand",
    "url": "Url",
    "email": "EmailAddress",
    "phone_number": "PhoneNumber",
    "bank_card_number": "BankCardNumber",
}
TYPE_OF = {f"textEntityType{td}": name for name, td in FOUND_BY_TELEGRAM.items()}
ENTITY_FIELDS = {"type", "offset", "length", "url", "user", "language", "custom_emoji_id"}
ACTIONS = {
    "url",
    "callback_data",
    "web_app",
    "login_url",
    "switch_inline_query",
    "switch_inline_query_current_chat",
    "switch_inline_query_chosen_chat",
    "copy_text",
    "callback_game",
    "pay",
}
BUTTON_FIELDS = ACTIONS | {"text", "icon_custom_emoji_id", "style"}
OTHER_MARKUP = {
    "keyboard": {
        "keyboard", "is_persistent", "resize_keyboard", "one_time_keyboard", "input_field_placeholder", "selective",
    },
    "remove_keyboard": {"remove_keyboard", "selective"},
    "force_reply": {"force_reply", "input_field_placeholder", "selective"},
}  # fmt: skip


def _ask_tdlib(request: Json) -> Json:
    answer = tdjson.td_execute(json.dumps(request).encode())
    if answer is None:
        raise RuntimeError("tdjson gave no answer to a request that runs without a client")
    read: Json = json.loads(answer)
    return read


_ask_tdlib({"@type": "setLogVerbosityLevel", "new_verbosity_level": 0})


def units(text: str) -> int:
    """Length in UTF-16 units, in which Telegram counts."""
    try:
        return len(text.encode("utf-16-le")) // 2
    except UnicodeEncodeError:
        raise bad_request("strings must be encoded in UTF-8") from None


def _clean(text: str, entities: list[Json]) -> str:
    """TDLib's form of the text (no control characters); raises its sentence about the entities."""
    answer = _ask_tdlib({"@type": "getMarkdownText", "text": {"text": text, "entities": entities}})
    if answer["@type"] == "error":
        raise bad_request(answer["message"])
    cleaned: str = answer["text"]
    return cleaned


def _td_entity(entity: Any) -> Json | None:
    """TDLib's form of an entity; None for those that Telegram finds by itself and drops here."""
    if not isinstance(entity, dict):
        raise bad_request("can't parse MessageEntity: expected an Object")
    for name in ("offset", "length"):
        if type(entity.get(name)) is not int:
            raise bad_request(f'can\'t parse MessageEntity: Field "{name}" must be of type Number')
    kind = entity.get("type")
    if not isinstance(kind, str) or kind not in ENTITY_TYPES.keys() | FOUND_BY_TELEGRAM.keys():
        raise bad_request("can't parse MessageEntity: Unsupported type specified")
    if unknown := entity.keys() - ENTITY_FIELDS:  # stricter than Telegram
        raise bad_request(f"can't parse MessageEntity: unknown field {min(unknown)!r}")
    if kind in FOUND_BY_TELEGRAM:
        return None
    td_type: Json = {"@type": f"textEntityType{ENTITY_TYPES[kind]}"}
    match kind:
        case "text_link":
            td_type["url"] = _field(entity, "url", str)
        case "text_mention":
            td_type["user_id"] = _field(_field(entity, "user", dict), "id", int)
        case "custom_emoji":
            td_type["custom_emoji_id"] = str(_field(entity, "custom_emoji_id", str))
        case "pre" if "language" in entity:
            td_type = {"@type": "textEntityTypePreCode", "language": _field(entity, "language", str)}
    if entity["length"] <= 0:  # TDLib quietly drops it; here that is a refusal
        raise bad_request("can't parse MessageEntity: length must be positive")
    return {"offset": entity["offset"], "length": entity["length"], "type": td_type}


def _field(entity: Json, name: str, kind: type) -> Any:
    if not isinstance(entity.get(name), kind) or isinstance(entity[name], bool):
        raise bad_request(f'can\'t parse MessageEntity: Field "{name}" is missing or of a wrong type')
    return entity[name]


def judge_text(text: str, entities: list[Any], most: int, too_long: str) -> tuple[str, tuple[Json, ...]]:
    """A text as it arrives (cleaned and trimmed, at most `most` UTF-16 units) with its entities moved along."""
    if len(text) > MOST_BYTES // 4 and len(text.encode("utf-8", "replace")) > MOST_BYTES:
        raise bad_request("Text is too long")
    units(text)
    pairs = [(entity, form) for entity in entities if (form := _td_entity(entity)) is not None]
    cleaned = _clean(text, [form for _, form in pairs])
    if pairs:
        cleaned = _clean(text, [])
    arrived = cleaned.strip()
    if units(arrived) > most:
        raise bad_request(too_long)
    if arrived == text:
        return arrived, tuple(entity for entity, _ in pairs)
    return arrived, _moved([entity for entity, _ in pairs], text, cleaned)


def _moved(entities: list[Json], text: str, cleaned: str) -> tuple[Json, ...]:
    lead = units(cleaned) - units(cleaned.lstrip())
    end = units(cleaned.strip())
    wide = text.encode("utf-16-le")

    def place(offset: int) -> int:
        prefix = wide[: offset * 2].decode("utf-16-le")
        return min(max(units(_clean("x" + prefix, [])) - 1 - lead, 0), end)

    moved = []
    for entity in entities:
        start, stop = place(entity["offset"]), place(entity["offset"] + entity["length"])
        if stop > start:
            moved.append({**entity, "offset": start, "length": stop - start})
    return tuple(moved)


def found_entities(text: str) -> tuple[Json, ...]:
    """The entities that Telegram itself finds in a person's text: commands, links, mentions and the like."""
    answer = _ask_tdlib({"@type": "getTextEntities", "text": text})
    return tuple(
        {"type": TYPE_OF[found["type"]["@type"]], "offset": found["offset"], "length": found["length"]}
        for found in answer.get("entities", [])
        if found["type"]["@type"] in TYPE_OF
    )


def judge_url(url: str) -> None:
    """Whether a button may open this address, in TDLib's judgement."""
    link = {"@type": "textEntityTypeTextUrl", "url": url}
    text = {"text": "x", "entities": [{"offset": 0, "length": 1, "type": link}]}
    answer = _ask_tdlib({"@type": "getMarkdownText", "text": text})
    if answer["@type"] == "error":
        raise bad_request(answer["message"].replace("Entity URL", "Inline keyboard button URL", 1))


def judge_markup(markup: Json | None, *, only_inline: bool) -> Json | None:
    """The reply markup, or None where Telegram reads it as «no keyboard». Edits take inline keyboards only."""
    if markup is None or not markup:
        return None
    if "inline_keyboard" in markup:
        if markup.keys() != {"inline_keyboard"}:  # stricter than Telegram
            raise bad_request("an inline keyboard goes out alone in reply_markup")
        return _judge_inline(markup["inline_keyboard"])
    for name, fields in OTHER_MARKUP.items():
        if name in markup:
            if markup.keys() - fields:  # stricter than Telegram
                raise bad_request(f"unknown field {min(markup.keys() - fields)!r} in reply_markup")
            if only_inline:
                raise bad_request("Inline keyboard expected")
            if name == "keyboard":
                _judge_keyboard(markup["keyboard"])
            return markup
    raise bad_request(f"unknown field {min(markup)!r} in reply_markup")


def _judge_keyboard(rows: Any) -> None:
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise bad_request('Field "keyboard" must be an Array of Arrays')
    for button in (button for row in rows for button in row):
        label = button.get("text") if isinstance(button, dict) else button
        if not isinstance(label, str) or not label.strip():
            raise bad_request("can't parse keyboard button: KeyboardButton must be a String or an Object")


def _judge_inline(rows: Any) -> Json | None:
    if not isinstance(rows, list):
        raise bad_request('Field "inline_keyboard" must be of type Array')
    if not all(isinstance(row, list) for row in rows):
        raise bad_request('Field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays')
    if sum(map(len, rows)) > MOST_BUTTONS or any(len(row) > MOST_IN_ROW for row in rows):
        raise bad_request("reply markup is too long")
    for row in rows:
        for button in row:
            _judge_button(button)
    kept = [row for row in rows if row]
    return {"inline_keyboard": kept} if kept else None


def _judge_button(button: Any) -> None:
    if not isinstance(button, dict):
        raise bad_request("can't parse inline keyboard button: InlineKeyboardButton must be an Object")
    if not isinstance(button.get("text"), str):
        raise bad_request('can\'t parse inline keyboard button: Field "text" must be of type String')
    actions = button.keys() & ACTIONS
    if unknown := button.keys() - BUTTON_FIELDS:  # stricter than Telegram
        raise bad_request(f"can't parse inline keyboard button: unknown field {min(unknown)!r}")
    if len(actions) > 1:  # stricter than Telegram, which takes the first one
        raise bad_request("can't parse inline keyboard button: a button has exactly one action")
    for name in actions & {"url", "callback_data"}:
        if not isinstance(button[name], str):
            raise bad_request(f'can\'t parse inline keyboard button: Field "{name}" must be of type String')
    if not any(button[name] or name not in ("url", "callback_data") for name in actions):
        raise bad_request("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
    units(button["text"])
    if not button["text"].strip():
        raise bad_request("Inline keyboard button text must be non-empty")
    if "url" in actions:
        judge_url(button["url"])
    if "callback_data" in actions:
        units(button["callback_data"])
        if len(button["callback_data"].encode()) > MOST_DATA:
            raise bad_request("BUTTON_DATA_INVALID")
