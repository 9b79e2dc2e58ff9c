"""One message as the rules read it: letters made plain, short forms written out, slips mended.

What stays are small letters without accents, signs that end a clause, emoji, and one blank between words.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping

LONGEST = 4096
"""Letters that are read; Telegram sends no more in one message."""

KNOWN_SHARE = 0.6
"""A message is taken to be in a language when this share of its words is known there; only then slips are mended."""

SLIPS_ALWAYS = 2
"""Unknown words that even a short message may have, as long as two of its words are known."""

MENDED_MOST = 12
"""Unknown words that are looked at. A message with more is in another language, or no language."""

LONG_WORD = 8
"""Letters from which two slips may be mended in one word (recognition by rules, 70 → 86 % with one slip)."""

_SIGNS = str.maketrans(dict.fromkeys("’‘`´ʼ′＇", "'") | {"…": ".", "\n": ".", "ß": "ss"})
_LATIN_MARKS = re.compile("(?<=[a-z])[\u0300-\u036f]+")
_LETTERS_FOR_SIGNS = str.maketrans({"!": "i", "1": "i", "0": "o", "3": "e", "@": "a", "$": "s"})
_DISGUISED = re.compile(r"(?<=[^\W\d])[!10@$3](?=[^\W\d])")
_SPACED = re.compile(r"(?<!\w)(?:[^\W\d_][ .\-_*]){3,}[^\W\d_](?!\w)")
_REPEATED = re.compile(r"(.)\1{2,}")
_WORD = re.compile(r"[\w'*]+")
_QUOTES = re.compile(r"[\"“”„«»()\[\]<>_~#|\\/]+")
_BLANKS = re.compile(r"\s+")


def plain(words: str) -> str:
    """Small letters without accents or invisible signs, apostrophes all alike. `ё` is `е`; other Cyrillic stays."""
    text = unicodedata.normalize("NFKC", words[:LONGEST]).casefold().translate(_SIGNS)
    if not text.isascii():
        text = "".join(letter for letter in text if unicodedata.category(letter) != "Cf")
        text = _LATIN_MARKS.sub("", unicodedata.normalize("NFD", text))
        text = unicodedata.normalize("NFC", text).replace("ё", "е")
    text = _REPEATED.sub(r"\1\1", text)
    text = _SPACED.sub(lambda found: re.sub(r"[ .\-_*]", "", found[0]), text)
    return _DISGUISED.sub(lambda found: found[0].translate(_LETTERS_FOR_SIGNS), text)


def written_out(text: str, spelling: Mapping[str, str]) -> str:
    """Plain text with the short forms of one language written out. Apostrophes and hyphens become blanks."""
    if spelling:
        text = _WORD.sub(lambda found: spelling.get(found[0], found[0]), text)
    text = text.replace("'", " ").replace("-", " ")
    return _BLANKS.sub(" ", _QUOTES.sub(" ", text)).strip()


def words_of(text: str) -> set[str]:
    """The words of a plain text, with their apostrophes."""
    return set(_WORD.findall(text))


def shortened(word: str, letters: int) -> set[str]:
    """The word, and what is left of it without one letter (or two)."""
    every = {word}
    last = {word}
    for _ in range(letters):
        last = {one[:at] + one[at + 1 :] for one in last for at in range(len(one))}
        every |= last
    return every


def slips(word: str) -> int:
    """How many slips are mended in a word of this length; none in the shortest, where everything is near."""
    return 0 if len(word) < 3 else 2 if len(word) >= LONG_WORD else 1


def shelf(repairs: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Each word under every form that some slip leaves of it, so that a misspelt word finds it without a search."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for word in repairs:
        for form in shortened(word, slips(word)):
            found[form].append(word)
    return {form: tuple(words) for form, words in found.items()}


def distance(one: str, other: str, most: int) -> int:
    """Letters added, lost, changed or swapped with a neighbour; anything above `most` is `most` + 1."""
    if abs(len(one) - len(other)) > most:
        return most + 1
    older: list[int] = []
    old = list(range(len(other) + 1))
    for row, letter in enumerate(one, 1):
        new = [row]
        for column, against in enumerate(other, 1):
            cost = min(old[column] + 1, new[-1] + 1, old[column - 1] + (letter != against))
            if row > 1 and column > 1 and letter == other[column - 2] and one[row - 2] == against:
                cost = min(cost, older[column - 2] + 1)
            new.append(cost)
        if min(new) > most:
            return most + 1
        older, old = old, new
    return min(old[-1], most + 1)


def mended(text: str, known: frozenset[str], shelved: Mapping[str, tuple[str, ...]]) -> str:
    """Written-out text with unknown words turned into the nearest word of the rules. The same text where the message is
    not in this language, or where nothing is near."""
    words = [word for word in _WORD.findall(text) if not word.isdigit()]
    unknown = dict.fromkeys(word for word in words if word not in known)
    strange = sum(word not in known for word in words)
    few = strange <= SLIPS_ALWAYS and strange <= len(words) - 2
    if not unknown or len(unknown) > MENDED_MOST or not (few or strange <= (1 - KNOWN_SHARE) * len(words)):
        return text
    better = {word: near for word in unknown if (near := _nearest(word, shelved)) is not None}
    return _WORD.sub(lambda found: better.get(found[0], found[0]), text) if better else text


def _nearest(word: str, shelved: Mapping[str, tuple[str, ...]]) -> str | None:
    most = slips(word)
    if not most or not word[0].isalpha() or len(word) > 20:
        return None
    near = {one for form in shortened(word, most) for one in shelved.get(form, ())}
    measured = sorted((distance(word, one, slips(one)), one[0] != word[0], one) for one in near)
    return next((one for far, _, one in measured if far <= min(most, slips(one))), None)
