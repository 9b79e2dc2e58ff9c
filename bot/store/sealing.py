"""Words at rest: sealed under a key before they reach a table, opened on the way out, each value tied to its row."""

from __future__ import annotations

import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Column, Connection

from bot.engine.saved import Damaged

log = structlog.get_logger()

FORM = "k1."
"""What a sealed value begins with; the key's id and another dot follow. Readable values are JSON or digits, which never
begin so."""

NONCE = 12
"""Bytes of chance in front of each value. One key may seal 2^32 values that way (NIST SP 800-38D, section 8.3)."""

SEAL = 16
"""Bytes of chance that name a row to the cipher, kept in its column `seal`."""

_OPTION = "twofold_keys"


@dataclass(frozen=True, slots=True)
class Ring:
    """Keys by their ids: the first one seals, all of them open. A ring without keys leaves words readable."""

    ciphers: Mapping[str, AESGCM] = field(default_factory=dict)

    @property
    def mark(self) -> str:
        """What a value begins with that was sealed under the first key; "" without keys."""
        return next((f"{FORM}{name}." for name in self.ciphers), "")

    def sealed(self, column: Column[Any], words: str) -> dict[str, str]:
        """What to write: the value of this column, and the row's new seal that goes with it.

        Each write has a seal of its own, so that no row has to be read before it can be written. No words stay no
        words, so that a finished row is seen to be blank.
        """
        seal = secrets.token_hex(SEAL)
        if not words or not self.ciphers:
            return {"seal": seal, column.name: words}
        nonce = secrets.token_bytes(NONCE)
        cipher = next(iter(self.ciphers.values()))
        secret = nonce + cipher.encrypt(nonce, words.encode(), _bound(column, seal))
        return {"seal": seal, column.name: self.mark + urlsafe_b64encode(secret).decode()}

    def opened(self, column: Column[Any], row: int, seal: str, stored: str) -> str:
        """The words of what `sealed` wrote into this row. A value that was never sealed is given as it is.

        Raises Damaged like `unlocked`; a line in the log then names table and row.
        """
        try:
            return self.unlocked(column, seal, stored)
        except Damaged as damaged:
            log.error("row_not_opened", table=column.table.name, row=row, why=str(damaged))
            raise

    def unlocked(self, column: Column[Any], seal: str, stored: str) -> str:
        """The same for a row that needs no name. Raises Damaged for a value under a key that is not here, and for one
        that was changed or belongs to another row."""
        if not stored.startswith(FORM):
            return stored
        name, _, secret = stored.removeprefix(FORM).partition(".")
        cipher = self.ciphers.get(name)
        if cipher is None:
            raise Damaged("sealed under an unknown key")
        try:
            given = urlsafe_b64decode(secret)
            return cipher.decrypt(given[:NONCE], given[NONCE:], _bound(column, seal)).decode()
        except (InvalidTag, ValueError):
            raise Damaged("does not open with its key in this row") from None


@dataclass(frozen=True, slots=True)
class Keys:
    """All keys of a copy of the bot. Safety state has a ring of its own, so that a backup without it holds none."""

    words: Ring = Ring()
    safety: Ring = Ring()


READABLE = Keys()
"""No keys at all: everything is written as it is."""


def make_ring(keys: Mapping[str, bytes]) -> Ring:
    """A ring of these keys of 32 bytes. Their ciphers are made here, once: making one costs more than using it."""
    return Ring({name: AESGCM(key) for name, key in keys.items()})


def carrying(keys: Keys) -> dict[str, Any]:
    """The options of an engine whose every connection carries these keys, for `words_of` and `safety_of`."""
    return {_OPTION: keys}


def words_of(conn: Connection) -> Ring:
    """The ring for people's words; an empty one where the database was opened without keys."""
    return _keys(conn).words


def safety_of(conn: Connection) -> Ring:
    """The ring for safety state."""
    return _keys(conn).safety


def _keys(conn: Connection) -> Keys:
    keys = conn.get_execution_options().get(_OPTION, READABLE)
    assert isinstance(keys, Keys)
    return keys


def _bound(column: Column[Any], seal: str) -> bytes:
    return f"{column.table.name}.{column.name}.{seal}".encode()
