"""Checks of answers: buttons that people can tell apart and read, and parts that need a question before them."""

from __future__ import annotations

from collections.abc import Iterator

from bot.authoring.checks.sheet import Said, Sheet, check
from bot.authoring.draft import Options
from bot.authoring.finding import Severity
from bot.engine.flow import Part, Who

EASY_CHOICES = 6
"""Above this the checker asks whether fewer would do: people in stress read four or five well."""
NARROW = 32
"""Characters of a button that fit on a small phone."""


@check("A04", Severity.WARNING)
def one_choice(sheet: Sheet) -> Iterator[Said]:
    """A question with one answer. One button to go on is a `say` with a wait, or a question that is none."""
    for draft, _ in sheet.steps():
        if isinstance(draft.shape, Options) and len(draft.shape.options) == 1:
            yield draft.shape.options[0].mark, "There is only one choice.", "Add another, or use `say`."


@check("A05", Severity.WARNING)
def many_choices(sheet: Sheet) -> Iterator[Said]:
    """More buttons than a stressed person reads."""
    for draft, _ in sheet.steps():
        if isinstance(draft.shape, Options) and len(draft.shape.options) > EASY_CHOICES:
            said = f"{len(draft.shape.options)} choices. People in stress read four or five well."
            yield draft.key("choices"), said, "Join those that are close to each other."


@check("A07", Severity.WARNING)
def wide_button(sheet: Sheet) -> Iterator[Said]:
    """Words that a small phone cuts."""
    for draft, _ in sheet.steps():
        for option in draft.shape.options if isinstance(draft.shape, Options) else ():
            if len(option.label.text) > NARROW and not option.label.braces:
                said = f"A button with {len(option.label.text)} characters is cut on small phones (about {NARROW} fit)."
                yield option.label.mark, said, "Shorten it."


@check("A08")
def same_button(sheet: Sheet) -> Iterator[Said]:
    """Two buttons that nobody can tell apart."""
    for draft, _ in sheet.steps():
        lines: dict[str, int] = {}
        for option in draft.shape.options if isinstance(draft.shape, Options) else ():
            words = " ".join(option.label.text.casefold().split())
            if words in lines:
                said = f"Two choices have the same words; the other is on line {lines[words]}."
                yield option.label.mark, said, "Use other words for one of them."
            lines.setdefault(words, option.label.mark.line)


@check("A16")
def nothing_to_overlap(sheet: Sheet) -> Iterator[Said]:
    """`bot.overlap` shows what both picked, so both must have been asked to pick."""
    asked = False
    for draft in sheet.draft.steps.values():
        asked = asked or (isinstance(draft.shape, Options) and draft.who is Who.BOTH)
        if draft.calls is Part.OVERLAP and not asked and draft.name not in sheet.shaky and sheet.draft.roles:
            said = "No question with choices for both comes before this, so it has no answers to show."
            yield draft.value("run"), said, "Ask both with `choices` and `answer: up to 3` first."
