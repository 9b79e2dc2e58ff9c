"""Dump and load: runs, people and messages as JSON text with a format number, and nothing lost on the way."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from bot.engine.events import Attached, Button, Chart, Message, Picture, Relay, Shown, Span
from bot.engine.flow import Share, Style
from bot.engine.run import Answer, Dialog, Draft, Form, Gate, Life, Person, Run, Talk, Trail

FORMAT = 1
"""Raised when the saved form changes in a way that older code could not read."""

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Damaged(Exception):
    """A saved row cannot be read. Carries what kind of row it is and never its words."""


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()


def _answers(answers: Mapping[str, Mapping[int, Answer]]) -> dict[str, dict[str, list[Any]]]:
    return {
        step: {
            str(who): [given.form.value, given.value, given.share.value, given.life.value, given.visit]
            for who, given in by.items()
        }
        for step, by in answers.items()
    }


def _load_answers(saved: dict[str, dict[str, list[Any]]]) -> dict[str, dict[int, Answer]]:
    return {
        step: {
            int(who): Answer(_FORMS[form], value, _SHARES[share], _LIVES[life], visit)
            for who, (form, value, share, life, visit) in by.items()
        }
        for step, by in saved.items()
    }


_FORMS = {form.value: form for form in Form}
_SHARES = {share.value: share for share in Share}
_LIVES = {life.value: life for life in Life}


def dump_run(run: Run) -> str:
    """A run as text; `load_run` gives the same run back."""
    saved: dict[str, Any] = {
        "format": FORMAT,
        "id": run.id,
        "flow": run.flow,
        "structure": run.structure,
        "cast": run.cast,
        "step": run.step,
        "begun": _text(run.begun),
        "entered": _text(run.entered),
        "seed": run.seed,
        "visit": run.visit,
    }
    if run.parent is not None:
        saved["parent"] = run.parent
    if run.visits:
        saved["visits"] = run.visits
    if run.answers:
        saved["answers"] = _answers(run.answers)
    if run.ends:
        saved["ends"] = {step: _text(end) for step, end in run.ends.items()}
    if run.worded:
        saved["worded"] = run.worded
    if run.drafts:
        saved["drafts"] = {who: [one.form.value, one.value, one.guess] for who, one in run.drafts.items()}
    if run.picks:
        saved["picks"] = run.picks
    if run.parts:
        saved["parts"] = {step: _answers(answers) for step, answers in run.parts.items()}
    if run.joined:
        saved["joined"] = sorted(run.joined)
    if run.untold:
        saved["untold"] = sorted(run.untold)
    if run.lined:
        saved["lined"] = sorted(run.lined)
    if run.lock:
        saved["lock"] = run.lock
    if run.gate is not None:
        saved["gate"] = {"until": _text(run.gate.until), "said": run.gate.said}
    if run.trail is not None:
        saved["trail"] = [run.trail.by, run.trail.step, run.trail.visit]
    if run.suspended:
        saved["suspended"] = True
    if run.late:
        saved["late"] = True
    return _encode(saved)


def load_run(text: str) -> Run:
    """The run that `dump_run` wrote. Raises Damaged for anything else."""
    try:
        saved = json.loads(text)
        if saved["format"] > FORMAT:
            raise Damaged("a run was saved by a newer version of the bot")
        gate = saved.get("gate")
        trail = saved.get("trail")
        return Run(
            id=saved["id"],
            flow=saved["flow"],
            structure=saved["structure"],
            cast=tuple(saved["cast"]),
            step=saved["step"],
            begun=_moment(saved["begun"]),
            entered=_moment(saved["entered"]),
            seed=saved["seed"],
            visit=saved["visit"],
            parent=saved.get("parent"),
            visits=saved.get("visits", {}),
            answers=_load_answers(saved.get("answers", {})),
            ends={step: _moment(end) for step, end in saved.get("ends", {}).items()},
            worded=saved.get("worded", {}),
            drafts={
                int(who): Draft(Form(form), value, guess)
                for who, (form, value, guess) in saved.get("drafts", {}).items()
            },
            picks={int(who): tuple(names) for who, names in saved.get("picks", {}).items()},
            parts={step: _load_answers(answers) for step, answers in saved.get("parts", {}).items()},
            joined=frozenset(saved.get("joined", ())),
            untold=frozenset(saved.get("untold", ())),
            lined=frozenset(saved.get("lined", ())),
            lock=saved.get("lock", {}),
            gate=None
            if gate is None
            else Gate(_moment(gate["until"]), {int(who): said for who, said in gate["said"].items()}),
            trail=None if trail is None else Trail(*trail),
            suspended=saved.get("suspended", False),
            late=saved.get("late", False),
        )
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
        raise Damaged("a saved run cannot be read") from None  # the cause would carry words


def dump_person(person: Person) -> str:
    """A person as text; `load_person` gives the same person back."""
    saved: dict[str, Any] = {"format": FORMAT, "id": person.id, "name": person.name}
    for field in ("zone", "country", "partner", "pending"):
        if (value := getattr(person, field)) is not None:
            saved[field] = value
    for field in ("met", "away", "missed", "knocked", "finished", "rhythm", "last", "wordings", "turns"):
        if value := getattr(person, field):
            saved[field] = value
    if person.pronoun != "other":
        saved["pronoun"] = person.pronoun
    if person.language != "en":
        saved["language"] = person.language
    if person.linked is not None:
        saved["linked"] = _text(person.linked)
    if person.dialog is not None:
        saved["dialog"] = [person.dialog.talk.value, person.dialog.about]
    return _encode(saved)


def load_person(text: str) -> Person:
    """The person that `dump_person` wrote. Raises Damaged for anything else."""
    try:
        saved = json.loads(text)
        if saved["format"] > FORMAT:
            raise Damaged("a person was saved by a newer version of the bot")
        dialog = saved.get("dialog")
        linked = saved.get("linked")
        return Person(
            id=saved["id"],
            name=saved["name"],
            pronoun=saved.get("pronoun", "other"),
            zone=saved.get("zone"),
            language=saved.get("language", "en"),
            country=saved.get("country"),
            met=saved.get("met", False),
            away=saved.get("away", False),
            missed=saved.get("missed", False),
            knocked=saved.get("knocked", False),
            partner=saved.get("partner"),
            pending=saved.get("pending"),
            linked=None if linked is None else _moment(linked),
            dialog=None if dialog is None else Dialog(Talk(dialog[0]), dialog[1]),
            finished=saved.get("finished", {}),
            rhythm=saved.get("rhythm", {}),
            last=saved.get("last", {}),
            wordings={key: tuple(counts) for key, counts in saved.get("wordings", {}).items()},
            turns=saved.get("turns", {}),
        )
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
        raise Damaged("a saved person cannot be read") from None  # the cause would carry words


def _dump_shown(shown: Shown) -> list[Any]:
    match shown:
        case Picture(file, alt):
            return ["picture", file, alt]
        case Chart(flow, step, low, high, days, title, alt, zone):
            return ["chart", flow, step, low, high, days, title, alt, zone]
        case Relay(what, file):
            return ["relay", what.value, file]


def _load_shown(saved: list[Any]) -> Shown:
    match saved:
        case ["picture", file, alt]:
            return Picture(file, alt)
        case ["chart", *rest]:
            return Chart(*rest)
        case ["relay", what, file]:
            return Relay(Attached(what), file)
        case _:
            raise Damaged("a saved picture cannot be read")


def dump_message(message: Message) -> str:
    """A message as text; `load_message` gives the same message back."""
    saved: dict[str, Any] = {"format": FORMAT, "text": message.text}
    if message.spans:
        saved["spans"] = [[span.offset, span.length, span.style.value] for span in message.spans]
    if message.buttons:
        saved["buttons"] = [[[one.label, one.data, one.url] for one in row] for row in message.buttons]
    if message.media is not None:
        saved["media"] = _dump_shown(message.media)
    return _encode(saved)


def load_message(text: str) -> Message:
    """The message that `dump_message` wrote. Raises Damaged for anything else."""
    try:
        saved = json.loads(text)
        if saved["format"] > FORMAT:
            raise Damaged("a message was saved by a newer version of the bot")
        media = saved.get("media")
        return Message(
            text=saved["text"],
            spans=tuple(Span(offset, length, Style(style)) for offset, length, style in saved.get("spans", ())),
            buttons=tuple(tuple(Button(*one) for one in row) for row in saved.get("buttons", ())),
            media=None if media is None else _load_shown(media),
        )
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
        raise Damaged("a saved message cannot be read") from None  # the cause would carry words
