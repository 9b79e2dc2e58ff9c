"""A draft → a flow: texts and tables read, every name resolved. What has a finding gets a stand-in and is said once."""

from __future__ import annotations

from dataclasses import dataclass

from bot.authoring.conditions import read_test
from bot.authoring.draft import Draft, DraftStep, Options
from bot.authoring.finding import Finding, error
from bot.authoring.names import Scope
from bot.authoring.nodes import Fields, Items, Scalar
from bot.authoring.shapes import once, one_text
from bot.authoring.texts import read_text
from bot.authoring.words import BUTTON_MOST, CAPTION_MOST, ROWS_MOST, TEXT_MOST
from bot.engine.flow import (
    Action,
    Ask,
    Call,
    Choice,
    Choices,
    Expected,
    Flow,
    Media,
    Open,
    Otherwise,
    Row,
    Say,
    Step,
    Text,
    Wait,
)

_CHART = "chart of "
_NOTHING = Text(())


@dataclass(frozen=True, slots=True)
class Reading:
    """A flow as far as it could be read. `shaky` steps have a finding already; `routed` says whether every table of
    the file was read, so that paths can be followed."""

    flow: Flow
    shaky: frozenset[str]
    routed: bool


def read_flow(draft: Draft, scope: Scope, found: list[Finding]) -> Reading:
    """The flow of a draft. Its steps are all there, in the order of the file."""
    shaky: set[str] = {name for name, step in draft.steps.items() if not step.sound}
    steps: dict[str, Step] = {}
    routed = True
    for name, step in draft.steps.items():
        before = len(found)
        rows = _rows(step, scope, found)
        routed = routed and len(found) == before and (step.sound or step.next is not None)
        steps[name] = Step(
            name=name,
            action=_action(step, scope, found),
            mark=step.mark,
            who=step.who,
            card=step.card or draft.card,
            media=_media(step),
            rows=rows,
            was=step.was,
        )
        if len(found) > before:
            shaky.add(name)
    flow = Flow(
        name=draft.name,
        steps=steps,
        mark=draft.mark,
        title=draft.title,
        about=draft.about,
        kind=draft.gate,
        roles=draft.roles,
        alone=draft.alone,
        every=draft.every,
        words=tuple(phrase.text for phrase in draft.phrases),
        card=draft.card,
        order=tuple(steps),
    )
    return Reading(flow, frozenset(shaky), routed)


def _action(step: DraftStep, scope: Scope, found: list[Finding]) -> Action:
    """The verb with its words. A step without one becomes an empty `say`; it is never run."""
    texts = step.texts or {}
    read = {word: read_text(scalars, scope, found) for word, scalars in texts.items() if scalars}
    _lengths(step, found)
    match step.verb:
        case "ask":
            return Ask(
                text=read.get("ask", _NOTHING),
                expects=_expects(step, scope, found),
                share=step.share,
                meanwhile=read.get("meanwhile"),
                remind=step.remind,
            )
        case "wait" if step.length is not None:
            return Wait(step.length, read.get("say"))
        case "run" if step.calls is not None:
            return Call(step.calls, read.get("meanwhile"))
        case _:
            return Say(read.get("say", _NOTHING))


def _lengths(step: DraftStep, found: list[Finding]) -> None:
    """T01: what Telegram can show in one message, with room for values."""
    most = CAPTION_MOST if step.media is not None else TEXT_MOST
    for word, scalars in (step.texts or {}).items():
        limit = TEXT_MOST if word == "meanwhile" else most
        for scalar in scalars:
            number = len(scalar.text)
            if number > limit:
                said = f"{word} has {number} characters; {limit} is the most that Telegram can show in one message"
                found.append(error("T01", scalar.mark, f"{said} of this kind.", "Split it into two steps."))


def _expects(step: DraftStep, scope: Scope, found: list[Finding]) -> Expected:
    match step.shape:
        case None:
            return Open.TEXT
        case Options(options, up_to):
            choices = []
            for option in options:
                label = read_text([option.label], scope, found)
                if len(option.label.text) > BUTTON_MOST:
                    said = f"A button has {len(option.label.text)} characters; {BUTTON_MOST} is the most."
                    found.append(error("T01", option.label.mark, said, "Put the rest into the question."))
                choices.append(Choice(option.name, label, option.mark, option.length))
            return Choices(tuple(choices), up_to)
        case shape:
            return shape


def _media(step: DraftStep) -> Media | None:
    if step.media is None:
        return None
    words = step.media.text
    if words.startswith(_CHART):
        return Media(None, words.removeprefix(_CHART).strip(), step.alt, step.media.mark)
    return Media(words, None, step.alt, step.media.mark)


def _rows(step: DraftStep, scope: Scope, found: list[Finding]) -> tuple[Row, ...]:
    """The table of a step. A single target is a table with one `otherwise`."""
    match step.next:
        case None:
            return ()
        case Items(_, mark):
            hint = "Write for example `yes: talk`."
            found.append(error("N01", mark, "`next` takes “answer: step” lines, without “- ”.", hint))
            return ()
        case Scalar() as scalar:
            target = one_text(scalar, "next", found)
            return () if target is None else (Row(Otherwise(), target.text, step.key("next"), target.mark),)
        case Fields() as table:
            return _table(table, step, scope, found)


def _table(table: Fields, step: DraftStep, scope: Scope, found: list[Finding]) -> tuple[Row, ...]:
    entries = list(once(table, found).values())
    if len(entries) > ROWS_MOST:
        said = f"{len(entries)} lines under `next`. A step may have {ROWS_MOST}."
        found.append(error("K13", entries[ROWS_MOST].key.mark, said, "Use ranges, or `otherwise`."))
        return ()
    rows: list[Row] = []
    for entry in entries:
        test = read_test(entry.key, step, scope, found)
        target = one_text(entry.value, "next", found)
        if test is not None and target is not None:
            rows.append(Row(test, target.text, entry.key.mark, target.mark))
    return tuple(rows)


def scope_of(draft: Draft, flows: dict[str, Draft] | None) -> Scope:
    """The names that the texts and tables of this file may use."""
    return Scope(draft.roles, draft.steps, flows)


__all__ = ["Reading", "read_flow", "scope_of"]
