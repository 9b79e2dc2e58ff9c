"""Transcript tests: one file is one conversation, read like a chat and played with the real engine.

Five header words, ten kinds of line, failures with file and line; nothing here knows what a flow should say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.authoring.finding import Finding, error
from bot.authoring.nodes import Entry, Fields, Items, Scalar, read_source
from bot.authoring.rehearsal import Bubble, Rehearsal, settled, stage
from bot.authoring.times import read_length
from bot.engine.events import Away, PersonId, Refused, Tap, Trace, Words
from bot.engine.flow import Mark
from bot.engine.library import Library
from bot.engine.run import Person
from bot.engine.text import plain

HEADER = ("test", "flow", "people", "clock", "talk", "pronouns", "seed", "language", "gates", "zone", "new")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the talk: what is before the colon, what is after it, and where it stands."""

    head: str
    words: str
    mark: Mark


@dataclass(frozen=True, slots=True)
class Transcript:
    test: str
    flow: str
    people: Mapping[str, str]
    clock: datetime
    talk: tuple[Line, ...]
    mark: Mark
    pronouns: Mapping[str, str] = field(default_factory=dict)
    seed: int = 1
    gates_open: bool = True
    zone: str = "UTC"
    new: bool = False


@dataclass(frozen=True, slots=True)
class Failure:
    """What a person should have read and did not, or the other way round."""

    mark: Mark
    text: str

    def __str__(self) -> str:
        return f"   {self.mark.file}:{self.mark.line}: {self.text}"


@dataclass(frozen=True, slots=True)
class Played:
    """The result of one transcript: its failures (the first is the one to mend) and the rows it took."""

    transcript: Transcript
    failures: tuple[Failure, ...]
    trace: tuple[Trace, ...]


# --- reading ----------------------------------------------------------------------------------------------------------


def read_transcript(data: bytes, file: str) -> tuple[Transcript | None, list[Finding]]:
    """A transcript file as a `Transcript`, or the findings that say why not (code R01)."""
    source = read_source(data, file)
    found = list(source.findings)
    if not isinstance(source.node, Fields):
        if not found:
            found.append(
                error("R01", Mark(file, 1, 1), "A test is a list of “word: value” lines, beginning with `test:`.")
            )
        return None, found
    fields = {entry.key.text: entry for entry in source.node.entries}
    for word, entry in fields.items():
        if word not in HEADER:
            found.append(
                error("R01", entry.key.mark, f"“{word}” is not a word of a test.", f"Words: {', '.join(HEADER)}.")
            )
    for word in ("test", "flow", "people", "clock", "talk"):
        if word not in fields:
            found.append(error("R01", source.node.mark, f"The test has no `{word}`."))
    if found:
        return None, found
    words = {word: _text(entry) for word, entry in fields.items()}
    people = _pairs(fields["people"])
    talk = _lines(fields["talk"], found)
    if not people:
        found.append(
            error("R01", fields["people"].key.mark, "`people` names who takes part, for example `caller: Ana`.")
        )
    try:
        clock = datetime.fromisoformat(words["clock"])
        zone = words.get("zone", "UTC")
        clock = clock.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
        seed = int(words.get("seed", "1"))
    except (ValueError, KeyError, OSError):
        text = "This clock, zone or seed cannot be read."
        found.append(error("R01", fields["clock"].key.mark, text, "Write for example `clock: 2026-03-02 20:00`."))
        return None, found
    if found:
        return None, found
    transcript = Transcript(
        test=words["test"],
        flow=words["flow"],
        people=people,
        clock=clock,
        talk=talk,
        mark=fields["test"].key.mark,
        pronouns=_pairs(fields["pronouns"]) if "pronouns" in fields else {},
        seed=seed,
        gates_open=words.get("gates", "open") == "open",
        zone=zone,
        new=words.get("new", "no") == "yes",
    )
    return transcript, found


def _text(entry: Entry) -> str:
    return entry.value.text if isinstance(entry.value, Scalar) else ""


