"""Everything the bot holds about one person, as a file for that person: a page to read, and the same for a machine.

Made when it is sent and kept nowhere. Nothing of the partner, shown or not, and nothing of what was told about being
safe: the file lies on a phone that somebody else may look into.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from bot.delivery.port import Enclosed
from bot.engine.events import Note, PersonId, Remember
from bot.engine.flow import Ask, Choices
from bot.engine.ledger import Ledger
from bot.engine.library import Library
from bot.engine.own_data import title_of
from bot.engine.rhythm import OFF
from bot.engine.run import Answer, Form, Person, Run, World
from bot.engine.text import Given, fixed
from bot.store import notes, numbers, worlds

NAME = "notes.zip"
"""Says nothing of what is in it."""

READABLE, EXACT = "notes.txt", "data.json"

FORMAT = 1
"""Raised when the form of `data.json` changes."""


@dataclass(frozen=True, slots=True)
class Own:
    """What is held about one person. `runs` are those that are open and hold something of this person."""

    person: Person
    since: datetime
    notes: list[Note]
    numbers: list[Remember]
    runs: list[Run]


def archive(conn: Connection, library: Library, person: PersonId, now: datetime) -> Enclosed:
    """The file for this person, from the store as it is now. Raises Damaged if something of it cannot be opened."""
    world = worlds.load_world(conn, person)
    own = Own(
        world.people[person],
        worlds.since(conn, person),
        [] if world.people[person].shared_phone else notes.newest(conn, person),
        numbers.every(conn, person),
        [run for run in world.runs.values() if _took_part(run, person)],
    )
    ledger = Ledger(library, World({person: own.person}, {}), now, 0)
    made = BytesIO()
    with ZipFile(made, "w", ZIP_DEFLATED) as zipped:
        zipped.writestr(READABLE, "\n".join(_page(ledger, own)) + "\n")
        zipped.writestr(EXACT, json.dumps(_data(own, now), ensure_ascii=False, indent=1))
    return Enclosed(NAME, made.getvalue(), ledger.phrase("export.file", person).text)


def _took_part(run: Run, person: PersonId) -> bool:
    """Whether this person has said anything in it: a run that only the other one knows of is not told by this file."""
    return person in run.drafts or person in run.picks or any(_answers(run, person))


# --- the page ---------------------------------------------------------------------------------------------------------


def _page(ledger: Ledger, own: Own) -> Iterator[str]:
    me = own.person

    def said(key: str, **given: str) -> str:
        return ledger.phrase(f"export.{key}", me.id, **{name: Given(words) for name, words in given.items()}).text

    def line(at: datetime, flow: str, words: str) -> str:
        return said("line", day=_day(me, at), title=title_of(ledger.library, flow), words=words)

    yield said("head", name=me.name, day=_day(me, ledger.now))
    yield from _part(said("about"), said("nothing"), _about(ledger, own, said))
    yield from _part(said("notes"), said("nothing"), (line(one.at, one.flow, one.words) for one in own.notes))
    yield from _part(said("numbers"), said("nothing"), (line(one.at, one.flow, str(one.value)) for one in own.numbers))
    answers = ((run, _words(ledger, me.id, run, step, one)) for run in own.runs for step, one in _answers(run, me.id))
    yield from _part(said("open"), said("nothing"), (line(run.begun, run.flow, words) for run, words in answers))


def _part(head: str, nothing: str, lines: Iterable[str]) -> Iterator[str]:
    yield from ("", head)
    found = list(lines)
    yield from found or [nothing]


def _about(ledger: Ledger, own: Own, said: Callable[..., str]) -> Iterator[str]:
    me = own.person
    yield said("name", words=me.name)
    yield said("pronoun", words=ledger.phrase(f"pronoun.{me.pronoun}", me.id).text)
    country = ledger.library.help.get(me.country or "")
    for key, words in (
        ("country", None if country is None else country.name),
        ("zone", me.zone),
        ("quiet", me.quiet),
        ("since", _day(me, own.since)),
        ("linked", None if me.linked is None else _day(me, me.linked)),
    ):
        if words:
            yield said(key, words=words)
    for flow, wish in me.rhythm.items():
        if wish != OFF:
            yield said("reminder", words=title_of(ledger.library, flow))


def _words(ledger: Ledger, reader: PersonId, run: Run, step: str, answer: Answer) -> str:
    """An answer as its person read it; a choice by its name where its version is no longer known."""
    match answer.form:
        case Form.ALOUD | Form.VOICE | Form.PHOTO:
            return ledger.phrase(f"value.{answer.form.value}", reader).text
        case Form.CHOICE | Form.PICKS:
            labels = _labels(ledger, run, step)
            return ", ".join(labels.get(name, name.replace("_", " ")) for name in answer.value.split(","))
        case _:
            return answer.value


def _labels(ledger: Ledger, run: Run, step: str) -> Mapping[str, str]:
    program = ledger.library.programs.get((run.flow, run.structure))
    asked = program.flow.steps.get(step) if program is not None else None
    if asked is None or not isinstance(asked.action, Ask) or not isinstance(asked.action.expects, Choices):
        return {}
    plain = {}
    for option in asked.action.expects.options:
        words = fixed(option.label.wordings[0])
        if words is not None:
            plain[option.name] = words
    return plain


# --- for a machine ----------------------------------------------------------------------------------------------------


def _answers(run: Run, person: PersonId) -> Iterator[tuple[str, Answer]]:
    """This person's own answers in an open run, those in its parts included."""
    for answers in (run.answers, *run.parts.values()):
        for step, by in answers.items():
            if person in by and by[person].form is not Form.SKIPPED:
                yield step, by[person]


def _data(own: Own, now: datetime) -> dict[str, Any]:
    me = own.person
    return {
        "format": FORMAT,
        "made": now.isoformat(),
        "settings": {
            "name": me.name,
            "pronoun": me.pronoun,
            "language": me.language,
            "country": me.country,
            "zone": me.zone,
            "quiet": me.quiet,
            "shared_phone": me.shared_phone,
            "under_age": me.minor,
        },
        "since": own.since.isoformat(),
        "linked": None if me.linked is None else me.linked.isoformat(),
        "reminders": dict(me.rhythm),
        "finished": dict(me.finished),
        "made_worse": dict(me.worse),
        "last_answers": dict(me.last),
        "answers": [
            {"at": one.at.isoformat(), "flow": one.flow, "step": one.step, "words": one.words, "shared": one.shared}
            for one in own.notes
        ],
        "numbers": [
            {"at": one.at.isoformat(), "flow": one.flow, "step": one.step, "value": one.value} for one in own.numbers
        ],
        "open": [
            {
                "flow": run.flow,
                "begun": run.begun.isoformat(),
                "answers": [
                    {"step": step, "form": one.form.value, "value": one.value} for step, one in _answers(run, me.id)
                ],
                "draft": run.drafts[me.id].value if me.id in run.drafts else None,
                "picked": list(run.picks.get(me.id, ())),
            }
            for run in own.runs
        ],
    }


def _day(person: Person, at: datetime) -> str:
    return f"{at.astimezone(ZoneInfo(person.zone or 'UTC')):%Y-%m-%d}"
