"""A copy of the bot in a process of its own: started, stopped, killed, and heard in everything it says."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import sys
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from telegram_server.bell import Bell

ROOT = Path(__file__).resolve().parents[2]

START, STOP = 15.0, 10.0
"""Seconds in which a copy must be up on a busy machine, and in which it must be gone after SIGTERM."""


@dataclass(frozen=True, slots=True)
class Ended:
    """What was left when a command had come to its end."""

    code: int
    out: str
    err: str


class Copy:
    """One copy of the bot with a folder and settings of its own. The same copy can be started again and again.

    `settings` are environment variables without their prefix. Nothing of the tests' own environment gets through but
    PATH, so that no .env and no setting of whoever runs the tests plays a part.
    """

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self.file = folder / "twofold.sqlite3"
        self.settings = {"DATABASE": f"sqlite:///{self.file}", "LOG_FORMAT": "json", **settings}
        self.out: list[str] = []
        self.err: list[str] = []
        self._bell = Bell()
        self._process: asyncio.subprocess.Process | None = None
        self._readers: list[asyncio.Task[None]] = []

    @property
    def database(self) -> str:
        """The address of its database."""
        return self.settings["DATABASE"]

    @property
    def said(self) -> str:
        """Everything that any of its processes wrote."""
        return "".join(self.out + self.err)

    @property
    def process(self) -> asyncio.subprocess.Process:
        """The process, which has been started."""
        assert self._process is not None, "this copy was never started"
        return self._process

    async def start(self, *arguments: str) -> None:
        """Starts `python -m bot run`, or another command. Returns at once: what people do meanwhile is not lost."""
        assert self._process is None or self._process.returncode is not None, "this copy runs already"
        prefixed = {f"TWOFOLD_{name}": value for name, value in self.settings.items()}
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "bot",
            *(arguments or ("run",)),
            cwd=self.folder,
            env={"PATH": os.environ["PATH"], "HOME": str(self.folder), **prefixed},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        streams = ((self._process.stdout, self.out), (self._process.stderr, self.err))
        self._readers = [asyncio.create_task(self._read(stream, kept)) for stream, kept in streams if stream]

    async def _read(self, stream: asyncio.StreamReader, kept: list[str]) -> None:
        while line := await stream.readline():
            kept.append(line.decode())
            self._bell.ring()

    async def says(self, words: str, timeout: float = START) -> None:  # noqa: ASYNC109
        """Waits until it has written these words."""
        try:
            await self._bell.until(lambda: True if words in self.said else None, timeout)
        except TimeoutError:
            raise AssertionError(f"the bot did not say {words!r} in {timeout} s, but:\n{self.said}") from None

    async def ended(self, timeout: float = START) -> int:  # noqa: ASYNC109
        """Waits until it has come to its end by itself; its exit code."""
        ends = [asyncio.create_task(self.process.wait()), *self._readers]
        _, late = await asyncio.wait(ends, timeout=timeout)
        assert not late, f"the bot still ran after {timeout} s, and had said:\n{self.said}"
        assert self.process.returncode is not None
        return self.process.returncode

    async def run(self, *arguments: str) -> Ended:
        """Starts a command and waits for its end. What it wrote is only that of this run."""
        out, err = len(self.out), len(self.err)
        await self.start(*arguments)
        code = await self.ended()
        return Ended(code, "".join(self.out[out:]), "".join(self.err[err:]))

    async def stop(self) -> int:
        """SIGTERM, as a service manager sends it; the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return await self.ended(STOP)

    async def kill(self) -> None:
        """SIGKILL: no word of farewell, nothing written that was not written before."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self.ended()

    # --- its database, while it is not running ---

    def rows(self, statement: str, values: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
        """Runs one statement on its SQLite file."""
        with closing(sqlite3.connect(self.file)) as connection, connection:
            return connection.execute(statement, values or {}).fetchall()

    def move_wait(self, caller: int, by: timedelta) -> None:
        """Moves the end of the wait that the person of this chat has called, and nothing else of anybody."""
        moved = self.rows(
            """
            UPDATE timers SET due = due - :by
            WHERE key LIKE '%:wait' AND owner = (SELECT id FROM people WHERE chat = :caller) RETURNING key
            """,
            {"by": by // timedelta(microseconds=1), "caller": caller},
        )
        assert len(moved) == 1