def _pairs(entry: Entry) -> dict[str, str]:
    if not isinstance(entry.value, Fields):
        return {}
    return {one.key.text: _text(one) for one in entry.value.entries}


def _lines(entry: Entry, found: list[Finding]) -> tuple[Line, ...]:
    if not isinstance(entry.value, Items):
        found.append(error("R01", entry.key.mark, "`talk` is a list of lines that begin with “- ”."))
        return ()
    lines = []
    for item in entry.value.items:
        if isinstance(item, Fields) and len(item.entries) == 1 and isinstance(item.entries[0].value, Scalar):
            one = item.entries[0]
            lines.append(Line(one.key.text, _text(one), one.key.mark))
        elif isinstance(item, Scalar) and item.text.endswith(":"):
            lines.append(Line(item.text.removesuffix(":"), "", item.mark))
        else:
            found.append(
                error("R01", item.mark, "A line of the talk is “who: words”.", "For example `- Ana: /time_out`.")
            )
    return tuple(lines)


# --- playing ----------------------------------------------------------------------------------------------------------


class _Unmet(Exception):
    """A line of the talk that did not come true."""


@dataclass(slots=True)
class _Play:
    rehearsal: Rehearsal
    ids: dict[str, PersonId]
    never: list[tuple[PersonId, str]] = field(default_factory=list)

    def who(self, name: str) -> PersonId:
        if name not in self.ids:
            raise _Unmet(f"“{name}” is nobody in this test. People: {', '.join(self.ids)}")
        return self.ids[name]

    def several(self, names: str) -> list[str]:
        return list(self.ids) if names == "both" else [names]


def play(library: Library, transcript: Transcript) -> Played:
    """Plays one transcript to its end or to its first failure."""
    names = list(transcript.people.values())
    ids = {name: number for number, name in enumerate(names, start=1)}
    people = [
        Person(
            ids[name],
            name,
            pronoun=transcript.pronouns.get(name, "other").replace("they", "other"),
            zone=transcript.zone,
            met=True,
            partner=next((ids[other] for other in names if other != name), None),
            linked=transcript.clock,
        )
        for name in names
    ]
    if not transcript.new:
        people = [settled(person, transcript.clock) for person in people]
    rehearsal = stage(
        library,
        people,
        transcript.clock,
        cleared=not transcript.new,
        seed=transcript.seed,
        gates_open=transcript.gates_open,
    )
    at_work = _Play(rehearsal, ids)
    failures = []
    for line in transcript.talk:
        try:
            _line(at_work, transcript, line)
            _check_never(at_work)
        except _Unmet as unmet:
            failures.append(Failure(line.mark, str(unmet)))
            break
    return Played(transcript, tuple(failures), tuple(rehearsal.trace))


def _line(at_work: _Play, transcript: Transcript, line: Line) -> None:
    rehearsal = at_work.rehearsal
    match line.head.split():
        case ["bot", "to", names]:
            for name in at_work.several(names):
                _reads(rehearsal, at_work.who(name), name, line.words)
        case ["never", "to", names]:
            at_work.never += [(at_work.who(name), line.words) for name in at_work.several(names)]
        case ["silence"]:
            for name in at_work.several(line.words):
                if unread := rehearsal.unread(at_work.who(name)):
                    raise _Unmet(f"{name} should have nothing unread, and has “{_short(unread[0])}”")
        case ["pass"]:
            rehearsal.pass_time(_length(line.words))
        case ["sleeps"]:
            rehearsal.sleep(_length(line.words))
        case ["at"]:
            _at(rehearsal, transcript, line.words)
        case ["restart"]:
            rehearsal.restart()
        case ["leaves"]:
            rehearsal.give(Away(at_work.who(line.words)))
        case [name, "again"]:
            _again(rehearsal, at_work.who(name), name, line.words)
        case [name, "skips"]:
            _tap(rehearsal, at_work.who(name), name, _own(rehearsal, "button.skip"))
        case [name, "aloud"]:
            _tap(rehearsal, at_work.who(name), name, _own(rehearsal, "button.aloud"))
        case [name, "keeps"]:
            person = at_work.who(name)
            if line.words:
                rehearsal.give(Words(person, line.words))
            _tap(rehearsal, person, name, _own(rehearsal, "preview.keep"))
        case [name]:
            _says(rehearsal, at_work.who(name), line.words)
        case _:
            raise _Unmet(f"“{line.head}” is not a kind of line")


