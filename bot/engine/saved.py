"""Dump and load: runs, people and messages as JSON text with a format number, and nothing lost on the way."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from bot.engine.events import Attached, Button, Chart, Message, Picture, Relay, Shown, Span
from bot.engine.flow import Share, Style
from bot.engine.run import (
    Answer,
    Clear,
    Crisis,
    Dialog,
    Draft,
    Form,
    Gate,
    Life,
    Light,
    Parting,
    Person,
    Run,
    Safety,
    Talk,
    Trail,
    Waiting,
)

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
        saved["drafts"] = {who: [one.form.value, one.value, one.guess, one.gist] for who, one in run.drafts.items()}
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
        gate = run.gate
        saved["gate"] = [_text(gate.until), gate.said, sorted(gate.agreed), gate.upset]
    if run.trail is not None:
        saved["trail"] = [run.trail.by, run.trail.step, run.trail.visit]
    if run.suspended:
        saved["suspended"] = True
    if run.late:
        saved["late"] = True
    if run.parting is not None:
        saved["parting"] = [sorted(run.parting.by), _text(run.parting.until)]
    if run.held is not None:
        saved["held"] = _text(run.held)
    return _encode(saved)


def _load_gate(saved: list[Any] | dict[str, Any]) -> Gate:
    if isinstance(saved, dict):  # as the first version wrote it
        saved = [saved["until"], saved["said"], [], {}]
    until, said, agreed, upset = saved
    return Gate(
        _moment(until),
        {int(who): one for who, one in said.items()},
        frozenset(agreed),
        {int(w): n for w, n in upset.items()},
    )


def load_run(text: str) -> Run:
    """The run that `dump_run` wrote. Raises Damaged for anything else."""
    try:
        saved = json.loads(text)
        if saved["format"] > FORMAT:
            raise Damaged("a run was saved by a newer version of the bot")
        gate = saved.get("gate")
        trail, parting, held = saved.get("trail"), saved.get("parting"), saved.get("held")
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
                int(who): Draft(Form(form), value, *marks)
                for who, (form, value, *marks) in saved.get("drafts", {}).items()
            },
            picks={int(who): tuple(names) for who, names in saved.get("picks", {}).items()},
            parts={step: _load_answers(answers) for step, answers in saved.get("parts", {}).items()},
            joined=frozenset(saved.get("joined", ())),
            untold=frozenset(saved.get("untold", ())),
            lined=frozenset(saved.get("lined", ())),
            lock=saved.get("lock", {}),
            gate=None if gate is None else _load_gate(gate),
            trail=None if trail is None else Trail(*trail),
            suspended=saved.get("suspended", False),
            late=saved.get("late", False),
            parting=None if parting is None else Parting(frozenset(parting[0]), _moment(parting[1])),
            held=None if held is None else _moment(held),
        )
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
        raise Damaged("a saved run cannot be read") from None  # the cause would carry words


_PLAIN = (
    *("met", "away", "missed", "knocked", "finished", "rhythm", "last", "wordings", "turns"),
    *("forgotten", "introduced", "told", "minor", "quiet", "worse", "judged"),
)
"""Fields of a person that are saved as they are, and left out while empty."""


def _moment_or_none(saved: Mapping[str, Any], field: str) -> datetime | None:
    return _moment(saved[field]) if field in saved else None


def dump_person(person: Person) -> str:
    """A person as text; `load_person` gives the same person back."""
    saved: dict[str, Any] = {"format": FORMAT, "id": person.id, "name": person.name}
    for field in ("zone", "country", "partner", "pending"):
        if (value := getattr(person, field)) is not None:
            saved[field] = value
    for field in _PLAIN:
        if value := getattr(person, field):
            saved[field] = value
    for field in ("linked", "left", "topic", "talked"):
        if (at := getattr(person, field)) is not None:
            saved[field] = _text(at)
    if person.shared_phone is not None:
        saved["shared_phone"] = person.shared_phone
    if person.pronoun != "other":
        saved["pronoun"] = person.pronoun
    if person.language != "en":
        saved["language"] = person.language
    if person.dialog is not None:
        saved["dialog"] = _dialog(person.dialog)
    if (waiting := person.waiting) is not None:
        dialog = None if waiting.dialog is None else _dialog(waiting.dialog)
        saved["waiting"] = [waiting.words, waiting.left, dialog, waiting.minor, waiting.asked]
    return _encode(saved)


def _dialog(dialog: Dialog) -> list[str]:
    return [dialog.talk.value, dialog.about]


def _load_dialog(saved: list[str] | None) -> Dialog | None:
    return None if saved is None else Dialog(Talk(saved[0]), saved[1])


def _load_waiting(saved: list[Any]) -> Waiting:
    words, left, dialog, minor, *asked = saved
    return Waiting(words, tuple(left), _load_dialog(dialog), minor, tuple(*asked))


def load_person(text: str) -> Person:
    """The person that `dump_person` wrote. Raises Damaged for anything else."""
    try:
        saved = json.loads(text)
        if saved["format"] > FORMAT:
            raise Damaged("a person was saved by a newer version of the bot")
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
            linked=_moment_or_none(saved, "linked"),
            dialog=_load_dialog(saved.get("dialog")),
            finished=saved.get("finished", {}),
            rhythm=saved.get("rhythm", {}),
            last=saved.get("last", {}),
            wordings={key: tuple(counts) for key, counts in saved.get("wordings", {}).items()},
            turns=saved.get("turns", {}),
            left=_moment_or_none(saved, "left"),
            forgotten=saved.get("forgotten", False),
            introduced=saved.get("introduced", False),
            told=saved.get("told", False),
            shared_phone=saved.get("shared_phone"),
            minor=saved.get("minor", False),
            quiet=saved.get("quiet", ""),
            topic=_moment_or_none(saved, "topic"),
            talked=_moment_or_none(saved, "talked"),
            worse=saved.get("worse", {}),
            judged=saved.get("judged", {}),
            waiting=_load_waiting(saved["waiting"]) if "waiting" in saved else None,
        )
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
        raise Damaged("a saved person cannot be read") from None  # the cause would carry words


def dump_safety(safety: Safety) -> str:
    """What a person told about being safe, as text; `load_safety` gives the same back."""
    saved: dict[str, Any] = {"format": FORMAT, "clear": safety.clear.value, "checked": safety.checked}
    saved |= {"declined": safety.declined, "question": safety.question, "worry": safety.worry}
    if safety.marks:
        saved["marks"] = safety.marks
    for field in ("asked", "planned"):
        if (at := getattr(safety, field)) is not None:
            saved[field] = _text(at)
    if safety.light is not None:
        saved["light"] = [safety.light.category, _text(safety.light.at)]
    if (crisis := safety.crisis) is not None:
        page = crisis.page and _text(crisis.page)
        kind, at, until = crisis.category, _text(crisis.at), _text(crisis.until)
        saved["crisis"] = [kind, at, until, crisis.usual, crisis.follow, crisis.also, page, crisis.pressed]
    return _encode(saved)


def _load_crisis(saved: list[Any]) -> Crisis:
    kind, at, until, usual, follow, also, page, pressed = saved
    opened = page and _moment(page)
    return Crisis(kind, _moment(at), _moment(until), usual, follow, tuple(also), opened, tuple(pressed))


def load_safety(text: str) -> Safety:
    """What `dump_safety` wrote. Raises Damaged for anything else."""
    try:
        saved = json.loads(text)
        if saved["format"] > FORMAT:
            raise Damaged("safety state was saved by a newer version of the bot")
        light = saved.get("light")
        return Safety(
            clear=Clear(saved["clear"]),
            declined=tuple(saved["declined"]),
            question=saved["question"],
            worry=saved["worry"],
            marks=tuple(saved.get("marks", ())),
            planned=_moment_or_none(saved, "planned"),
            asked=_moment_or_none(saved, "asked"),
            crisis=_load_crisis(saved["crisis"]) if "crisis" in saved else None,
            checked=saved["checked"],
            light=None if light is None else Light(light[0], _moment(light[1])),
        )
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
        raise Damaged("saved safety state cannot be read") from None


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
