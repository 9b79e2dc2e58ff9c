"""Letters go out: one call a letter, and what became of it as a value."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import structlog
from telegram.error import NetworkError

from bot.chat import outbound
from bot.chat.line import Answer, Line
from bot.chat.outbound import Call, File, Shown
from bot.delivery.port import Delivered, Failed, Gone, Letter, Posted, TooFast, Wrong
from bot.engine.events import Button, Chart, Picture

log = structlog.get_logger()

ANSWER_PATIENCE = 10.0
"""Seconds for the answer to a tap: the phone shows a clock on the button only for a short while."""

MOST_REASON = 200
"""Characters of a reason that are kept."""

LINES_A_SECOND = 5
"""Lines to groups and to people unknown: few of the thirty messages a second that the whole bot has."""

MOST_LINES = 300
"""Lines that wait: one that would come after a minute helps nobody any more."""

LINE_TRIES = 3

LEFT = ("bot was blocked by the user", "user is deactivated", "bot can't initiate conversation with a user")
"""What a 403 says when a person left. Every other 403 is a mistake of ours."""

_QUOTED = re.compile(r"\"[^\"]*\"|(?<!\w)'[^']*'|\S+://\S+")
_SAME = "message is not modified"

Held = tuple[str, int, int]
"""A file as it was when it was uploaded: its name, its time of change and its size."""


@dataclass(frozen=True, slots=True)
class TelegramPost:
    """The messenger's side of delivery. `media` is the flows' folder of pictures.

    A picture is uploaded once in the life of this object and then sent again by the id that Telegram gave it.
    """

    line: Line
    media: Path
    held: dict[Held, str] = field(default_factory=dict, repr=False)
    _lines: set[int] = field(default_factory=set, repr=False)
    _one_line: asyncio.Lock = field(default_factory=asyncio.Lock, repr=False)

    async def post(self, letter: Letter) -> Posted:
        """Hands one letter over. Tries once, except that a picture whose id is no longer known is uploaded again, and
        that messages which cannot be removed together are removed in smaller and smaller groups."""
        if letter.kind == "remove":
            return await self._remove(letter)
        shown, held = await self._shown(letter)
        posted = await self._post(letter, shown, held)
        if isinstance(posted, Wrong) and isinstance(shown, str) and held is not None and "file" in posted.reason:
            self.held.pop(held, None)
            shown, held = await self._shown(letter)
            posted = await self._post(letter, shown, held)
        return posted

    async def _remove(self, letter: Letter) -> Posted:
        """Telegram refuses them all where one of them cannot go: halves find that one, and it is skipped."""
        posted = await self._post(letter, None, None)
        half = len(letter.message_ids) // 2
        if not isinstance(posted, Wrong) or half == 0:
            return posted
        for numbers in (letter.message_ids[:half], letter.message_ids[half:]):
            posted = await self._remove(replace(letter, message_ids=numbers))
            if not isinstance(posted, Delivered | Wrong):
                return posted
        return Delivered(0, media=False)

    async def answer_tap(self, tap: str, toast: str) -> None:
        """Answers a tap. If that fails, the phone only shows its clock a while longer."""
        await self._try(outbound.answer(tap, toast))

    async def say(self, chat: int, words: str, button: Button | None = None) -> None:
        """Says one line to a group, or to somebody unknown. If that fails, nothing is lost.

        Lines wait for each other, so that a crowd gets all of them and nobody else's messages have to wait; one to a
        chat at a time, and none where too many wait.
        """
        if chat in self._lines or len(self._lines) >= MOST_LINES:
            return
        self._lines.add(chat)
        try:
            async with self._one_line:
                for _ in range(LINE_TRIES):
                    answer = await self._try(outbound.line(chat, words, button))
                    if answer is None or answer.status != 429:
                        break
                    await asyncio.sleep(max(1, answer.retry_after))
                self._lines.discard(chat)
                await asyncio.sleep(1 / LINES_A_SECOND)
        finally:
            self._lines.discard(chat)

    async def _try(self, call: Call) -> Answer | None:
        try:
            answer = await self.line.call(call.method, call.parameters, patience=ANSWER_PATIENCE)
        except NetworkError as error:
            log.info("call_unanswered", method=call.method, reason=type(error).__name__)
            return None
        if answer.status != 200:
            log.info("call_refused", method=call.method, status=answer.status)
        return answer

    async def _post(self, letter: Letter, shown: Shown | None, held: Held | None) -> Posted:
        call = outbound.call(letter, shown)
        if call is None:
            return Wrong("a part of this letter is missing")
        files = {name: file.part for name, file in call.files.items()}
        try:
            answer = await self.line.call(call.method, call.parameters, files)
        except NetworkError as error:
            return Failed(error.message)
        if held is not None and call.files and (uploaded := _uploaded(answer)) is not None:
            self.held[held] = uploaded
        return judged(answer, letter, call)

    async def _shown(self, letter: Letter) -> tuple[Shown | None, Held | None]:
        """The picture of a new message, and under what it is held. None where the text must do."""
        if letter.kind != "send" or letter.message is None:
            return None, None
        match letter.message.media:
            case Picture(name, _):
                found = await asyncio.to_thread(_find, self.media, name, self.held)
                if found is None:
                    log.warning("picture_missing", picture=name)
                    return None, None
                return found
            case Chart() as chart:
                return await asyncio.to_thread(_draw, chart, letter.chart or ()), None
            case _:
                return None, None


def judged(answer: Answer, letter: Letter, call: Call) -> Posted:
    """What an answer means for a letter."""
    match answer.status:
        case 200 if letter.kind == "remove":
            return Delivered(0, media=False)
        case 200:
            number = answer.result.get("message_id") if isinstance(answer.result, dict) else letter.message_id
            return Failed("the answer names no message") if number is None else Delivered(number, call.media)
        case 400 if _SAME in answer.description and letter.message_id is not None:
            return Delivered(letter.message_id, call.media)
        case 403 if any(words in answer.description for words in LEFT):
            return Gone()
        case 429:
            return TooFast(timedelta(seconds=max(1, answer.retry_after)))
        case 400 | 403 | 413:
            return Wrong(_reason(answer))
        case _:
            # 5xx, and what says nothing about this letter: 401 and 404 (the token), 409, a proxy in front of Telegram.
            return Failed(f"{answer.status} {_reason(answer)}".strip())


def _reason(answer: Answer) -> str:
    """The messenger's sentence without what it quotes: that may be an address with an invitation in it."""
    return _QUOTED.sub("…", answer.description)[:MOST_REASON]