def _length(words: str) -> timedelta:
    length = read_length(words)
    if length is None:
        raise _Unmet(f"“{words}” is not a length of time, such as `20 minutes`")
    return length


def _own(rehearsal: Rehearsal, key: str) -> str:
    wording = rehearsal.library.phrases[key].wordings[0]
    return "".join(piece.text for piece in wording.pieces if hasattr(piece, "text"))


def _short(bubble: Bubble) -> str:
    return " ".join(plain(bubble.message.text).split())[:80]


def _reads(rehearsal: Rehearsal, person: PersonId, name: str, words: str) -> None:
    """An unread message contains these words: it and those before it are read."""
    unread = rehearsal.unread(person)
    for number, bubble in enumerate(unread):
        if _squeezed(words) in _squeezed(plain(bubble.message.text)):
            for one in unread[: number + 1]:
                one.unread = False
            return
    if rehearsal.toast and _squeezed(words) in _squeezed(plain(rehearsal.toast)):
        rehearsal.toast = ""
        return
    waiting = "; ".join(f"“{_short(bubble)}”" for bubble in unread) or "nothing"
    raise _Unmet(f"{name} should read “{words}”. Unread by {name}: {waiting}")


def _squeezed(words: str) -> str:
    return " ".join(words.split())


def _says(rehearsal: Rehearsal, person: PersonId, words: str) -> None:
    """A button with these words is tapped; anything else is typed."""
    for bubble in reversed(rehearsal.phones.get(person, [])):
        if not words.startswith("/") and (button := bubble.button(words)) is not None:
            rehearsal.give(Tap(person, button.data))
            return
    rehearsal.give(Words(person, words))


def _tap(rehearsal: Rehearsal, person: PersonId, name: str, label: str) -> None:
    for bubble in reversed(rehearsal.phones.get(person, [])):
        if (button := bubble.button(label)) is not None:
            rehearsal.give(Tap(person, button.data))
            return
    raise _Unmet(f"{name} has no button “{label}”")


def _again(rehearsal: Rehearsal, person: PersonId, name: str, label: str) -> None:
    """A button of an older message, or one that was tapped already. It must be refused."""
    phone = rehearsal.phones.get(person, [])
    for bubble in reversed(phone):
        button = next((one for one in bubble.once if plain(one.label) == label), None)
        if button is not None and bubble.button(label) is None:
            before = rehearsal.world
            if not isinstance(rehearsal.give(Tap(person, button.data)), Refused) or rehearsal.world is not before:
                raise _Unmet(f"the old button “{label}” should have been refused, and was not")
            return
    raise _Unmet(f"{name} never had an older button “{label}”")


def _at(rehearsal: Rehearsal, transcript: Transcript, step: str) -> None:
    standing = [run.step for run in rehearsal.world.runs.values()]
    if step == "end":
        if any(run.flow == transcript.flow for run in rehearsal.world.runs.values()):
            raise _Unmet(f"the conversation should be over, and is at “{', '.join(standing)}”")
    elif step not in standing:
        raise _Unmet(f"the conversation should be at “{step}”, and is at “{', '.join(standing) or 'end'}”")


def _check_never(at_work: _Play) -> None:
    for person, words in at_work.never:
        for bubble in at_work.rehearsal.phones.get(person, []):
            if _squeezed(words).casefold() in _squeezed(plain(bubble.message.text)).casefold():
                raise _Unmet(f"“{words}” must never be shown here, and stands in “{_short(bubble)}”")
