"""The server from outside: a small JSON interface for a bench that runs in another process.

POST /control/<what> with a JSON object answers {"ok": true, "result": ...}, or 400 with {"ok": false, "error": ...}.
`person` is a name; a new name is a new person.

    person {person, language?}        block {person}   unblock {person}   delete_account {person}
    send {person, text}               open {person, link}
    tap {person, words, timeout?}     or {person, message_id, data} for any data at all
    sees {person, words, timeout?, unread?}
    chat {person}                     log {person?}
    fail {method?, kind?, count?, probability?, retry_after?, accepted?, seed?}
    faults_off {}                     set {delay?, enforce_limits?, burst?, repeat?, seed?}
    advance {hours?, seconds?}        settled {timeout?}                 report {}
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from aiohttp import web

from .world import Event, Message

if TYPE_CHECKING:
    from .people import Person
    from .server import TelegramServer

Json = dict[str, Any]


async def handle(server: TelegramServer, request: web.BaseRequest) -> web.Response:
    """One control request."""
    name = request.path.removeprefix("/control/")
    try:
        body = await request.read()
        asked: Json = json.loads(body) if body else {}
        do = DEEDS.get(name)
        if do is None:
            raise KeyError(f"there is no /control/{name}")
        result = await do(server, asked)
    except (AssertionError, KeyError, TypeError, ValueError) as error:
        return web.json_response({"ok": False, "error": f"{type(error).__name__}: {error}"}, status=400)
    return web.json_response({"ok": True, "result": result})


def _person(server: TelegramServer, asked: Json) -> Person:
    return server.person(asked["person"], asked.get("language", "en"))


def _shown(message: Message) -> Json:
    return {
        "message_id": message.message_id,
        "from": "bot" if message.from_bot else message.sender.first_name,
        "words": message.words,
        "media": message.media_kind,
        "rows": [[asdict(button) for button in row] for row in message.rows],
        "date": message.date,
        "edited": message.edit_date is not None,
    }


def _told(event: Event) -> Json:
    shown = _shown(event.message) if event.message else None
    told = {"seq": event.seq, "at": event.at, "kind": event.kind, "chat_id": event.chat_id}
    return {**told, "words": event.words, "message": shown}


async def _meet(server: TelegramServer, asked: Json) -> Json:
    return {"id": _person(server, asked).id}


async def _send(server: TelegramServer, asked: Json) -> Json:
    return _shown(await _person(server, asked).send(asked["text"]))


async def _open(server: TelegramServer, asked: Json) -> Json:
    return _shown(await _person(server, asked).open(asked["link"]))


async def _tap(server: TelegramServer, asked: Json) -> str:
    person = _person(server, asked)
    if "data" not in asked:
        return await person.tap(asked["words"], timeout=asked.get("timeout", 0))
    shown = next((message for message in person.chat if message.message_id == asked["message_id"]), None)
    if shown is None:
        raise ValueError(f"no message {asked['message_id']} is shown")
    return await person.tap_data(shown, asked["data"])


async def _sees(server: TelegramServer, asked: Json) -> Json:
    person = _person(server, asked)
    return _shown(await person.sees(asked["words"], asked.get("timeout", 5.0), unread=asked.get("unread", False)))


async def _block(server: TelegramServer, asked: Json) -> None:
    await _person(server, asked).block()


async def _unblock(server: TelegramServer, asked: Json) -> None:
    await _person(server, asked).unblock()


async def _delete_account(server: TelegramServer, asked: Json) -> None:
    await _person(server, asked).delete_account()


async def _chat(server: TelegramServer, asked: Json) -> list[Json]:
    return [_shown(message) for message in _person(server, asked).chat]


async def _log(server: TelegramServer, asked: Json) -> list[Json]:
    return [_told(event) for event in (_person(server, asked).log if "person" in asked else server.log)]


async def _fail(server: TelegramServer, asked: Json) -> None:
    server.fail(**asked)


async def _faults_off(server: TelegramServer, _: Json) -> None:
    server.faults.clear()


async def _set(server: TelegramServer, asked: Json) -> None:
    server.delay = float(asked.get("delay", server.delay))
    server.enforce_limits = bool(asked.get("enforce_limits", server.enforce_limits))
    server.limits.burst = int(asked.get("burst", server.limits.burst))
    if "repeat" in asked:
        server.deliver_twice(float(asked["repeat"]), int(asked.get("seed", 0)))


async def _advance(server: TelegramServer, asked: Json) -> float:
    server.advance(hours=asked.get("hours", 0), seconds=asked.get("seconds", 0))
    return server.clock


async def _settled(server: TelegramServer, asked: Json) -> None:
    await server.settled(asked.get("timeout", 5.0))


async def _report(server: TelegramServer, _: Json) -> Json:
    return {
        "violations": [asdict(violation) for violation in server.violations],
        "too_early": [asdict(violation) for violation in server.too_early],
        "unanswered": [asdict(tap) for tap in server.unanswered],
        "calls": dict(server.calls),
        "pending": len(server.updates.pending),
        "limited": server.limits.refused,
        "clock": server.clock,
    }


DEEDS: dict[str, Callable[[TelegramServer, Json], Awaitable[Any]]] = {
    "person": _meet,
    "send": _send,
    "open": _open,
    "tap": _tap,
    "sees": _sees,
    "block": _block,
    "unblock": _unblock,
    "delete_account": _delete_account,
    "chat": _chat,
    "log": _log,
    "fail": _fail,
    "faults_off": _faults_off,
    "set": _set,
    "advance": _advance,
    "settled": _settled,
    "report": _report,
}
