"""A person's own data: read it, take it along, have it removed, have the chat made bland."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.engine import people
from bot.engine.events import Button, Export, Forget, Message, Note, PersonId, Recall, Tidy
from bot.engine.ledger import Ledger
from bot.engine.library import Library
from bot.engine.messages import joined
from bot.engine.run import Answer, Form, Life, Person, Run, World, changed
from bot.engine.text import Given

PAGE = 10
"""Answers on one page of the past."""

LONGEST = 300
"""Signs shown of one answer: ten of them fit into one message (4,096, Bot API). The file has all of each."""

LATELY = timedelta(hours=6)
"""How far back a chat is made bland where no subject began: an evening."""

SURE = timedelta(hours=1)
"""How long the questions before everything is removed stay open: not for somebody who finds them another day."""

_TAG = "forget"


# --- the chat made bland ----------------------------------------------------------------------------------------------


def hide(ledger: Ledger, person: PersonId) -> None:
    """Makes the last subject of this chat bland, and says what could not be removed."""
    began = ledger.people[person].topic
    since = ledger.now - LATELY if began is None else began
    bland, honest = (ledger.phrase(f"hide.{key}", person).text for key in ("bland", "done"))
    ledger.effects.append(Tidy(person, since, bland, honest))


# --- one's own past ---------------------------------------------------------------------------------------------------


def mine(ledger: Ledger, person: PersonId) -> None:
    """Shows the person's own past answers."""
    ledger.subject(person)
    ledger.effects.append(Recall(person, 0))


def past(library: Library, person: Person, notes: Sequence[Note], page: int, now: datetime) -> Message:
    """One page of the person's own answers. `notes` are newest first, one more than a page where there is another."""
    ledger = Ledger(library, World({person.id: person}, {}), now, 0)
    me = person.id
    if not notes or person.shared_phone:
        words = ledger.phrase("mine.shared_phone" if person.shared_phone else "mine.none", me)
        return Message(words.text, words.spans, ((ledger.label("button.menu", me, "m:home"),),))
    zone = ZoneInfo(person.zone or "UTC")
    lines = [
        ledger.phrase(
            "mine.line",
            me,
            title=title_of(library, one.flow),
            day=f"{one.at.astimezone(zone):%d.%m.%Y}",
            words=Given(_cut(one.words), typed=True),
        )
        for one in notes[:PAGE]
    ]
    whole = joined(ledger.phrase("mine.head", me), *lines)
    more = (ledger.label("mine.more", me, f"o:more:{page + 1}"),) if len(notes) > PAGE else ()
    rows = tuple(row for row in (more, (ledger.label("button.menu", me, "m:home"),)) if row)
    return Message(whole.text, whole.spans, rows)


def title_of(library: Library, flow: str) -> str:
    """What a flow is called on a phone; its name where it has no title or is no longer there."""
    program = library.newest(flow)
    title = None if program is None else program.flow.title
    return title or flow.replace("_", " ").capitalize()


def _cut(words: str) -> str:
    short = " ".join(words.split())
    return short if len(short) <= LONGEST else f"{short[:LONGEST].rstrip()}…"


def export(ledger: Ledger, person: PersonId) -> None:
    """Sends the person a file with all that is kept about them."""
    ledger.subject(person)
    ledger.effects.append(Export(person))


# --- everything removed -----------------------------------------------------------------------------------------------


def forget(ledger: Ledger, person: PersonId) -> None:
    """Says what would be removed, and asks. Nothing happens before a second yes."""
    ledger.edit(person, _TAG)
    ledger.say(person, "forget.what", *_rows(ledger, person, "forget.yes", "sure"), tag=_TAG)


def _rows(ledger: Ledger, person: PersonId, key: str, what: str) -> tuple[tuple[Button, ...], ...]:
    until = int((ledger.now + SURE).timestamp())
    return (ledger.label(key, person, f"o:{what}:{until}"),), (ledger.label("forget.keep", person, "o:keep"),)


def tapped(ledger: Ledger, person: PersonId, what: str, item: str) -> bool:
    """A tap under these pages. False for one that is not open."""
    match what:
        case "more" if item.isdecimal() and len(item) < 7:
            ledger.effects.append(Recall(person, int(item)))
        case "keep" if not item:
            ledger.say(person, "forget.kept", tag=_TAG, instead=True)
        case "sure" if _open(ledger, item):
            rows = _rows(ledger, person, "forget.really", "gone")
            ledger.say(person, "forget.again", *rows, tag=_TAG, instead=True)
        case "gone" if _open(ledger, item):
            _forget(ledger, person)
        case _:
            return False
    return True


def _open(ledger: Ledger, until: str) -> bool:
    """Whether the question that this button stands under was asked within the last hour."""
    if not (until.isascii() and until.isdecimal() and len(until) < 12):
        return False
    end = datetime.fromtimestamp(int(until), UTC)
    return ledger.now <= end <= ledger.now + SURE


def _forget(ledger: Ledger, person: PersonId) -> None:
    """Everything goes now. While the partner has not heard yet, a name and a pronoun stay for them, and what they have
    read already stays on their screen."""
    words = ledger.phrase("forget.done", person)
    _let_down(ledger, person)
    for run in [one for one in ledger.runs.values() if one.root and one.cast == (person,)]:
        ledger.drop_tree(run)
    people.leave_pair(ledger, person)
    for run in list(ledger.runs.values()):
        if person in run.cast:
            ledger.put(_without(run, person))
    me = ledger.people[person]
    waits = me.left is not None
    ledger.person(
        Person(me.id, me.name, me.pronoun, partner=me.partner, linked=me.linked, left=me.left, forgotten=True)
        if waits
        else Person(me.id, "", forgotten=True)
    )
    ledger.safety.pop(person, None)
    ledger.effects.append(Forget(person, wholly=not waits, farewell=Message(words.text, words.spans)))


def _let_down(ledger: Ledger, person: PersonId) -> None:
    """Somebody waits for this person's word on a link: as after a no, they are told that there is none."""
    other = ledger.people.get(ledger.people[person].pending or 0)
    if other is not None and other.pending == person:
        ledger.change(other.id, pending=None, knocked=False)
        ledger.edit(other.id, "link")
        ledger.say(other.id, "link.not_linked")


def _without(run: Run, person: PersonId) -> Run:
    """A run for two without what this person said in it, except for what the other one has read."""
    gate = run.gate
    if gate is not None:
        gate = replace(gate, upset={who: number for who, number in gate.upset.items() if who != person})
    return changed(
        run,
        answers={step: _blank(by, person) for step, by in run.answers.items()},
        parts={part: {step: _blank(by, person) for step, by in answers.items()} for part, answers in run.parts.items()},
        drafts={who: draft for who, draft in run.drafts.items() if who != person},
        picks={who: picked for who, picked in run.picks.items() if who != person},
        gate=gate,
    )


def _blank(by: Mapping[PersonId, Answer], person: PersonId) -> dict[PersonId, Answer]:
    """What was read stays until the run ends: were it gone at once, the other one's screen would tell."""
    return {
        who: replace(one, form=Form.SKIPPED, value="", life=Life.WITHDRAWN)
        if who == person and one.life is not Life.REVEALED
        else one
        for who, one in by.items()
    }
