"""The keys of words at rest: read from the settings, tried on the database, made new, and changed for new ones."""

from __future__ import annotations

import asyncio
import secrets
import sys
from base64 import b64encode

from bot.settings import KEY_BYTES, PREFIX, Settings, read_keys
from bot.store import keyring, rotation
from bot.store.database import Database, StoreError, explain, open_database
from bot.store.migrations import migrate
from bot.store.rotation import Count
from bot.store.sealing import Keys, make_ring
from bot.store.writer import Writer

FAILED = 1
NO_KEYS = 2


def keys_of(settings: Settings) -> Keys:
    """The ciphers of these settings."""
    words, safety = (read_keys(one.get_secret_value()) for one in (settings.keys, settings.safety_keys))
    return Keys(make_ring(words), make_ring(safety))


def open_sealed(settings: Settings, *, only_look: bool = False) -> Database:
    """The database of these settings, opened with their keys, which fit it. Raises StoreError.

    Whoever will not `only_look` makes the first key one that the database needs from now on.
    """
    database = open_database(settings.database, keys_of(settings))
    try:
        with database.engine.begin() as conn:
            keyring.admit(conn)
            if not only_look:
                keyring.note(conn)
    except Exception as error:
        database.close()
        raise explain(error) or error from None
    return database


def readable(settings: Settings) -> str | None:
    """A sentence that says that words are stored readable and how to change that; None where all is sealed."""
    missing = [
        PREFIX + name
        for name, given in (("KEYS", settings.keys), ("SAFETY_KEYS", settings.safety_keys))
        if not given.get_secret_value()
    ]
    if not missing:
        return None
    what = "words are" if f"{PREFIX}KEYS" in missing else "safety state is"
    return f"{what} stored readable (no {', no '.join(missing)}); `twofold keys new` prints lines for .env to change it"


def new() -> str:
    """Fresh lines for .env: a key for words, another for safety state."""
    return "\n".join(f"{PREFIX}{name}={_fresh()}" for name in ("KEYS", "SAFETY_KEYS"))


def _fresh() -> str:
    return f"{secrets.token_hex(3)}:{b64encode(secrets.token_bytes(KEY_BYTES)).decode()}"


def rotate(settings: Settings) -> int:
    """Seals every row under the first keys and prints how many. The exit code: 0, 1 where something could not be
    done, 2 where there are no keys."""
    if (said := readable(settings)) is not None:
        print(f"Nothing was done: {said}.", file=sys.stderr)
        return NO_KEYS
    try:
        migrate(settings.database)
        database = open_sealed(settings)
        try:
            counts = asyncio.run(_rotate(database))
            rotation.sweep(database)
        finally:
            database.close()
    except StoreError as error:
        print(error, file=sys.stderr)
        return FAILED
    for table, count in counts.items():
        print(f"{table:<8} {count.sealed} sealed" + (f", {count.failed} not opened" if count.failed else ""))
    if any(count.failed for count in counts.values()):
        print("What could not be opened was left as it is: its key is missing, or it was changed.", file=sys.stderr)
        return FAILED
    print("All is sealed under the first keys. The older ones can be taken out of .env.")
    return 0


async def _rotate(database: Database) -> dict[str, Count]:
    writer = Writer(database)
    try:
        return await rotation.rotate(writer)
    finally:
        await writer.close()
