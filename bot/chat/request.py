"""HTTP with a Bot API server, over aiohttp. One try a call, and no address (it holds the token) in any error."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import aiohttp
from telegram.error import NetworkError, TelegramError, TimedOut
from telegram.request import BaseRequest, RequestData

PATIENCE = 20.0
"""Seconds for one call, from the first byte to the last."""

UPLOAD_PATIENCE = 60.0
"""Seconds for one call that carries a file."""

CONNECT_PATIENCE = 10.0
"""Seconds until a connection must stand."""

Parts = Mapping[str, tuple[str, Any, str]]
"""Files of a form: the field's name, then file name, content and type."""


async def exchange(
    session: aiohttp.ClientSession,
    url: str,
    parameters: Mapping[str, Any],
    files: Parts | None = None,
    patience: float | None = None,
    method: str = "POST",
) -> tuple[int, bytes]:
    """Sends one request (JSON; a form if there are files) and gives HTTP's status and the body.

    Raises TimedOut after `patience` seconds and NetworkError if there was no answer. Either way the server may have
    done what it was asked. A redirect is an answer, not a command: it could carry the token to another host.
    """
    body, headers = _body(parameters, files) if method == "POST" else (None, None)
    total = patience if patience is not None else UPLOAD_PATIENCE if files else PATIENCE
    timeout = aiohttp.ClientTimeout(total=total, sock_connect=CONNECT_PATIENCE)
    try:
        async with session.request(
            method, url, data=body, headers=headers, timeout=timeout, allow_redirects=False
        ) as answer:
            return answer.status, await answer.read()
    except TimeoutError:
        problem: TelegramError = TimedOut()
    except (aiohttp.ClientError, OSError, ValueError) as error:
        problem = NetworkError(type(error).__name__)
    raise problem  # outside of `except`: so the error with the address is not even its context


def _body(parameters: Mapping[str, Any], files: Parts | None) -> tuple[aiohttp.FormData | bytes, dict[str, str] | None]:
    if not files:
        return json.dumps(parameters).encode(), {"Content-Type": "application/json"}
    form = aiohttp.FormData()
    for name, value in parameters.items():
        form.add_field(name, value if isinstance(value, str) else json.dumps(value))
    for name, (filename, content, kind) in files.items():
        form.add_field(name, content, filename=filename, content_type=kind)
    return form, None


class AiohttpRequest(BaseRequest):
    """The same for the library's `Bot`: its own HTTP backend costs four times the CPU. The session is the caller's."""

    __slots__ = ("_session",)

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    @property
    def read_timeout(self) -> float:
        return PATIENCE

    async def initialize(self) -> None:
        """Nothing to open."""

    async def shutdown(self) -> None:
        """Nothing to close."""

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """As in the library, except that what cannot be read is not written to the log: it may hold words."""
        try:
            read = json.loads(payload)
        except ValueError:
            read = None
        if not isinstance(read, dict):
            raise TelegramError("Invalid server response")
        return read

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: object = BaseRequest.DEFAULT_NONE,
        write_timeout: object = BaseRequest.DEFAULT_NONE,
        connect_timeout: object = BaseRequest.DEFAULT_NONE,
        pool_timeout: object = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """One request for the library. Of its timeouts only the one for reading is used, for the whole call."""
        parameters = request_data.parameters if request_data is not None else {}
        files = request_data.multipart_data if request_data is not None and request_data.contains_files else None
        patience = float(read_timeout) if isinstance(read_timeout, int | float) else None
        return await exchange(self._session, url, parameters, files, patience, method)
