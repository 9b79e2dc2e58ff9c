"""Checks of time: waits that have a length, reminders that somebody gets, a rhythm only where people can see it."""

from __future__ import annotations

from collections.abc import Iterator

from bot.authoring.checks.sheet import Said, Sheet, check
from bot.authoring.draft import Options
from bot.authoring.finding import Severity, did_you_mean
from bot.engine.flow import NoAnswer, Who


@check("T04")
def no_length(sheet: Sheet) -> Iterator[Said]:
    """A wait that takes its length from a step which asks for none."""
    timed = [
        name
        for name, step in sheet.draft.steps.items()
        if isinstance(step.shape, Options) and all(option.length is not None for option in step.shape.options)
    ]
    for draft, _ in sheet.steps():
        name = draft.length
        if not isinstance(name, str):
            continue
        asked = sheet.draft.steps.get(name)
        hint = "Write for example `20 minutes`, or the name of a question whose choices are lengths of time."
        if asked is None:
            said = f"“{name}” is neither a length of time nor the name of a step.{did_you_mean(name, timed)}"
            yield draft.value("wait"), said, hint
        elif asked.sound and name not in timed:
            yield draft.value("wait"), f"The step “{name}” does not ask for a length of time.", hint
        elif asked.sound and asked.who is Who.BOTH:
            said = f"Two people answer “{name}”, so this wait has no one length."
            yield draft.value("wait"), said, "Ask one of them, or `anyone`."


@check("T08")
def part_with_a_time(sheet: Sheet) -> Iterator[Said]:
    """`every` on a flow that is not in the menu."""
    if "every" in sheet.draft.words and "title" not in sheet.draft.words:
        hint = "Give it a `title`, or put `every` into the flow that runs it."
        yield sheet.draft.key("every"), "A part cannot have its own time.", hint


@check("T09", Severity.WARNING)
def late_reminder(sheet: Sheet) -> Iterator[Said]:
    """A reminder after the time-out of its own question."""
    for draft, step in sheet.steps():
        ends = [row.test.after for row in step.rows if isinstance(row.test, NoAnswer)]
        if ends and draft.remind and max(draft.remind) >= min(ends):
            said = "The reminder comes after the time-out, so nobody gets it."
            yield draft.value("remind"), said, "Choose a shorter time."
