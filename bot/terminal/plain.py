"""The stage on paper: lines in, lines out. For a simple terminal, and for input from a pipe."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Iterator
from typing import TextIO

from bot.engine.events import Button, PersonId
from bot.terminal import phone as chat
from bot.terminal.direction import Director, Order, clock, read_direction, timer
from bot.terminal.frame import body, frame_of
from bot.terminal.phone import Bubble
from bot.terminal.stage import News
from bot.terminal.words import fill

_NAMED = re.compile(r"(\w+): *(.*)", re.DOTALL)


class Paper:
    """Takes lines such as `Ana: Twenty minutes` and `:pass 20 minutes`, and writes what is new on the phones."""

    def __init__(self, director: Director, out: TextIO, troubles: list[str]) -> None:
        self.director = director
        self.stage = director.stage
        self.words = director.words
        self.out = out
        self.troubles = troubles
        self.person: PersonId = next(iter(self.stage.phones))

    async def start(self) -> None:
        """The flow's command, from the first person."""
        self._print(fill(self.words, "plain_start", clock=clock(self.stage, self.words)))
        await self._say(f"/{self.stage.flow}")

    async def take(self, line: str) -> bool:
        """One line. False when it asks for the end."""
        line = line.strip()
        if not line or line.startswith("# "):
            return True
        if not line.startswith(":"):
            named = self._named(line)
            if named is None:
                return True
            self.person, line = named
        if line.startswith(":"):
            return await self._direct(line)
        await self._act(line)
        return True

    def _named(self, line: str) -> tuple[PersonId, str] | None:
        """Who does something, and what; without a name it is whoever did something last."""
        found = _NAMED.match(line)
        if found is None:
            return self.person, line
        for person, phone in self.stage.phones.items():
            if phone.name.casefold() == found[1].casefold():
                return person, found[2]
        names = " / ".join(f"{phone.name}:" for phone in self.stage.phones.values())
        self._print(fill(self.words, "wrong.name", name=found[1], names=names))
        return None

    async def _direct(self, line: str) -> bool:
        direction = read_direction(line, self.words)
        if direction is Order.QUIT:
            return False
        if direction is Order.HELP:
            self._print(self.words["plain_help"])
            return True
        before = self.stage.now
        done = await self.director.perform(self.person, direction)
        self._show(done.news)
        if done.said:
            self._print(done.said)
        if self.stage.now != before:
            self._print(fill(self.words, "passed", clock=clock(self.stage, self.words)))
            self._print(await timer(self.stage, self.words))
        return True

    async def _act(self, words: str) -> None:
        button = self._button(words)
        if button is None and words.startswith("#") and words[1:].isdecimal():
            phone = self.stage.phones[self.person]
            self._print(fill(self.words, "wrong.number", name=phone.name, number=words[1:]))
        elif button is None:
            await self._say(words)
        elif button.url:
            self._print(fill(self.words, "link", url=button.url))
        else:
            self._show(await self.stage.tap(self.person, button))
            self._flash()

    def _button(self, words: str) -> Button | None:
        """The button that is meant: by its words, as `#2`, or by a bare number where that cannot be an answer."""
        phone = self.stage.phones[self.person]
        if words.startswith("/"):
            return None
        if words.startswith("#") and words[1:].isdecimal():
            return chat.numbered(phone, int(words[1:]))
        newest = chat.newest(phone)
        bare = words.isdecimal() and newest is not None and not chat.awaits_words(newest)
        return chat.called(phone, words) or (chat.numbered(phone, int(words)) if bare else None)

    async def _say(self, words: str) -> None:
        self._show(await self.stage.say(self.person, words))
        self._flash()

    # --- writing ------------------------------------------------------------------------------------------------------

    def _show(self, news: Iterable[News]) -> None:
        for one in news:
            self._write(one)
        while self.troubles:
            self._print(fill(self.words, "wrong.inside", what=self.troubles.pop(0)))

    def _write(self, one: News) -> None:
        name, bubble, before = self.stage.phones[one.person].name, one.bubble, one.before
        rows = self._text(bubble)
        if before is not None and not bubble.buttons:
            known = self._text(before)
            rows = [row for row in rows if row and row not in known]
        if rows or bubble.buttons:
            self._print("")
        for row in (*rows, *keyboard(bubble)):
            self._print(f"{'▸' if before is None else '✎'} {name} | {row}".rstrip())

    def _text(self, bubble: Bubble) -> list[str]:
        frame = frame_of(bubble, self.words, self.stage.now, self.stage.zone)
        framed = [] if frame is None else ["│ " + ": ".join(part for part in (frame.title, frame.alt) if part)]
        framed += [f"│ {frame.chart}"] if frame is not None and frame.chart else []
        text, _ = body(bubble)
        return [*framed, *(text.splitlines() if text else [])]

    def _flash(self) -> None:
        phone = self.stage.phones[self.person]
        if phone.toast:
            self._print(f"▸ {phone.name} | ‹{phone.toast}›")

    def _print(self, text: str) -> None:
        print(text, file=self.out, flush=True)


def keyboard(bubble: Bubble) -> Iterator[str]:
    """The rows of buttons, each with its number; a scale's buttons have a number already."""
    numbers = any(chat.label_of(one).isdecimal() for one in chat.buttons_of(bubble))
    at = 0
    for row in bubble.buttons:
        labels = []
        for button in row:
            at += 1
            label = chat.label_of(button)
            labels.append(f"[{label}]" if numbers else f"[{at}] {label}")
        yield "  ".join(labels)


def play_lines(director: Director, lines: Iterable[str], out: TextIO, troubles: list[str], *, echo: bool) -> None:
    """Opens the stage, plays line after line until there are no more, and closes it. `echo` writes each line as well,
    for input that nobody sees. Raises StoreError."""
    with asyncio.Runner() as runner:
        try:
            runner.run(director.stage.open())
            paper = Paper(director, out, troubles)
            runner.run(paper.start())
            for line in lines:
                if echo and line.strip():
                    print(f"\n◂ {chat.visible(line.strip(), ())[0]}", file=out, flush=True)
                if not runner.run(paper.take(line)):
                    break
        finally:
            runner.run(director.stage.close())


def asked(source: TextIO, out: TextIO) -> Iterator[str]:
    """Lines of somebody who sits at the terminal, with a prompt before each."""
    while True:
        print("> ", end="", file=out, flush=True)
        line = source.readline()
        if not line:
            print(file=out)
            return
        yield line
