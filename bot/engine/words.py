"""What typed words are for: a command, the bot's own question, a starting phrase, an answer, or nothing we know.

Never guesses between two meanings: it asks.
"""

from __future__ import annotations

import re

from bot.engine import answers, crisis, endings, gate, menu, own_data, people, profile, rhythm, spoken
from bot.engine.casting import open_to
from bot.engine.danger import is_weapon
from bot.engine.events import Attached, Button, PersonId
from bot.engine.flow import Open
from bot.engine.ledger import Ledger
from bot.engine.messages import data
from bot.engine.parting import running
from bot.engine.parts import help_page
from bot.engine.run import Dialog, Run, Talk
from bot.engine.spoken import is_one_of, plain_words
from bot.engine.steps import open_up

LONGEST = 1000
"""Typed answers, in UTF-16 units (decision 13)."""

COMMANDS = (
    *("start", "menu", "pause", "stop", "back", "help", "why", "settings", "link", "unlink"),
    *("mine", "hide", "export", "forget"),
)
"""Commands of the bot itself; no flow may have one of these names."""


def units(words: str) -> int:
    """Length as Telegram counts it, in UTF-16 units."""
    return len(words.encode("utf-16-le", "surrogatepass")) // 2


def said(ledger: Ledger, person: PersonId, typed: str) -> str | None:
    """Sorts out one typed message. Gives what a button would send, where the words are those of an open button."""
    typed = typed.strip()
    if not typed.startswith("/"):
        button = spoken.among(crisis.buttons(ledger, person), typed)
        if button is not None:
            return button.data
        if crisis.heard(ledger, person, typed):
            return None
    elif (behind := typed.partition(" ")[2].strip()) and crisis.heard(ledger, person, behind):
        return None  # what stands behind a command is read as well
    return go_on(ledger, person, typed)


def go_on(ledger: Ledger, person: PersonId, typed: str) -> str | None:
    """Sorts out words that were read for danger, or waited because of it. Gives the same as `said`."""
    if not ledger.people[person].met:
        menu.first(ledger, person)
        if not typed.startswith("/") or typed.split(maxsplit=1)[0] == "/start":
            return None
    if typed.startswith("/"):
        _command(ledger, person, typed)
        return None
    if not typed:
        ledger.say(person, "no_words")
        return None
    if units(typed) > LONGEST:
        ledger.say(person, "too_long")
        return None
    button = spoken.meant(ledger, person, typed)
    if button is not None and not _in_settings(ledger, person):
        return button
    awaited = _awaiting_words(ledger, person)
    wish = _phrase(ledger, typed) or _bare_command(ledger, person, typed, URGENT if awaited else BARE)
    dialog = ledger.people[person].dialog
    if wish is None and dialog is not None and _own_question(ledger, person, dialog, typed):
        return None
    ledger.leave_settings(person)
    if wish is None:
        _answer(ledger, person, typed, awaited)
    elif awaited:
        _ask_break(ledger, person, awaited[-1], wish, typed)
    else:
        _begin(ledger, person, wish)
    return None


def _in_settings(ledger: Ledger, person: PersonId) -> bool:
    """Whether a name or a place is being asked for: “May” and “Chad” are names first."""
    dialog = ledger.people[person].dialog
    return dialog is not None and dialog.talk in (Talk.NAME, Talk.CLOCK)


def _own_question(ledger: Ledger, person: PersonId, dialog: Dialog, typed: str) -> bool:
    match dialog.talk:
        case Talk.NAME:
            profile.typed_name(ledger, person, typed)
        case Talk.CLOCK:
            if profile.typed_place(ledger, person, typed):
                rhythm.moved(ledger, person)
        case _:
            return False
    return True


# --- commands ---------------------------------------------------------------------------------------------------------


def _command(ledger: Ledger, person: PersonId, typed: str) -> None:
    name = re.split(r"[\s@]", typed[1:], maxsplit=1)[0].lower()
    ledger.leave_settings(person)
    match name:
        case "start" | "menu":
            menu.home(ledger, person)
        case "pause":
            place = ledger.library.home.get("pause")
            if place is None or not menu.start(ledger, person, place.flow):
                menu.lost(ledger, person)
        case "stop":
            _stop(ledger, person)
        case "back":
            if not answers.back(ledger, person):
                ledger.say(person, "no_back")
        case "help":
            help_page(ledger, person)
        case "why":
            menu.why(ledger, person)
        case "settings":
            profile.settings(ledger, person)
        case "link":
            people.link(ledger, person)
        case "unlink":
            people.unlink(ledger, person)
        case "mine":
            own_data.mine(ledger, person)
        case "hide":
            own_data.hide(ledger, person)
        case "export":
            own_data.export(ledger, person)
        case "forget":
            own_data.forget(ledger, person)
        case _:
            if not menu.start(ledger, person, name):
                menu.lost(ledger, person)


def _stop(ledger: Ledger, person: PersonId) -> None:
    runs = running(ledger, person)
    if not runs:
        ledger.say(person, "stop.nothing", (ledger.label("button.menu", person, "m:home"),))
    elif len(runs) == 1:
        endings.stop(ledger, runs[0], person)
    else:
        rows = [(Button(_title(ledger, run), f"x:{run.id}"),) for run in reversed(runs)]
        ledger.edit(person, "stop")
        ledger.say(person, "stop.which", *rows, tag="stop")


def _title(ledger: Ledger, run: Run) -> str:
    flow = ledger.program(run).flow
    return flow.title or ledger.phrase("stop.untitled", run.cast[0]).text


# --- starting phrases -------------------------------------------------------------------------------------------------


