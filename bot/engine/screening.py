"""The private safety questions: to each person alone, in one message, by buttons, and nothing of it to anybody else.

Nobody's answers are kept. While a round is open, its marks say what it has to end with; then one word is left: whether
talks about a conflict are open to this person, not open, or not known.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.engine import gate, quiet
from bot.engine.casting import open_to
from bot.engine.events import Button, Message, PersonId
from bot.engine.flow import Kind
from bot.engine.ledger import Ledger
from bot.engine.library import HelpLine
from bot.engine.messages import joined
from bot.engine.parts import NOWHERE, SCREEN, listed
from bot.engine.run import Clear, Safety
from bot.engine.safety_page import TOPICS
from bot.engine.text import Rendered

TAG = "questions"

FIRST = (timedelta(days=1), timedelta(days=3))
"""The first round comes so long after two have linked: never while they link, nor in the first conversation."""

SOON = (timedelta(hours=3), timedelta(hours=26))
"""So long after a talk that could not begin, for somebody of whom nothing is known."""

ANOTHER = (timedelta(days=2), timedelta(days=4))
"""So long after a round that met no quiet minute."""

AGAIN = timedelta(weeks=4)
SPREAD = 14
"""After a round, the next one comes in four to six weeks (fact base, E4); the days between are drawn."""

OPEN_FOR = timedelta(hours=1)
"""How long the message stands unanswered before it turns bland."""

HELD = timedelta(minutes=30)
"""How long a round is put off while something for two needs its person."""

LIVE = timedelta(hours=2)
"""A question of a flow for two that stands open for longer is no live one."""

PRIVATE, LAST, PAGE = 0, 7, 8
"""The question whether nobody looks on, the last of the seven, and what the round ends with."""

YES, NO, SKIP, DECLINED, OTHER, DONE = "y", "n", "s", "d", "o", "x"

WORRY, HURT, CHOKED, OWN, ORDER, SKIPPED = "worry", "hurt", "choked", "own", "order", "skipped"
MARKS = {1: (HURT,), 2: (HURT, CHOKED), 3: (HURT,), 4: (HURT,), 5: (), 6: (OWN,), 7: (ORDER,)}
"""What a Yes leaves for the end of the round, beside that there was one."""

DAYS = 2
"""On so many different days “no concerns” has to be said before it counts as an answer (fact base, E4)."""


# --- when -------------------------------------------------------------------------------------------------------------


def plan(ledger: Ledger, person: PersonId) -> None:
    """Sets the next round at an hour that varies, where none is set."""
    planned = ledger.told(person).planned
    if (planned is None or planned < ledger.now) and not gate.offers_none(ledger, person):
        _set(ledger, person, quiet.drawn(ledger, person, *FIRST))


def soon(ledger: Ledger, person: PersonId) -> None:
    """Brings the next round nearer for somebody of whom nothing is known, at an hour that varies."""
    told = ledger.told(person)
    near = told.planned is not None and ledger.now <= told.planned <= ledger.now + SOON[1]
    if told.clear is Clear.UNKNOWN and told.question is None and not near and _asked(ledger, person):
        _set(ledger, person, quiet.drawn(ledger, person, *SOON))


def _set(ledger: Ledger, person: PersonId, at: datetime) -> None:
    ledger.keep(person, planned=at)
    ledger.arm(f"own:{person}:questions", person, at)


def _asked(ledger: Ledger, person: PersonId) -> bool:
    """Whether this person is asked at all."""
    linked = ledger.partner(person) is not None
    return linked and not ledger.people[person].minor and not gate.offers_none(ledger, person)


def busy(ledger: Ledger, person: PersonId) -> bool:
    """Whether somebody is in a pause, or something for two waits for their answer."""
    for root in ledger.roots(person):
        if ledger.program(root).flow.kind is Kind.PAUSE and not root.suspended:
            return True
        if len(root.cast) > 1 and root.gate is not None and person not in root.gate.said:
            return True
        live = (run for run in ledger.tree(root) if ledger.now - run.entered < LIVE)
        if len(root.cast) > 1 and any(open_to(ledger, run, person) is not None for run in live):
            return True
    return False


def due(ledger: Ledger, person: PersonId) -> None:
    """The moment of a round: put off where it would come at a bad one, dropped where nobody is asked."""
    me, told = ledger.people[person], ledger.keep(person, planned=None)
    if not _asked(ledger, person) or told.question is not None:
        return
    if me.away or ledger.in_crisis(person):
        _set(ledger, person, quiet.drawn(ledger, person, *FIRST))
    elif me.shared_phone is None:  # whose phone it is has to be known first
        ledger.arm(f"own:{person}:phone", person, ledger.now)
        _set(ledger, person, quiet.drawn(ledger, person, *FIRST))
    elif busy(ledger, person) or not quiet.daytime(me, ledger.now):
        later = ledger.now + HELD
        fits = quiet.daytime(me, later)
        _set(ledger, person, later if fits else quiet.drawn(ledger, person, HELD, HELD + timedelta(days=1)))
    else:
        ledger.keep(person, question=PRIVATE, marks=())
        _show(ledger, person, instead=False)


# --- how it looks -----------------------------------------------------------------------------------------------------


def _show(ledger: Ledger, person: PersonId, *, instead: bool = True, own: bool = False) -> None:
    """The question that stands open, or what the round ends with, always in the same message."""
    told = ledger.told(person)
    words = _words(ledger, person, told, own=own)
    message = Message(words.text, words.spans, _rows(ledger, person, told, own=own))
    ledger.send(person, message, TAG, instead=instead, unasked=not instead)
    ledger.arm_in(f"own:{person}:screen", person, OPEN_FOR)


def _words(ledger: Ledger, person: PersonId, told: Safety, *, own: bool) -> Rendered:
    match told.question:
        case 0:
            return ledger.phrase("questions.first", person)
        case int(number) if number <= LAST:
            head = ledger.phrase("questions.head", person, n=str(number), all=str(LAST))
            return joined(head, ledger.phrase(f"questions.q{number}", person))
        case _:
            return _page(ledger, person, told, own=own)


def _page(ledger: Ledger, person: PersonId, told: Safety, *, own: bool) -> Rendered:
    """People to call where an answer points to them; lines for both sides of harm never on one page."""
    if own or (OWN in told.marks and HURT not in told.marks):
        key, kind = "questions.own", "violence_perpetrator"
    elif HURT in told.marks or ORDER in told.marks:
        key, kind = "questions.hurt" if HURT in told.marks else "questions.order", "violence_victim"
    else:
        return ledger.phrase("questions.end", person)
    country = ledger.people[person].country
    place = ledger.library.help.get(country or NOWHERE) or ledger.library.help[NOWHERE]
    topics = (topic for topic in TOPICS[kind] if any(line.topic == topic for line in place.lines))
    topic = next(topics, None)
    lines: list[HelpLine] = [line for line in place.lines if line.topic == topic]
    choked = CHOKED in told.marks and kind == "violence_victim"
    return joined(
        ledger.phrase(key, person, emergency=place.emergency),
        ledger.phrase("questions.choked", person, emergency=place.emergency) if choked else None,
        listed((lines or list(ledger.library.help[NOWHERE].lines))[:SCREEN]),
        ledger.phrase("questions.tail", person),
    )


def _rows(ledger: Ledger, person: PersonId, told: Safety, *, own: bool = False) -> tuple[tuple[Button, ...], ...]:
    def button(key: str, said: str) -> Button:
        return ledger.label(f"questions.{key}", person, f"q:{told.question}:{said}")

    helped = (ledger.label("button.help", person, "m:help"),)
    match told.question:
        case None:
            return ()
        case 0:
            return ((button("alone", YES),), (button("seen", NO),), (button("none", DECLINED),), helped)
        case number if number <= LAST:
            return ((button("yes", YES), button("no", NO), button("skip", SKIP)), helped)
        case _:
            both = HURT in told.marks and OWN in told.marks and not own
            other = (button("other", OTHER),) if both else ()
            page = bool({HURT, OWN, ORDER} & set(told.marks))
            last = (button("hide", DONE),) if page else (button("done", DONE),)
            return tuple(row for row in (other, helped, last) if row)


# --- answers ----------------------------------------------------------------------------------------------------------


def tapped(ledger: Ledger, person: PersonId, question: str, said: str) -> bool:
    """A tap under the questions. False for one that is not open."""
    told = ledger.told(person)
    offered = [button.data for row in _rows(ledger, person, told) for button in row]
    if f"q:{question}:{said}" not in offered:
        return False
    if not _asked(ledger, person) and told.question != PAGE:  # the pair has parted, or the phone turned out shared
        _close(ledger, person)
        return True
    match told.question, said:
        case 0, "y":
            ledger.keep(person, question=1)
            _show(ledger, person)
        case 0, "d":
            _decline(ledger, person)
        case 0, _:
            _another_day(ledger, person)
        case 8, "o":
            _show(ledger, person, own=True)
        case 8, _:
            _close(ledger, person)
        case int(number), _:
            _answer(ledger, person, number, said)
        case _:
            return False
    return True


def _answer(ledger: Ledger, person: PersonId, number: int, said: str) -> None:
    told = ledger.told(person)
    match said:
        case "y":
            marks = dict.fromkeys([*told.marks, WORRY, *MARKS[number]])
            ledger.keep(person, marks=tuple(marks), worry=True, clear=Clear.NOT_OPEN, declined=())
        case "s":
            ledger.keep(person, marks=tuple(dict.fromkeys([*told.marks, SKIPPED])))
    ledger.keep(person, question=number + 1)
    if number == LAST:
        _end(ledger, person)
    _show(ledger, person)


def _end(ledger: Ledger, person: PersonId) -> None:
    """What the round leaves: all No opens, a Yes closes, and a skip is no answer, so that what it says is not known."""
    told = ledger.told(person)
    if not told.marks:
        ledger.keep(person, clear=Clear.OPEN, worry=False)
    elif WORRY not in told.marks and told.clear is Clear.OPEN:
        ledger.keep(person, clear=Clear.UNKNOWN, declined=())
    _ended(ledger, person)


def _decline(ledger: Ledger, person: PersonId) -> None:
    """No concerns: on a second day that is an answer. It does not undo a worry."""
    told, today = ledger.told(person), quiet.local(ledger.people[person], ledger.now).date().isoformat()
    declined = tuple(dict.fromkeys([*told.declined, today]))
    clear = Clear.OPEN if len(declined) >= DAYS and told.clear is Clear.UNKNOWN else told.clear
    ledger.keep(person, declined=declined[-DAYS:], clear=clear)
    _ended(ledger, person)
    _close(ledger, person)


def _ended(ledger: Ledger, person: PersonId) -> None:
    after = AGAIN + timedelta(days=ledger.draw() % SPREAD)
    ledger.keep(person, asked=ledger.now)
    _set(ledger, person, quiet.drawn(ledger, person, after, after + timedelta(days=1)))


def _another_day(ledger: Ledger, person: PersonId) -> None:
    _close(ledger, person)
    _set(ledger, person, quiet.drawn(ledger, person, *ANOTHER))


def _close(ledger: Ledger, person: PersonId) -> None:
    """The message becomes one bland line, the same however the round went."""
    words = ledger.phrase("questions.closed", person)
    ledger.edit(person, TAG, Message(words.text, words.spans))
    ledger.keep(person, question=None, marks=())
    ledger.disarm(f"own:{person}:screen")


def over(ledger: Ledger, person: PersonId) -> None:
    """An hour without a tap: the message turns bland. A round that was not finished is asked another day."""
    match ledger.told(person).question:
        case None:
            return
        case 8:
            _close(ledger, person)
        case _:
            _another_day(ledger, person)
