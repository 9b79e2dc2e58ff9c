"""Yes or no, from typed words; what weakens it makes it a guess, and maybe is neither."""

from collections.abc import Sequence
from typing import Literal

from bot.engine.typed.lexicon import Tables
from bot.engine.typed.reading import Reading, Token, Understood, letters, understood

YesNo = Literal["yes", "no"]

_ANSWERS = ("yes", "no", "rather_yes", "rather_no")
_LEANINGS = (*_ANSWERS, "maybe")


def yes_no(words: str, tables: Tables) -> Understood[YesNo] | None:
    """Yes or no; not sure where something weakens it or more is said; None for maybe, for neither and for both."""
    return understood(words, tables, _yes_no)


def _yes_no(tokens: Sequence[Token]) -> Reading[Understood[YesNo]] | None:
    telling = [token for token in tokens if not token.has("filler") or token.has(*_LEANINGS)]
    yes = any(token.has("yes", "rather_yes") for token in telling)
    no = any(token.has("no", "rather_no") for token in telling)
    known = [token for token in telling if token.has(*_LEANINGS)]
    if yes == no or not (telling[0].has(*_ANSWERS) or telling[-1].has(*_ANSWERS)):
        return None  # neither, both, or somewhere inside a story
    if yes and any(token.has("not") for token in telling):
        return None
    sure = all(token.has("yes", "no") for token in telling)
    fillers = [token for token in tokens if token.has("filler") and not token.has(*_LEANINGS)]
    return Reading(letters(known) + letters(fillers), Understood("yes" if yes else "no", sure))
