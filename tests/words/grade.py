"""How hard a text is to read: a school grade out of the length of its sentences and the length of its words."""

from __future__ import annotations

import re

MOST = 7.0
"""The house's limit: what people read is for a reading age of about twelve."""

ENOUGH = 12
"""Words below which a text is too short for its share of long words to mean anything: one long word in a button with
two words is half of it. What is missing is counted as plain words."""

PLAIN = 1.3
"""Syllables of a plain English word: those of the bot's own texts have 1.2 to 1.4 on average."""

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*|\d[\d:.,]*")
_END = re.compile(r"[.!?:;…]+(?=[\s”’\")\]]|$)|\n")
_ENDING = re.compile(r"(?<=[aeiouy])([^aeiouy]*?e?)(ly|ness|ful|less|thing|where|body|ing|ment)$")
_SILENT = re.compile(r"(?<![aeiouyl])e$|(?<=[aeiouy])le$|(?<=[^aeiouydt])ed$|(?<=[^aeiouycgsxzh])es$")
_VOWELS = re.compile(r"[aeiouyäöüáéíóú]+")


def grade(text: str) -> float:
    """The grade of the American school in which this text can be read, 0 or below for the first words.

    Kincaid, Fishburne, Rogers and Chissom (1975), Derivation of new readability formulas for Navy enlisted personnel,
    Research Branch Report 8-75: 0.39 * words in a sentence + 11.8 * syllables in a word - 15.59. It was made for
    passages of a hundred words, so a text under `ENOUGH` words is filled up with plain ones. Syllables are estimated.
    """
    words = _WORD.findall(text)
    if not words:
        return 0.0
    sentences = [part for part in _END.split(text) if _WORD.search(part)]
    missing = max(0, ENOUGH - len(words))
    spoken = sum(map(syllables, words)) + PLAIN * missing
    return 0.39 * len(words) / len(sentences) + 11.8 * spoken / (len(words) + missing) - 15.59


def syllables(word: str) -> int:
    """About how many syllables an English word has, by its groups of vowels; a number counts as one."""
    letters = re.sub(r"['’].*", "", word.lower())
    if not letters or letters[0].isdigit():
        return 1
    ending = _ENDING.search(letters)
    stem = letters[: ending.start(2)] if ending else letters
    if ending or len(stem) > 3:
        stem = _SILENT.sub("", stem)
    return max(1, len(_VOWELS.findall(stem))) + (len(_VOWELS.findall(ending[2].rstrip("e"))) if ending else 0)
