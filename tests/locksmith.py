"""Keys for tests: the same name always makes the same key."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256

from bot.store.sealing import Keys, make_ring


def key(name: str) -> bytes:
    return sha256(name.encode()).digest()


def keys(*words: str, safety: str = "s") -> Keys:
    """A ring for words with keys of these names, the first one sealing, and one for safety state."""
    return Keys(make_ring({name: key(name) for name in words}), make_ring({safety: key(safety)} if safety else {}))


def written(*names: str) -> str:
    """The same keys as they stand in the settings."""
    return ",".join(f"{name}:{b64encode(key(name)).decode()}" for name in names)