def _phrase(ledger: Ledger, typed: str) -> str | None:
    """The flow that these words start, as a whole message."""
    heard = plain_words(typed)
    for name in ledger.library.current:
        program = ledger.library.newest(name)
        if program is not None and any(plain_words(words) == heard for words in program.flow.words):
            return name
    return None


BARE = ("stop", "help", "menu", "back")
"""Commands that people type as a bare word."""

URGENT = ("stop", "help")
"""Those that are asked about even where words are awaited; “home” or “back” is an answer there."""


def _bare_command(ledger: Ledger, person: PersonId, typed: str, names: tuple[str, ...]) -> str | None:
    """The command (with its slash) that these words are, as a whole message."""
    for name in names:
        if is_one_of(typed, ledger.phrase(f"typed.{name}", person).text):
            return f"/{name}"
    return None


def _begin(ledger: Ledger, person: PersonId, what: str) -> None:
    """Starts the flow, or does the command, that a bare word stood for."""
    if what.startswith("/"):
        _command(ledger, person, what)
    else:
        menu.start(ledger, person, what)


def _awaiting_words(ledger: Ledger, person: PersonId) -> list[Run]:
    """Every run that stands on an open question for words of this person, a preview included."""
    return [
        run
        for run in ledger.runs.values()
        if person in run.cast and (asked := open_to(ledger, run, person)) is not None and asked.expects is Open.TEXT
    ]


def _ask_break(ledger: Ledger, person: PersonId, run: Run, flow: str, typed: str) -> None:
    """“Time out”, typed while words are awaited, can be either: the person says which."""
    ledger.change(person, dialog=Dialog(Talk.BREAK, f"{flow} {typed}"))
    asks, takes = {
        "/stop": ("break.or_stop", "break.stop"),
        "/help": ("break.or_help", "break.help"),
    }.get(flow, ("break.question", "break.take"))
    rows = (
        (ledger.label(takes, person, data(run, "b:t")),),
        (ledger.label("break.answer", person, data(run, "b:a")),),
    )
    ledger.edit(person, "break")
    ledger.say(person, asks, *rows, tag="break")


# --- answers ----------------------------------------------------------------------------------------------------------


def _answer(ledger: Ledger, person: PersonId, typed: str, awaited: list[Run]) -> None:
    if len(awaited) == 1:
        answers.typed(ledger, awaited[0], person, typed)
        return
    if len(awaited) > 1:
        held = ledger.people[person].dialog
        if held is not None and held.talk is Talk.WHICH:
            typed = f"{held.about}\n{typed}"
        ledger.change(person, dialog=Dialog(Talk.WHICH, typed))
        rows = [(Button(_title(ledger, ledger.root(run)), data(run, "b:a")),) for run in awaited]
        ledger.edit(person, "break")
        ledger.say(person, "which.question", *rows, tag="break")
        return
    waiting = gate.open_to(ledger, person)
    asked = [run for run in ledger.runs.values() if person in run.cast and open_to(ledger, run, person) is not None]
    understood = [run for run in asked if answers.reading(ledger, run, person, typed) is not None]
    if len(understood) == 1 or len(asked) == 1:
        answers.typed(ledger, (understood or asked)[0], person, typed)
    elif asked:
        ledger.say(person, "which.tap")
    elif waiting is not None and waiting.gate is not None:
        decided = gate.read(ledger, waiting, person, typed)
        if decided is None:
            ledger.say(person, "unclear.gate")
        elif gate.answer(ledger, waiting, waiting.gate, person, decided, typed=True):
            open_up(ledger, ledger.runs[waiting.id])
    elif is_weapon(typed, ledger.library.danger):
        ledger.say(person, "weapon")
    else:
        _unasked(ledger, person)


def _unasked(ledger: Ledger, person: PersonId) -> None:
    """Something came that no question waits for: what became of it is said as it is."""
    if ledger.people[person].missed:
        ledger.change(person, missed=False)
        ledger.say(person, "too_late")
    elif ledger.roots(person):
        ledger.say(person, "nothing_asked")
    else:
        menu.lost(ledger, person)


def attached(ledger: Ledger, person: PersonId, what: Attached, file: str) -> None:
    """A voice note or photo goes to the one open question that can take it; anything else gets a friendly sentence."""
    wanted = {Attached.VOICE: (Open.TEXT, Open.VOICE), Attached.PHOTO: (Open.PHOTO,), Attached.OTHER: ()}[what]
    fits = [
        run
        for run in ledger.runs.values()
        if person in run.cast and (asked := open_to(ledger, run, person)) is not None and asked.expects in wanted
    ]
    if not ledger.people[person].met:
        menu.first(ledger, person)
    elif len(fits) == 1:
        answers.attached(ledger, fits[0], person, what, file)
    elif fits:
        ledger.say(person, "which.again")
    elif any(open_to(ledger, run, person) for run in ledger.runs.values() if person in run.cast):
        ledger.say(person, "no_words")
    else:
        _unasked(ledger, person)


def resolved(ledger: Ledger, person: PersonId, chosen: str, run_id: str, visit: str) -> bool:
    """A tap that says what the words just typed were meant for. False where that is not asked, or no longer."""
    dialog, run = ledger.people[person].dialog, ledger.runs.get(run_id)
    if dialog is None or dialog.talk not in (Talk.BREAK, Talk.WHICH) or chosen not in ("t", "a"):
        return False
    if run is None or str(run.visit) != visit or open_to(ledger, run, person) is None:
        return False
    flow, _, typed = dialog.about.partition(" ") if dialog.talk is Talk.BREAK else ("", "", dialog.about)
    if chosen == "t" and not flow:
        return False
    ledger.change(person, dialog=None)
    ledger.edit(person, "break")
    if chosen == "t":
        _begin(ledger, person, flow)
    else:
        answers.typed(ledger, run, person, typed)
    return True
