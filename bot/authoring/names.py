"""What a name in a text means: a person, an answer, an end, an answer of a part or of another flow."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from bot.authoring.draft import Draft, DraftStep
from bot.authoring.finding import Finding, did_you_mean, error, listed
from bot.engine.flow import (
    AnswerValue,
    EndsValue,
    FlowValue,
    GivenValue,
    Mark,
    PartnerName,
    ReaderName,
    RoleName,
    Subject,
)

_NAME = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")


@dataclass(frozen=True, slots=True)
class Scope:
    """The names that a text or a condition may use. `flows` is None where other files are not looked at;
    `given` texts are phrases of the bot, where every name that is not a person is handed in by the engine."""

    roles: tuple[str, ...] = ()
    steps: Mapping[str, DraftStep] | None = None
    flows: Mapping[str, Draft] | None = None
    given: bool = False

    def step(self, name: str) -> DraftStep | None:
        return None if self.steps is None else self.steps.get(name)


def asked_step(subject: AnswerValue | FlowValue, scope: Scope) -> DraftStep | None:
    """The question whose answer a value shows, also in another file; None where it is not known."""
    match subject:
        case FlowValue(flow, step):
            other = (scope.flows or {}).get(flow)
            return None if other is None else other.steps.get(step)
        case AnswerValue(step, _, None):
            return scope.step(step)
        case AnswerValue(step, _, part):
            running = scope.step(part or "")
            called = running.calls if running is not None else None
            other = (scope.flows or {}).get(called) if isinstance(called, str) else None
            return None if other is None else other.steps.get(step)


def resolve(name: str, mark: Mark, scope: Scope, found: list[Finding]) -> Subject | None:
    """What `{name}` means here, or None and a finding (A14, A15, A16)."""
    if name == "name":
        return ReaderName()
    if name == "partner":
        return PartnerName()
    if scope.given:
        if _NAME.fullmatch(name):
            return GivenValue(name)
        found.append(error("A15", mark, f"There is no value “{name}”.", "Write one word between { and }."))
        return None
    if name in scope.roles:
        return RoleName(name)
    first, dot, rest = name.partition(".")
    if not dot:
        step = scope.step(name)
        return AnswerValue(name) if _asks(step, name, mark, scope, found) else None
    return _dotted(first, rest, mark, scope, found)


def _dotted(first: str, rest: str, mark: Mark, scope: Scope, found: list[Finding]) -> Subject | None:
    step = scope.step(first)
    if first == "partner" or first in scope.roles:
        if not scope.roles:
            hint = "Only in a flow for two, what both answered can be shown."
            found.append(error("A15", mark, f"There is no value “{first}.{rest}” in a flow for one.", hint))
            return None
        asked = scope.step(rest)
        if not _asks(asked, rest, mark, scope, found):
            return None
        if asked is not None and first != "partner" and isinstance(asked.who, str) and asked.who != first:
            said = f"“{rest}” is not asked of {first}, so there is no answer to show."
            found.append(error("A16", mark, said, f"Write {{{rest}}}."))
            return None
        return AnswerValue(rest, of=first)
    if rest == "ends":
        if step is None or step.verb != "wait":
            if step is not None and not step.sound:
                return None
            said = f"“{first}” is not a step that waits."
            waiting = [f"{{{name}.ends}}" for name, one in (scope.steps or {}).items() if one.verb == "wait"]
            hint = f"Steps that wait: {listed(waiting)}." if waiting else "Give a step `wait:` with a length of time."
            found.append(error("A14", mark, f"{{{first}.ends}} : {said}", hint))
            return None
        return EndsValue(first)
    if step is not None and step.verb == "run":
        other = (scope.flows or {}).get(step.calls) if isinstance(step.calls, str) else None
        if scope.flows is None or (other is None and isinstance(step.calls, str)) or not step.sound:
            return AnswerValue(rest, part=first)
        steps = {} if other is None else other.steps
        return AnswerValue(rest, part=first) if _asks_in(steps, rest, f"{first}.", mark, found) else None
    if scope.flows is None and step is None:
        return FlowValue(first, rest)
    other = (scope.flows or {}).get(first)
    if step is None and other is not None:
        return FlowValue(first, rest) if _asks_in(other.steps, rest, f"{first}.", mark, found) else None
    if step is None or step.sound:
        found.append(_unknown(f"{first}.{rest}", mark, scope))
    return None


def _asks_in(steps: Mapping[str, DraftStep], name: str, prefix: str, mark: Mark, found: list[Finding]) -> bool:
    """Whether this step of another file asks something."""
    asking = [f"{prefix}{step}" for step, one in steps.items() if one.verb == "ask"]
    if name in steps and steps[name].verb in ("ask", None):
        return True
    if name in steps:
        found.append(error("A16", mark, f"“{prefix}{name}” asks nothing, so it has no answer to show."))
        return False
    said = f"There is no value “{prefix}{name}”.{did_you_mean(prefix + name, asking)}"
    found.append(error("A15", mark, said, f"Values here: {listed('{' + one + '}' for one in asking)}."))
    return False


def _asks(step: DraftStep | None, name: str, mark: Mark, scope: Scope, found: list[Finding]) -> bool:
    if step is None:
        if scope.steps is None:
            return True
        found.append(_unknown(name, mark, scope))
        return False
    if step.verb == "ask":
        return True
    if step.sound:
        hint = "Name a step that asks something, or take it out."
        found.append(error("A16", mark, f"“{name}” asks nothing, so it has no answer to show.", hint))
    return False


def _unknown(name: str, mark: Mark, scope: Scope) -> Finding:
    asking = [step for step, one in (scope.steps or {}).items() if one.verb == "ask"]
    known = ["name", "partner", *scope.roles, *asking]
    said = f"There is no value “{name}”.{did_you_mean(name, known)}"
    return error("A15", mark, said, f"Values here: {listed('{' + one + '}' for one in known)}.")
