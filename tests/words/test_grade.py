"""Everything that people read can be read at the age of about twelve."""

from __future__ import annotations

import pytest

from .grade import MOST, grade, syllables
from .shown import bot_texts


def test_every_text_can_be_read_in_grade_seven() -> None:
    texts = list(bot_texts())
    files = {text.file for text in texts}
    assert {"content/phrases/en.yaml", "content/terminal.yaml", "content/help_lines.yaml"} <= files
    assert sum(file.startswith("flows/") for file in files) >= 7
    assert sum(file.startswith("content/cards/") for file in files) >= 16
    assert [f"grade {grade(text.text):.1f}: {text}" for text in texts if grade(text.text) > MOST] == []


@pytest.mark.parametrize(
    ("word", "number"),
    [
        ("breathe", 1),
        ("called", 1),
        ("wanted", 2),
        ("little", 2),
        ("minutes", 2),
        ("messages", 3),
        ("something", 2),
        ("closeness", 2),
        ("emergency", 4),
        ("conversation", 4),
        ("partner's", 2),
        ("24", 1),
    ],
)
def test_syllables_are_counted_by_ear(word: str, number: int) -> None:
    assert syllables(word) == number


def test_the_formula_is_kincaids_for_a_text_that_is_long_enough() -> None:
    text = "The cat sat on the mat and the dog ran off. It had seen a bird in the tree."
    assert grade(text) == pytest.approx(0.39 * 19 / 2 + 11.8 * 1 - 15.59)


@pytest.mark.parametrize(
    "text",
    [
        "Cognitive reappraisal facilitates emotional regulation.",
        "Hippocampus neurogenesis modulation",
        "When the two of you have been at odds for a long time about the same old thing it can help if one of you says "
        "that it is time to stop.",
    ],
)
def test_long_words_and_long_sentences_are_too_hard(text: str) -> None:
    assert grade(text) > MOST


@pytest.mark.parametrize(
    "text", ["Settings", "Something lighter", "Lonely", "", "…", "Would you like to talk about it now?"]
)
def test_a_plain_button_is_not_too_hard(text: str) -> None:
    assert grade(text) < MOST
