"""How Telegram counts a text: in UTF-16 units. The one place where characters become units."""

from __future__ import annotations

import re

_UNSOUND = re.compile("[\x00\ud800-\udfff]")


def utf16(text: str) -> int:
    """The length of a text in UTF-16 units, in which Telegram measures texts and entities."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def sound(text: str) -> str:
    """The text without what neither Telegram nor a database can hold: NUL and halves of a character.

    Each one becomes U+FFFD, so that the offsets of everything else stay right.
    """
    return text if text.isascii() and "\x00" not in text else _UNSOUND.sub("�", text)


def fitted(text: str, most: int) -> str:
    """A sound text of at most `most` units. A longer one is cut and ends in an ellipsis, never inside a character."""
    if utf16(text) <= most:
        return text
    return text.encode("utf-16-le")[: 2 * (most - 1)].decode("utf-16-le", "ignore") + "…"
