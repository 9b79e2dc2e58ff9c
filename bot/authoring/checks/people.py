"""Checks of two people: who reads what, whose answer is shown to whom, and what only goes with one or with two."""

from __future__ import annotations

from collections.abc import Iterator

from bot.authoring.checks.sheet import Said, Sheet, check
from bot.authoring.draft import Draft, DraftStep, Options
from bot.authoring.finding import Severity
from bot.authoring.mentions import comparisons_of, subjects_of
from bot.engine.flow import (
    AnswerValue,
    Between,
    Call,
    EndsValue,
    Is,
    Mark,
    Part,
    Select,
    Share,
    Text,
    Value,
    Who,
)

_FOR_BOTH = (Part.DRAW_FIRST, Part.UPSET, Part.OVERLAP)


@check("C04")
def who_runs(sheet: Sheet) -> Iterator[Said]:
    """`who` on `run`: one leads a flow for two, one or both do a flow for one, a part of the bot says itself."""
    if not sheet.flow.roles:
        return
    roles = " or ".join(sheet.flow.roles)
    for draft, step in sheet.steps():
        match step.action:
            case Call(Part() as part):
                right = step.who is Who.BOTH if part in _FOR_BOTH else step.who is not Who.ANYONE
                right = right and not (part is Part.HELP_LINES and step.who is Who.BOTH)
                usage = "both" if part in _FOR_BOTH else roles if part is Part.HELP_LINES else f"{roles} or both"
                name = part.value
            case Call(str(name)):
                called = sheet.among.get(name)
                if called is None:
                    continue
                right = isinstance(step.who, str) or (step.who is Who.BOTH and not called.roles)
                usage = roles if called.roles else f"{roles} or both"
            case _:
                continue
        if not right:
            shown = step.who.value if isinstance(step.who, Who) else step.who
            yield draft.value("who"), f"`who: {shown}` does not go with “{name}”.", f"Use {usage}."


@check("C10", Severity.WARNING)
def nobody_waits(sheet: Sheet) -> Iterator[Said]:
    """`meanwhile` where no partner waits."""
    for draft, step in sheet.steps():
        if "meanwhile" in draft.words and (not sheet.flow.roles or step.who is Who.ANYONE):
            yield draft.key("meanwhile"), "Nobody waits in this step, so nobody sees this text.", "Delete it."


# --- privacy ---------------------------------------------------------------------------------------------------------


def _places(text: Text) -> Iterator[tuple[AnswerValue | EndsValue, Mark]]:
    """The answers and ends that a text shows or chooses its words by, each at its brace."""
    for wording in text.wordings:
        for piece in wording.pieces:
            if isinstance(piece, Value | Select) and isinstance(piece.subject, AnswerValue | EndsValue):
                yield piece.subject, piece.mark
            if isinstance(piece, Select):
                for words in piece.cases.values():
                    for one in words:
                        if isinstance(one, Value) and isinstance(one.subject, AnswerValue | EndsValue):
                            yield one.subject, piece.mark


def _owners(sheet: Sheet, value: AnswerValue, reader: str) -> tuple[frozenset[str], DraftStep | None]:
    """Whose answer this reader would see, and the step that asked for it (None where that is not known)."""
    asked, cast = sheet.draft.steps.get(value.step), {role: role for role in sheet.flow.roles}
    if value.part is not None:
        running = sheet.draft.steps.get(value.part)
        called = sheet.among.get(running.calls) if running and isinstance(running.calls, str) else None
        asked = called.steps.get(value.step) if called else None
        if running is None or called is None or asked is None:
            return frozenset(), None
        if not called.roles:
            return (frozenset({running.who}) if isinstance(running.who, str) else frozenset({reader})), asked
        if isinstance(running.who, str):
            cast = dict(zip(called.roles, (running.who, sheet.other(running.who)), strict=True))
    if asked is None:
        return frozenset(), None
    if value.of is not None:
        return frozenset({sheet.other(reader) if value.of == "partner" else value.of}), asked
    match asked.who:
        case str(role):
            return frozenset({cast.get(role, role)}), asked
        case _:
            return frozenset({reader}), asked