def _uploaded(answer: Answer) -> str | None:
    """The id that Telegram gave to a picture that was sent up with this call."""
    match answer.result:
        case {"animation": {"file_id": str(found)}}:
            return found
        case {"photo": [*_, {"file_id": str(found)}]}:
            return found
        case _:
            return None


def _find(folder: Path, name: str, known: Mapping[Held, str]) -> tuple[Shown, Held] | None:
    """The file as it is now: the id of what was uploaded, or its content. None if the folder holds no such file."""
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()):
        return None
    try:
        found = path.stat()
        held = (name, found.st_mtime_ns, found.st_size)
        return known.get(held) or File(name, path.read_bytes()), held
    except OSError:
        return None


def _draw(chart: Chart, points: Sequence[tuple[datetime, int]]) -> File | None:
    """The chart of the last answer of each day, with a gap for a day without; None where there is nothing to draw."""
    from bot.pictures import chart as draw

    zone = ZoneInfo(chart.zone)
    answers: dict[date, float] = {
        at.astimezone(zone).date(): value for at, value in points if chart.low <= value <= chart.high
    }
    if not answers:
        return None
    first, last = min(answers), max(answers)
    days = [first + timedelta(days=day) for day in range((last - first).days + 1)]
    return File("chart.png", draw([(day, answers.get(day)) for day in days], chart.low, chart.high, chart.title))
