"""What a line that begins with a colon asks of the stage, and doing it. The same for both kinds of terminal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum
from pathlib import Path
from typing import assert_never

from bot.authoring.finding import did_you_mean
from bot.authoring.library import Loaded
from bot.authoring.times import read_length
from bot.engine.events import Attached, PersonId
from bot.engine.run import Person
from bot.engine.text import Page, ends
from bot.terminal.record import as_test
from bot.terminal.stage import News, Stage
from bot.terminal.words import Words, fill


class Order(Enum):
    """Directions of one word."""

    NEXT = "next"
    RESTART = "restart"
    LEAVE = "leave"
    HELP = "help"
    QUIT = "quit"


@dataclass(frozen=True, slots=True)
class Pass:
    """Time passes; with `asleep` the bot is off meanwhile."""

    length: timedelta
    asleep: bool = False


@dataclass(frozen=True, slots=True)
class Save:
    file: Path


@dataclass(frozen=True, slots=True)
class Say:
    """A command under another name: `:why` is /why."""

    words: str


@dataclass(frozen=True, slots=True)
class Attach:
    what: Attached


@dataclass(frozen=True, slots=True)
class Unclear:
    """Not a direction. `said` is one sentence that says what to write."""

    said: str


Direction = Order | Pass | Save | Say | Attach | Unclear

KNOWN = (*(order.value for order in Order), "pass", "sleep", "save", "why", "back", "voice", "photo")


@dataclass(frozen=True, slots=True)
class Done:
    """What a direction did: what is new on the phones, and a sentence about it (or "")."""

    news: list[News]
    said: str = ""


def read_direction(line: str, words: Words) -> Direction:
    """The meaning of a line like `:pass 20 minutes`."""
    name, _, rest = line.removeprefix(":").strip().partition(" ")
    rest = rest.strip()
    match name.lower():
        case "pass" | "sleep" as word:
            length = read_length(rest)
            return Unclear(fill(words, "wrong.length", word=word)) if length is None else Pass(length, word == "sleep")
        case "save":
            return Save(_yaml(rest)) if rest else Unclear(words["wrong.file"])
        case "why" | "back" as word:
            return Say(f"/{word}")
        case "voice" | "photo" as word:
            return Attach(Attached(word))
        case word if word in {order.value for order in Order}:
            return Order(word)
        case word:
            return Unclear(fill(words, "wrong.direction", word=word, close=did_you_mean(word, KNOWN)))


def _yaml(name: str) -> Path:
    file = Path(name).expanduser()
    return file if file.suffix else file.with_suffix(".yaml")


@dataclass(slots=True)
class Director:
    """Carries directions out. `load` reads the flows again; `saved` are files that this talk may write once more."""

    stage: Stage
    words: Words
    load: Callable[[], Loaded]
    saved: set[Path] = field(default_factory=set)

    async def perform(self, person: PersonId, direction: Direction) -> Done:
        """Does what was asked, on behalf of this person. HELP and QUIT are the terminal's own and do nothing here."""
        stage, words = self.stage, self.words
        match direction:
            case Unclear(said):
                return Done([], said)
            case Say(command):
                return Done(await stage.say(person, command))
            case Attach(what):
                return Done(await stage.attach(person, what))
            case Pass(length, asleep):
                return Done(await (stage.sleep(length) if asleep else stage.pass_time(length)))
            case Save(file):
                return Done([], await self._save(file))
            case Order.NEXT:
                jumped = await stage.to_next_timer()
                return Done([], words["wrong.timer"]) if jumped is None else Done(jumped)
            case Order.RESTART:
                loaded = self.load()
                news = await stage.restart(loaded)
                return Done(news, words["restarted" if loaded.library is not None else "restarted_old"])
            case Order.LEAVE:
                return Done(await stage.leave(person), fill(words, "left", name=stage.phones[person].name))
            case Order.HELP | Order.QUIT:
                return Done([])
            case _:
                assert_never(direction)

    async def _save(self, file: Path) -> str:
        stem = " ".join(file.stem.replace("_", " ").split())
        text, failure = as_test(self.stage.library, self.stage.head(stem), await self.stage.talk())
        if refused := self._write(file, text):
            return refused
        if failure is not None:
            return fill(self.words, "saved_odd", file=file, line=failure.mark.line, why=failure.text)
        return fill(self.words, "saved", file=file)

    def _write(self, file: Path, text: str) -> str:
        """Writes the file, never over one that was there before. A sentence where that is not possible."""
        try:
            with file.open("w" if file in self.saved else "x", encoding="utf-8") as opened:
                opened.write(text)
        except FileExistsError:
            return fill(self.words, "wrong.exists", file=file)
        except OSError as error:
            return fill(self.words, "wrong.unwritten", file=file, why=(error.strerror or "").lower())
        self.saved.add(file)
        return ""


# --- the clock --------------------------------------------------------------------------------------------------------


def clock(stage: Stage, words: Words) -> str:
    """The virtual day and time."""
    local = stage.now.astimezone(stage.zone)
    return fill(words, "clock", day=f"{local:%a} {local.day} {local:%b}", clock=f"{local:%H:%M}")


async def timer(stage: Stage, words: Words) -> str:
    """When the next timer is due, in the words of the bot."""
    due = await stage.next_timer()
    if due is None:
        return words["quiet"]
    reader = Person(0, "", zone=stage.zone.key)
    return fill(words, "timer", when=ends(Page(reader, None, stage.now, stage.library.phrases), due))
