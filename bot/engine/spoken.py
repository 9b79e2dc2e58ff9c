"""Buttons in words: somebody who types what stands on an open button of the bot means that button.

The choices of a question are read elsewhere (`answers`), where slips and guesses count too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from bot.engine import crisis, people, profile, rhythm, understand, verdict, welcome
from bot.engine.casting import included, open_to
from bot.engine.events import Button, PersonId
from bot.engine.flow import Choices, Scale
from bot.engine.ledger import Ledger
from bot.engine.messages import answer_buttons, data, late_buttons, preview
from bot.engine.run import Talk
from bot.engine.text import plain

BREAK = {"break.take": "t", "break.stop": "t", "break.help": "t", "break.answer": "a"}
"""The buttons under “a break, or your answer?”, and what they say."""


def plain_words(words: str) -> str:
    """Small letters, without signs, one blank between: how a whole message is compared."""
    return " ".join(re.sub(r"[^\w\s]", " ", plain(words).casefold()).split())


def is_one_of(words: str, several: str) -> bool:
    """Whether a whole message is one of the wordings that stand with / between them."""
    return plain_words(words) in (plain_words(one) for one in several.split("/"))


def meant(ledger: Ledger, person: PersonId, typed: str) -> str | None:
    """What the open button with these words would send; None where no open button says so."""
    button = among(_open(ledger, person), typed)
    return button.data if button is not None else _yes_or_no(ledger, person, typed)


def among(buttons: Iterable[Button], typed: str) -> Button | None:
    """The first of these buttons that says the same as the typed words."""
    heard = plain_words(typed)
    return next((one for one in buttons if heard and plain_words(one.label) == heard), None)


def _open(ledger: Ledger, person: PersonId) -> Iterator[Button]:
    """The bot's own buttons that stand open for this person, those of the nearest question first."""
    awaited = False
    dialog = ledger.people[person].dialog
    for run in reversed(list(ledger.runs.values())):
        asked = open_to(ledger, run, person)
        awaited = awaited or asked is not None
        if asked is not None and dialog is not None and dialog.talk is Talk.BREAK:
            for key, said in BREAK.items():
                yield ledger.label(key, person, data(run, f"b:{said}"))
        if asked is not None and person in run.drafts:
            yield from _flat(preview(ledger, run, asked, person, run.drafts[person]).buttons)
        if asked is not None:
            if not isinstance(asked.expects, Choices | Scale):
                yield from _flat(answer_buttons(ledger, run, asked, person))
            elif isinstance(asked.expects, Choices) and asked.expects.up_to > 1:
                yield from _flat(answer_buttons(ledger, run, asked, person)[-1:])
            for word in ledger.phrase("typed.skip", person).text.split("/"):
                yield Button(word, data(run, "a", "s"))
        if run.late and person in included(ledger, run) and not ledger.root(run).suspended:
            yield from _flat(late_buttons(ledger, run, person))
    if not awaited:  # “Spain” or “she” can be an answer
        yield from people.buttons(ledger, person)
        yield from rhythm.buttons(ledger, person)
        yield from welcome.buttons(ledger, person)
        yield from verdict.buttons(ledger, person)
        yield from profile.buttons(ledger, person)
        yield from crisis.questions(ledger, person)


def _flat(rows: tuple[tuple[Button, ...], ...]) -> Iterator[Button]:
    return (button for row in rows for button in row)


def _yes_or_no(ledger: Ledger, person: PersonId, typed: str) -> str | None:
    """A plain yes or no to a guess of the bot, or to a question of its own."""
    said = understand.yes_no(typed, ledger.library.tables)
    if said is None or not said.sure:
        return None
    for run in reversed(list(ledger.runs.values())):
        draft = run.drafts.get(person)
        if open_to(ledger, run, person) is not None:
            return data(run, "d", said.value[0]) if draft is not None and draft.guess else None
    asked = [*people.buttons(ledger, person), *rhythm.buttons(ledger, person)]
    return next((one.data for one in asked if one.data.endswith(f":{said.value[0]}")), None)
