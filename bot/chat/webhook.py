"""Telegram calls us. 200 means committed; anything else means: send it again."""

from __future__ import annotations

import hmac
import json
import re

import structlog
from aiohttp import web

from bot.chat.poll import Receive
from bot.chat.reception import numbered

log = structlog.get_logger()

SECRET = "X-Telegram-Bot-Api-Secret-Token"
"""The header that carries the secret: Bot API, setWebhook."""

MOST_BYTES = 1 << 20
"""An update is a few kilobytes; a megabyte is far beyond any."""


def webhook(path: str, secret: str, receive: Receive) -> web.RouteDef:
    """The route for updates. `receive` returns after the commit and raises if there was none.

    Answers 403 without the secret (before a byte of the body is read), 413 to a body that is too large, 400 to one that
    is no update, 503 if it could not be committed, else 200. ValueError for a secret that Telegram would not take.
    """
    if not re.fullmatch(r"[A-Za-z0-9_-]{16,256}", secret):
        raise ValueError("The webhook's secret must be 16 to 256 signs long: letters, digits, _ and -.")
    expected = secret.encode()

    async def answer(request: web.Request) -> web.Response:
        given = request.headers.get(SECRET, "").encode("utf-8", "surrogateescape")
        if not hmac.compare_digest(given, expected):
            raise web.HTTPForbidden
        if (request.content_length or 0) > MOST_BYTES:
            raise web.HTTPRequestEntityTooLarge(MOST_BYTES)
        body = await request.clone(client_max_size=MOST_BYTES).read()
        try:
            raw = json.loads(body)
        except (ValueError, RecursionError):
            raw = None
        if not numbered(raw):
            raise web.HTTPBadRequest
        try:
            await receive(raw)
        except Exception as error:  # the port's promise: it was not committed, whatever this is
            log.error(
                "update_not_kept",
                update=raw["update_id"],
                error=type(error).__name__,
            )
            raise web.HTTPServiceUnavailable from None
        return web.Response()

    return web.post(path, answer)