@check("C11")
def private_shown(sheet: Sheet) -> Iterator[Said]:
    """A text that would show one person's private answer to the other."""
    if len(sheet.flow.roles) != 2:
        return
    for _, text, readers in sheet.texts():
        for subject, mark in _places(text):
            value = _behind(sheet, subject)
            if value is None:
                continue
            for reader in sorted(readers):
                owners, asked = _owners(sheet, value, reader)
                private = asked is not None and asked.sound and asked.share is Share.PRIVATE
                if asked is not None and private and asked.who is not Who.ANYONE and owners - {reader}:
                    said = f"This would show a private answer (“{asked.name}”, line {asked.mark.line}) to the other"
                    so = "so that people know before they answer. Or take it out here."
                    yield mark, f"{said} partner.", f"Add `share: now` or `share: when_both` to “{asked.name}”, {so}"
                    break


def _behind(sheet: Sheet, subject: AnswerValue | EndsValue) -> AnswerValue | None:
    """The answer that a value gives away: itself, or the length that somebody chose for a wait."""
    if isinstance(subject, AnswerValue):
        return subject
    waiting = sheet.draft.steps.get(subject.step)
    return AnswerValue(waiting.length) if waiting is not None and isinstance(waiting.length, str) else None


@check("C18")
def safety_shared(sheet: Sheet) -> Iterator[Said]:
    """A question under a card about safety is private, always."""
    for draft, step in sheet.steps():
        if draft.verb == "ask" and step.card in sheet.pack.safety_cards and draft.share is not Share.PRIVATE:
            said = f"“{draft.name}” is asked with `share: {draft.share.value}`."
            yield draft.value("share"), f"{said} Answers about safety are always private.", "Delete this line."


@check("C19", Severity.WARNING)
def shared_unseen(sheet: Sheet) -> Iterator[Said]:
    """An answer that is shared, and that nothing shows, follows or waits for."""
    if not sheet.flow.roles or sheet.shaky:
        return
    used = set(_used(sheet))
    for draft, step in sheet.steps():
        if draft.verb != "ask" or draft.share is Share.PRIVATE or draft.name in used or "share" not in draft.words:
            continue
        partner = f"{{{sheet.other(step.who)}}}" if isinstance(step.who, str) else "{partner}"
        said = f"“{draft.name}” is shared, but no text shows it to {partner}."
        yield draft.key("share"), said, f"Show it with {{{draft.name}}}, or take `share` out."


def _used(sheet: Sheet) -> Iterator[str]:
    """The questions whose answers reach the partner: in a text, a wait, a table, a part of the bot, another flow."""
    for name, step in sheet.flow.steps.items():
        for row in step.rows:
            if isinstance(row.test, Is | Between):
                yield name
            yield from (comparison.answer.step for comparison in comparisons_of(row.test))
    for draft, text, _ in sheet.texts():
        yield from (one.step for one in subjects_of(text) if isinstance(one, AnswerValue) and one.step != draft.name)
    for waiting in sheet.draft.steps.values():
        if isinstance(waiting.length, str):
            yield waiting.length
    if any(step.calls is Part.OVERLAP for step in sheet.draft.steps.values()):
        yield from (name for name, step in sheet.draft.steps.items() if step.verb == "ask" and _several(step))
    for other in sheet.among.values():
        yield from _quoted_by(other, sheet.flow.name)


def _several(step: DraftStep) -> bool:
    return isinstance(step.shape, Options) and step.shape.up_to > 1


def _quoted_by(other: Draft, flow: str) -> Iterator[str]:
    """The steps of a part that another flow's texts name through the step that runs it."""
    running = [name for name, step in other.steps.items() if step.calls == flow]
    for quote in other.quotes:
        first, _, rest = quote.partition(".")
        if rest and first in running:
            yield rest
