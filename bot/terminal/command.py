"""The command `try`: a flow's name → two phones or one in this terminal. Needs no token and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO
from zoneinfo import ZoneInfo

import structlog

from bot.authoring.finding import counted, did_you_mean, listed, rendered
from bot.authoring.library import Loaded, load
from bot.engine.flow import Call
from bot.engine.library import Library
from bot.engine.machine import Program
from bot.settings import Settings, shipped
from bot.store.database import StoreError
from bot.terminal.direction import Director
from bot.terminal.stage import ANA, BEN, Stage
from bot.terminal.words import Unreadable, Words, fill, read_words

NOTHING_STARTED = 1
ENDINGS = tuple(int(getattr(signal, name)) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))
"""What a terminal sends when its window is closed: the talk on the disk must go then, too."""

MOST_FLOWS = 30
"""How many flows are named to somebody who asked for one that is not there."""


def try_flow(flow: str, settings: Settings, plain: bool) -> int:
    """Plays a flow in this terminal until its user has had enough. The exit code: 0, or 1 where nothing could start."""
    try:
        words = read_words(settings.content, shipped("content"))
        return _try(flow, settings, words, plain=plain or not _capable())
    except (StoreError, Unreadable) as error:
        print(error, file=sys.stderr)
        return NOTHING_STARTED
    except KeyboardInterrupt:
        print()
        return 0


def _try(flow: str, settings: Settings, words: Words, *, plain: bool) -> int:
    def read() -> Loaded:
        return load(settings.flows, settings.content)

    loaded = read()
    if loaded.library is None:
        print(rendered(loaded.findings, loaded.texts), file=sys.stderr)
        print("\n" + fill(words, "wrong.errors", counted=counted(loaded.findings)), file=sys.stderr)
        return NOTHING_STARTED
    program = loaded.library.newest(flow.strip().removeprefix("/"))
    if program is None or program.flow.title is None:
        print(_unknown(flow, program, loaded.library, words), file=sys.stderr)
        return NOTHING_STARTED
    cast = (ANA, BEN) if program.flow.for_two else (ANA,)
    troubles: list[str] = []
    _gather(troubles)
    with tempfile.TemporaryDirectory(prefix="twofold-try-") as folder:
        url = f"sqlite:///{Path(folder) / 'try.sqlite3'}"
        stage = Stage(program.name, cast, loaded, loaded.library, url, datetime.now(UTC), local_zone())
        return _play(Director(stage, words, read), troubles, plain=plain)


def _play(director: Director, troubles: list[str], *, plain: bool) -> int:
    if not plain:
        from bot.terminal.app import run_app

        return run_app(director, troubles, ENDINGS)
    from bot.terminal.plain import play_lines

    for stream in (sys.stdin, sys.stdout):
        _forgiving(stream)
    here = sys.stdin.isatty()
    with _interrupted_by(ENDINGS):
        play_lines(director, lines_of(here), sys.stdout, troubles, echo=not here)
    return 0


@contextmanager
def _interrupted_by(endings: Sequence[int]) -> Iterator[None]:
    """These signals end the block as Ctrl+C does."""
    before = {number: signal.signal(number, signal.default_int_handler) for number in endings}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def lines_of(here: bool) -> Iterable[str]:
    """What is typed, line by line: with a prompt for somebody who sits here, else from the pipe as it comes."""
    from bot.terminal.plain import asked

    return asked(sys.stdin, sys.stdout) if here else sys.stdin


def _forgiving(stream: TextIO) -> None:
    """Signs that a terminal cannot show, or bytes that are no text, become a question mark instead of an error."""
    reconfigure: Callable[..., None] | None = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="replace")


def _capable() -> bool:
    """Whether this is a terminal that can show two phones. Textual draws on stderr."""
    streams = (sys.stdin, sys.stdout, sys.stderr)
    return all(stream.isatty() for stream in streams) and os.environ.get("TERM", "dumb") != "dumb"


def _unknown(flow: str, program: Program | None, library: Library, words: Words) -> str:
    """Why a flow cannot be tried, and which one can instead."""
    titled = sorted(
        name for name in library.current if (one := library.newest(name)) is not None and one.flow.title is not None
    )
    if program is None:
        close = did_you_mean(flow, titled)
        return fill(words, "wrong.flow", flow=flow, close=close, flows=listed(titled, MOST_FLOWS))
    inside = next((name for name in titled if program.name in _uses(library.newest(name))), None)
    instead = "" if inside is None else fill(words, "wrong.instead", flow=inside)
    return fill(words, "wrong.part", flow=program.name, instead=instead)


def _uses(program: Program | None) -> set[str]:
    """The flows that this one runs as parts or ends in."""
    if program is None:
        return set()
    parts = {
        str(step.action.target)
        for step in program.flow.steps.values()
        if isinstance(step.action, Call) and isinstance(step.action.target, str)
    }
    return parts | ({program.flow.alone} if program.flow.alone is not None else set())


def local_zone(link: Path = Path("/etc/localtime")) -> str:
    """The name of this machine's time zone, from TZ or from where /etc/localtime leads; UTC where neither is known."""
    _, _, linked = str(link.resolve()).partition("zoneinfo/")
    for name in (os.environ.get("TZ", "").lstrip(":"), linked):
        try:
            return ZoneInfo(name).key.removeprefix("Etc/")
        except (ValueError, OSError, KeyError):
            continue
    return "UTC"


def _gather(troubles: list[str]) -> None:
    """What the bot logs as wrong is kept for the terminal to show; the rest of the log is dropped."""

    def keep(_logger: object, method: str, event: structlog.typing.EventDict) -> Any:
        if method in ("error", "critical"):
            troubles.append(" ".join(str(event[key]) for key in ("event", "reason", "said", "error") if key in event))
        raise structlog.DropEvent

    structlog.configure(processors=[keep], cache_logger_on_first_use=False)
