"""The server refuses what Telegram refuses, in Telegram's words, and writes each refusal down against the product."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest

from . import Person, TelegramServer
from .conftest import Call, Json, picture
from .refusal import NOT_MODIFIED, POLL_ENDED_BY_WEBHOOK, POLL_TWICE, POLL_WHILE_WEBHOOK, QUERY_TOO_OLD

TOO_OLD = f"Bad Request: {QUERY_TOO_OLD}"


def button(**fields: Any) -> Json:
    return {"inline_keyboard": [[{"text": "Go", **fields}]]}


def entity(kind: str, offset: int = 0, length: int = 2, **more: Any) -> Json:
    return {"entities": [{"type": kind, "offset": offset, "length": length, **more}]}


GO = button(callback_data="go")
MANY = {"inline_keyboard": [[{"text": "x", "callback_data": "x"}] * 8] * 13}
WIDE = {"inline_keyboard": [[{"text": "x", "callback_data": "x"}] * 9]}
CANT = "can't parse inline keyboard button: "

SENDS: dict[str, tuple[Json, str]] = {
    "no text": ({"text": ""}, "message text is empty"),
    "only spaces": ({"text": " \n\t "}, "text must be non-empty"),
    "4,097 signs": ({"text": "x" * 4097}, "message is too long"),
    "4,097 units by emoji": ({"text": "x" * 4095 + "😀"}, "message is too long"),
    "32 KiB": ({"text": "é" * 17000}, "text is too long"),
    "half a sign": ({"text": "a\ud83d"}, "strings must be encoded in UTF-8"),
    "text is a number": ({"text": 5}, 'field "text" must be of type String'),
    "chat is a list": ({"chat_id": [1]}, 'field "chat_id" must be of type Chat'),
    "no chat": ({"chat_id": ""}, "chat_id is empty"),
    "a chat that is not": ({"chat_id": 77}, "chat not found"),
    "a flag that is a word": ({"protect_content": "maybe"}, 'field "protect_content" must be of type Boolean'),
    "null": ({"reply_markup": None}, 'field "reply_markup" must be of type Object'),
    "broken JSON inside": ({"reply_markup": "{"}, 'can\'t parse field "reply_markup" as JSON'),
    "a parse mode": ({"parse_mode": "HTML"}, "unsupported parse_mode: texts go out with entities"),
    "an unknown parameter": ({"txt": "x"}, "unknown parameter 'txt' of sendMessage"),
    "an old parameter": ({"reply_to_message_id": 1}, "unknown parameter 'reply_to_message_id' of sendMessage"),
    "a reply to nothing": ({"reply_parameters": {"message_id": 99}}, "message to be replied not found"),
    "an unknown preview field": ({"link_preview_options": {"off": 1}}, "unknown field 'off' in link_preview_options"),
    "an unknown entity": (entity("blink"), "can't parse MessageEntity: Unsupported type specified"),
    "an entity that is a word": ({"entities": ["bold"]}, "can't parse MessageEntity: expected an Object"),
    "an entity without length": (
        {"entities": [{"type": "bold", "offset": 0}]},
        'can\'t parse MessageEntity: Field "length" must be of type Number',
    ),
    "an empty entity": (entity("bold", length=0), "can't parse MessageEntity: length must be positive"),
    "an entity before the text": (entity("bold", offset=-1), "receive an entity with incorrect offset -1"),
    "an entity past the end": (
        entity("bold", length=99),
        "entity beginning at UTF-16 offset 0 ends after the end of the text at UTF-16 offset 99",
    ),
    "an entity in half an emoji": (
        {"text": "😀 x", **entity("bold", offset=1, length=2)},
        "entity begins in a middle of a UTF-16 symbol at byte offset 4",
    ),
    "a bad link in an entity": (
        entity("text_link", url="bad url"),
        "entity URL 'bad url' is invalid: Disallowed character in URL host",
    ),
    "a link without address": (
        entity("text_link"),
        'can\'t parse MessageEntity: Field "url" is missing or of a wrong type',
    ),
    "65 bytes of data": ({"reply_markup": button(callback_data="é" * 32 + "x")}, "BUTTON_DATA_INVALID"),
    "no action": ({"reply_markup": button()}, CANT + "Text buttons are unallowed in the inline keyboard"),
    "empty data": (
        {"reply_markup": button(callback_data="")},
        CANT + "Text buttons are unallowed in the inline keyboard",
    ),
    "two actions": (
        {"reply_markup": button(callback_data="x", url="https://x.org")},
        CANT + "a button has exactly one action",
    ),
    "data is a number": (
        {"reply_markup": button(callback_data=1)},
        CANT + 'Field "callback_data" must be of type String',
    ),
    "an unknown button field": ({"reply_markup": button(colour="red", pay=True)}, CANT + "unknown field 'colour'"),
    "a bad address": ({"reply_markup": button(url="no where")}, "inline keyboard button URL 'no where' is invalid: "),
    "no label": (
        {"reply_markup": {"inline_keyboard": [[{"text": " ", "callback_data": "x"}]]}},
        "inline keyboard button text must be non-empty",
    ),
    "a row that is a button": (
        {"reply_markup": {"inline_keyboard": [{"text": "x", "callback_data": "x"}]}},
        'field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays',
    ),
    "104 buttons": ({"reply_markup": MANY}, "reply markup is too long"),
    "nine in a row": ({"reply_markup": WIDE}, "reply markup is too long"),
    "unknown markup": ({"reply_markup": {"buttons": []}}, "unknown field 'buttons' in reply_markup"),
    "two keyboards": (
        {"reply_markup": {**GO, "force_reply": True}},
        "an inline keyboard goes out alone in reply_markup",
    ),
}


@pytest.mark.parametrize("case", SENDS)
async def test_a_message_that_is_refused(server: TelegramServer, ana: Person, call: Call, case: str) -> None:
    wrong, words = SENDS[case]
    answer = await call("sendMessage", **{"chat_id": ana.id, "text": "hello", **wrong})
    assert answer["ok"] is False and answer["error_code"] == 400
    assert answer["description"].startswith(f"Bad Request: {words}")
    assert [(v.method, v.reason) for v in server.violations] == [("sendMessage", answer["description"])]
    assert len(ana.chat) == 1


async def test_the_widest_that_is_taken(server: TelegramServer, ana: Person, call: Call) -> None:
    keyboard = {"inline_keyboard": [[{"text": "x", "callback_data": "é" * 32}] * 8] * 12}
    answer = await call("sendMessage", chat_id=str(ana.id), text="x" * 4094 + "😀", reply_markup=keyboard)
    assert answer["ok"] and server.violations == []


REFUSED: dict[str, tuple[str, Json, str]] = {
    "the same again": ("editMessageText", {"message_id": 2, "text": "hello", "reply_markup": GO}, NOT_MODIFIED),
    "the same keyboard": ("editMessageReplyMarkup", {"message_id": 2, "reply_markup": GO}, NOT_MODIFIED),
    "too long an edit": ("editMessageText", {"message_id": 2, "text": "x" * 4097}, "MESSAGE_TOO_LONG"),
    "an edit of nothing": ("editMessageText", {"message_id": 99, "text": "x"}, "message to edit not found"),
    "an edit of what a person said": ("editMessageText", {"message_id": 1, "text": "x"}, "message can't be edited"),
    "an edit without id": ("editMessageText", {"text": "x"}, "message identifier is not specified"),
    "an edit below typing keys": ("editMessageText", {"message_id": 4, "text": "x"}, "message can't be edited"),
    "typing keys by edit": (
        "editMessageText",
        {"message_id": 2, "text": "x", "reply_markup": {"keyboard": [["a"]]}},
        "inline keyboard expected",
    ),
    "a text for a picture": (
        "editMessageText",
        {"message_id": 3, "text": "x"},
        "there is no text in the message to edit",
    ),
    "a caption for a text": (
        "editMessageCaption",
        {"message_id": 2, "caption": "x"},
        "there is no caption in the message to edit",
    ),
    "too long a new caption": (
        "editMessageCaption",
        {"message_id": 3, "caption": "x" * 1025},
        "MEDIA_CAPTION_TOO_LONG",
    ),
    "the same caption": ("editMessageCaption", {"message_id": 3, "caption": "us"}, NOT_MODIFIED),
    "a delete of nothing": ("deleteMessage", {"message_id": 99}, "message to delete not found"),
    "no such action": ("sendChatAction", {"action": "dancing"}, "wrong parameter action in request"),
    "leaving a person": ("leaveChat", {}, "chat member status can't be changed in private chats"),
    "no picture": ("sendPhoto", {}, "there is no photo in the request"),
    "a picture that is not": ("sendPhoto", {"photo": "AgAD"}, "wrong file identifier/HTTP URL specified"),
    "a picture from far": ("sendPhoto", {"photo": "https://x.org/a.png"}, "failed to get HTTP URL content"),
    "a picture not sent along": ("sendPhoto", {"photo": "attach://one"}, "file 'one' was not sent along"),
}


@pytest.mark.parametrize("case", REFUSED)
async def test_other_calls_that_are_refused(server: TelegramServer, ana: Person, call: Call, case: str) -> None:
    await call("sendMessage", chat_id=ana.id, text="hello", reply_markup=GO)
    photo = server.world.files.person_photo(None)["photo"][-1]["file_id"]
    await call("sendPhoto", chat_id=ana.id, photo=photo, caption="us")
    await call("sendMessage", chat_id=ana.id, text="keys", reply_markup={"keyboard": [["a"]]})
    before = ana.chat
    method, wrong, words = REFUSED[case]
    answer = await call(method, **{"chat_id": ana.id, **wrong})
    assert answer == {"ok": False, "error_code": 400, "description": f"Bad Request: {words}"}
    assert [(v.method, v.chat_id) for v in server.violations] == [(method, ana.id)]
    assert ana.chat == before


PLAIN: dict[str, tuple[str, Json, str]] = {
    "no such file": ("getFile", {"file_id": "x"}, "invalid file_id"),
    "101 commands": (
        "setMyCommands",
        {"commands": [{"command": "a", "description": "b"}] * 101},
        "BOT_COMMANDS_TOO_MUCH",
    ),
    "a command in capitals": (
        "setMyCommands",
        {"commands": [{"command": "Help", "description": "b"}]},
        "BOT_COMMAND_INVALID",
    ),
    "a long command": (
        "setMyCommands",
        {"commands": [{"command": "a" * 33, "description": "b"}]},
        "command length must not exceed 32",
    ),
    "a command without words": (
        "setMyCommands",
        {"commands": [{"command": "a", "description": " "}]},
        "command description must be non-empty",
    ),
    "a long command description": (
        "setMyCommands",
        {"commands": [{"command": "a", "description": "b" * 257}]},
        "command description length must not exceed 256",
    ),
    "a language that is not": ("setMyDescription", {"language_code": "german"}, "invalid language code specified"),
    "a long description": ("setMyDescription", {"description": "x" * 513}, "description is too long"),
    "a long short description": (
        "setMyShortDescription",
        {"short_description": "x" * 121},
        "short description is too long",
    ),
    "an unknown scope": (
        "getMyCommands",
        {"scope": {"type": "moon"}},
        "can't parse BotCommandScope: Unsupported type specified",
    ),
    "a tap that was not": ("answerCallbackQuery", {"callback_query_id": "5"}, QUERY_TOO_OLD),
    "a webhook nowhere": ("setWebhook", {"url": "ftp://x"}, "invalid webhook URL specified"),
    "a secret with signs": (
        "setWebhook",
        {"url": "http://x.org", "secret_token": "a b"},
        "secret token contains unallowed characters",
    ),
    "a long secret": ("setWebhook", {"url": "http://x.org", "secret_token": "a" * 257}, "secret token is too long"),
    "an offset in words": ("getUpdates", {"offset": "last"}, 'field "offset" must be of type Integer'),
    "a limit that is a flag": ("getUpdates", {"limit": True}, 'field "limit" must be of type Integer'),
}


@pytest.mark.parametrize("case", PLAIN)
async def test_calls_without_a_chat_that_are_refused(server: TelegramServer, call: Call, case: str) -> None:
    method, wrong, words = PLAIN[case]
    assert (await call(method, **wrong))["description"] == f"Bad Request: {words}"
    assert [v.method for v in server.violations] == [method]


async def test_nobody_is_written_to_before_start(server: TelegramServer, call: Call) -> None:
    ana = server.person("Ana")
    answer = await call("sendMessage", chat_id=ana.id, text="hello")
    assert answer["error_code"] == 403
    assert answer["description"] == "Forbidden: bot can't initiate conversation with a user"
    assert len(server.violations) == 1
    await ana.send("/start")
    assert (await call("sendMessage", chat_id=ana.id, text="hello"))["ok"]


async def test_a_block_refuses_everything_and_blames_nobody(server: TelegramServer, ana: Person, call: Call) -> None:
    await call("sendMessage", chat_id=ana.id, text="hello")
    await ana.block()
    blocked = {"ok": False, "error_code": 403, "description": "Forbidden: bot was blocked by the user"}
    assert await call("sendMessage", chat_id=ana.id, text="again") == blocked
    assert await call("editMessageText", chat_id=ana.id, message_id=2, text="again") == blocked
    assert await call("sendChatAction", chat_id=ana.id, action="typing") == blocked
    await ana.unblock()
    await ana.delete_account()
    answer = await call("sendMessage", chat_id=ana.id, text="again")
    assert answer["description"] == "Forbidden: user is deactivated"
    assert server.violations == []


async def test_a_group_without_the_bot(server: TelegramServer, ana: Person, call: Call) -> None:
    group = server.group("Home", [ana])
    said = await group.send(ana, "/help")
    answer = await call("deleteMessage", chat_id=group.id, message_id=said.message_id)
    assert answer["description"] == "Bad Request: message can't be deleted"
    assert (await call("leaveChat", chat_id=group.id))["ok"]
    answer = await call("sendMessage", chat_id=group.id, text="x")
    assert answer["description"] == "Forbidden: bot is not a member of the supergroup chat"
    group.remove_bot(ana)
    answer = await call("sendMessage", chat_id=group.id, text="x")
    assert answer["description"] == "Forbidden: bot was kicked from the supergroup chat"


async def test_48_hours_end_deleting(server: TelegramServer, ana: Person, call: Call) -> None:
    await call("sendMessage", chat_id=ana.id, text="first")
    server.advance(hours=47.9)
    assert (await call("deleteMessage", chat_id=ana.id, message_id=1))["ok"]
    server.advance(hours=0.2)
    answer = await call("deleteMessage", chat_id=ana.id, message_id=2)
    assert answer["description"] == "Bad Request: message can't be deleted for everyone"
    assert [m.words for m in ana.chat] == ["first"]


async def test_a_tap_is_answered_once_and_in_time(server: TelegramServer, ana: Person, call: Call) -> None:
    await call("sendMessage", chat_id=ana.id, text="?", reply_markup=GO)
    tap = await ana.tap("Go")
    too_much = await call("answerCallbackQuery", callback_query_id=tap, text="x" * 201)
    assert too_much["description"] == "Bad Request: MESSAGE_TOO_LONG"
    elsewhere = await call("answerCallbackQuery", callback_query_id=tap, url="https://x.org")
    assert elsewhere["description"] == "Bad Request: URL_INVALID"
    assert (await call("answerCallbackQuery", callback_query_id=tap))["ok"]
    assert (await call("answerCallbackQuery", callback_query_id=tap))["description"] == TOO_OLD
    late = await ana.tap("Go")
    server.advance(seconds=151)
    assert (await call("answerCallbackQuery", callback_query_id=late))["description"] == TOO_OLD
    assert [tap.id for tap in server.unanswered] == [late]


async def test_pictures_are_looked_at(server: TelegramServer, session: aiohttp.ClientSession, ana: Person) -> None:
    async def send(method: str, name: str, data: bytes) -> str:
        form = aiohttp.FormData({"chat_id": str(ana.id)})
        form.add_field(name, data, filename="a")
        async with session.post(f"{server.url}/bot{server.token}/{method}", data=form) as answer:
            return str((await answer.json()).get("description"))

    voice = server.world.files.person_voice(None, 1)["voice"]["file_id"]
    where = f"{server.url}/bot{server.token}/sendPhoto"
    async with session.post(where, json={"chat_id": ana.id, "photo": voice}) as answer:
        assert (await answer.json())["description"] == "Bad Request: can't use file of type VoiceNote as Photo"
    async with session.post(where, json={"chat_id": ana.id, "photo": voice, "caption": "x" * 1025}) as answer:
        assert (await answer.json())["description"] == "Bad Request: message caption is too long"
    assert await send("sendPhoto", "photo", b"not a picture") == "Bad Request: IMAGE_PROCESS_FAILED"
    assert await send("sendPhoto", "photo", picture(2100, 100)) == "Bad Request: PHOTO_INVALID_DIMENSIONS"
    assert await send("sendPhoto", "photo", picture(9900, 600)) == "Bad Request: PHOTO_INVALID_DIMENSIONS"
    assert await send("sendPhoto", "photo", bytes((10 << 20) + 1)) == "Bad Request: file is too big"
    assert await send("sendVoice", "voice", b"") == "Bad Request: file must be non-empty"
    assert await send("sendVoice", "sound", b"OggS") == "Bad Request: unknown file 'sound' of sendVoice"
    assert await send("sendVoice", "voice", bytes((50 << 20) + 1)) == "Request Entity Too Large"
    assert await send("sendVoice", "voice", bytes(61 << 20)) == "Request Entity Too Large"
    assert len(ana.chat) == 1


async def test_wrong_doors(server: TelegramServer, session: aiohttp.ClientSession) -> None:
    async def knock(path: str, body: str = "{}") -> tuple[int, str]:
        headers = {"Content-Type": "application/json"}
        async with session.post(server.url + path, data=body, headers=headers) as answer:
            return answer.status, (await answer.json())["description"]

    assert await knock("/bot1:wrong/getMe") == (401, "Unauthorized")
    assert await knock("/") == (401, "Unauthorized")
    assert await knock(f"/bot{server.token}/sendBarrel") == (404, "Not Found: method not found")
    assert (await knock(f"/bot{server.token}/getMe", "{"))[0] == 400
    assert (await knock(f"/bot{server.token}/getMe", "[]"))[0] == 400
    assert await knock(f"/file/bot{server.token}/voice/file_0.oga") == (404, "Not Found")
    assert [v.method for v in server.violations] == ["getMe", "unknown", "unknown", "getMe", "getMe"]
    assert not any(server.token in v.reason or "wrong" in v.reason for v in server.violations)


async def test_one_poll_at_a_time_and_none_beside_a_webhook(server: TelegramServer, call: Call) -> None:
    async def waiting() -> asyncio.Task[Json]:
        poll = asyncio.ensure_future(call("getUpdates", timeout=30))
        await server.updates.polled(True)
        return poll

    first = await waiting()
    second = asyncio.ensure_future(call("getUpdates", timeout=30))
    assert (await first) == {"ok": False, "error_code": 409, "description": POLL_TWICE}
    assert (await call("setWebhook", url="http://127.0.0.1:9/"))["ok"]
    assert (await second)["description"] == POLL_ENDED_BY_WEBHOOK
    assert (await call("getUpdates"))["description"] == POLL_WHILE_WEBHOOK
    assert (await call("deleteWebhook"))["ok"]
    assert (await call("getUpdates"))["ok"]
    assert len(server.violations) == 3


async def test_a_poll_of_a_killed_process_is_not_a_second_one(
    server: TelegramServer, call: Call, session: aiohttp.ClientSession
) -> None:
    poll = asyncio.ensure_future(session.get(f"{server.url}/bot{server.token}/getUpdates?timeout=30"))
    await server.updates.polled(True)
    poll.cancel()
    await server.updates.polled(False)
    assert (await call("getUpdates"))["ok"]
    assert server.violations == []
