"""Which parameters each method takes, of which type; what a request holds is read and judged here.

Telegram ignores a parameter that it does not know and reads a wrong one as zero. Here both are a 400, because both are
mistakes of the product. Parameters that the product never uses (business accounts, topics, paid posts, inline messages)
are left out of the table, so their use is a finding too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from aiohttp import web

from .refusal import Refusal, bad_request

Kind = Literal["String", "Integer", "Boolean", "Chat", "Object", "Array", "File"]
Table = Mapping[str, Kind]
LARGEST_REQUEST = 60 << 20  # bytes; above the largest file, so that the file's own refusal is met
ATTACHED = "attach://"

_MARKUP: Table = {"reply_markup": "Object"}
_TEXT: Table = {"text": "String", "parse_mode": "String", "entities": "Array", "link_preview_options": "Object"}
_CAPTION: Table = {"caption": "String", "parse_mode": "String", "caption_entities": "Array"}
_PLACE: Table = {"chat_id": "Chat", "message_id": "Integer"}
_SEND: Table = {
    "chat_id": "Chat",
    "disable_notification": "Boolean",
    "protect_content": "Boolean",
    "message_effect_id": "String",
    "reply_parameters": "Object",
    **_MARKUP,
}
_COMMANDS: Table = {"scope": "Object", "language_code": "String"}

TABLES: Mapping[str, Table] = {
    "getMe": {},
    "getUpdates": {"offset": "Integer", "limit": "Integer", "timeout": "Integer", "allowed_updates": "Array"},
    "setWebhook": {
        "url": "String",
        "ip_address": "String",
        "max_connections": "Integer",
        "allowed_updates": "Array",
        "drop_pending_updates": "Boolean",
        "secret_token": "String",
    },
    "deleteWebhook": {"drop_pending_updates": "Boolean"},
    "getWebhookInfo": {},
    "sendMessage": {**_SEND, **_TEXT},
    "editMessageText": {**_PLACE, **_TEXT, **_MARKUP},
    "editMessageReplyMarkup": {**_PLACE, **_MARKUP},
    "editMessageCaption": {**_PLACE, **_CAPTION, "show_caption_above_media": "Boolean", **_MARKUP},
    "deleteMessage": _PLACE,
    "deleteMessages": {"chat_id": "Chat", "message_ids": "Array"},
    "answerCallbackQuery": {
        "callback_query_id": "String",
        "text": "String",
        "show_alert": "Boolean",
        "url": "String",
        "cache_time": "Integer",
    },
    "sendPhoto": {
        **_SEND,
        **_CAPTION,
        "photo": "File",
        "has_spoiler": "Boolean",
        "show_caption_above_media": "Boolean",
    },
    "sendAnimation": {
        **_SEND,
        **_CAPTION,
        "animation": "File",
        "duration": "Integer",
        "width": "Integer",
        "height": "Integer",
        "thumbnail": "File",
        "has_spoiler": "Boolean",
        "show_caption_above_media": "Boolean",
    },
    "sendVoice": {**_SEND, **_CAPTION, "voice": "File", "duration": "Integer"},
    "sendDocument": {
        **_SEND,
        **_CAPTION,
        "document": "File",
        "thumbnail": "File",
        "disable_content_type_detection": "Boolean",
    },
    "sendChatAction": {"chat_id": "Chat", "action": "String"},
    "leaveChat": {"chat_id": "Chat"},
    "setMyCommands": {"commands": "Array", **_COMMANDS},
    "getMyCommands": _COMMANDS,
    "deleteMyCommands": _COMMANDS,
    "setMyDescription": {"description": "String", "language_code": "String"},
    "getMyDescription": {"language_code": "String"},
    "setMyShortDescription": {"short_description": "String", "language_code": "String"},
    "getMyShortDescription": {"language_code": "String"},
    "getFile": {"file_id": "String"},
}


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that came with the request."""

    name: str
    data: bytes


async def read_request(request: web.BaseRequest) -> dict[str, Any]:
    """Every parameter of a request, not judged yet: from the address, and from a JSON, form or multipart body."""
    given: dict[str, Any] = dict(request.query)
    if request.method == "GET":
        return given
    try:
        if request.content_type == "application/json":
            given.update(_object(await request.read()))
            return given
        for name, value in (await request.post()).items():
            given[name] = Upload(value.filename, value.file.read()) if isinstance(value, web.FileField) else value
    except web.HTTPRequestEntityTooLarge:
        raise Refusal(413, "Request Entity Too Large") from None
    return given


def _object(body: bytes) -> dict[str, Any]:
    try:
        read = json.loads(body) if body else {}
    except ValueError:
        raise bad_request("can't parse the request's body as JSON") from None
    if not isinstance(read, dict):
        raise bad_request("the request's JSON body must be an Object")
    return read


def judge_parameters(method: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters in their own types. Raises a 400 for an unknown name or a wrong type."""
    table = TABLES[method]
    judged: dict[str, Any] = {}
    attached = set()
    for name, value in given.items():
        kind = table.get(name)
        if kind is None:
            if not isinstance(value, Upload):
                raise bad_request(f"unknown parameter {name!r} of {method}")  # stricter than Telegram
            attached.add(name)
            continue
        judged[name] = _read(name, kind, value)
        if kind == "File" and isinstance(value, str) and value.startswith(ATTACHED):
            part = value.removeprefix(ATTACHED)
            if not isinstance(given.get(part), Upload):
                raise bad_request(f"file {part!r} was not sent along")
            judged[name] = given[part]
            attached.discard(part)
    named = {value.removeprefix(ATTACHED) for value in given.values() if isinstance(value, str)}
    if stray := attached - named:
        raise bad_request(f"unknown file {min(stray)!r} of {method}")  # stricter than Telegram
    return judged


def _read(name: str, kind: Kind, value: Any) -> Any:
    """One value in its own type. Numbers, flags, objects and lists may come as strings, as in a form."""
    match kind:
        case "String" if isinstance(value, str):
            return value
        case "Integer" if type(value) is int:
            return value
        case "Integer" if isinstance(value, str) and re.fullmatch(r"-?\d{1,18}", value):
            return int(value)
        case "Boolean" if isinstance(value, bool):
            return value
        case "Boolean" if value in ("true", "True", "false", "False"):
            return value.lower() == "true"
        case "Chat" if type(value) is int:
            return value
        case "Chat" if isinstance(value, str):
            return int(value) if re.fullmatch(r"-?\d{1,18}", value) else value
        case "File" if isinstance(value, str | Upload):
            return value
        case "Object" | "Array":
            wanted = dict if kind == "Object" else list
            read = value
            if isinstance(value, str):
                try:
                    read = json.loads(value)
                except ValueError:
                    raise bad_request(f'can\'t parse field "{name}" as JSON') from None
            if isinstance(read, wanted):
                return read
    raise bad_request(f'Field "{name}" must be of type {kind}')
