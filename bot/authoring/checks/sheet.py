"""What a check is given: one flow, its draft with the place of every word, the other flows and the pack's contents."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from bot.authoring.draft import Draft, DraftStep
from bot.authoring.finding import Finding, Severity
from bot.engine.flow import Ask, Call, Choices, Flow, Mark, Say, Step, Text, Wait, Who


@dataclass(frozen=True, slots=True)
class Pack:
    """What lies beside the flows. None where it is not known, so that nothing is said about it."""

    media: frozenset[str] | None = None
    cards: frozenset[str] | None = None
    safety_cards: frozenset[str] = frozenset()
    home: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Sheet:
    """`shaky` steps have a finding already; `routed` says whether every table could be read; `among` are all flows by
    name, this one included, `twins` other files with the same flow name."""

    draft: Draft
    flow: Flow
    shaky: frozenset[str]
    routed: bool
    among: Mapping[str, Draft] = field(default_factory=dict)
    pack: Pack = Pack()
    twins: tuple[Draft, ...] = ()

    def steps(self) -> Iterator[tuple[DraftStep, Step]]:
        """The steps without a finding, in the order of the file."""
        for name, step in self.draft.steps.items():
            if name not in self.shaky:
                yield step, self.flow.steps[name]

    def texts(self) -> Iterator[tuple[DraftStep, Text, frozenset[str]]]:
        """Every text of a sound step with the roles that read it; the labels of buttons included."""
        everybody = frozenset(self.flow.roles)
        for draft, step in self.steps():
            asked = frozenset({step.who}) if isinstance(step.who, str) else everybody
            others = everybody - asked if isinstance(step.who, str) else everybody
            for word, text in texts_of(step):
                yield draft, text, others if word == "meanwhile" else asked

    def other(self, role: str) -> str:
        return next(one for one in self.flow.roles if one != role)

    def roles_of(self, who: str | Who | None) -> frozenset[str]:
        """The roles that a `who` means; none in a flow for one."""
        return frozenset({who}) if isinstance(who, str) else frozenset(self.flow.roles)


def texts_of(step: Step) -> Iterator[tuple[str, Text]]:
    """The texts of a step, each with the word it stands under."""
    match step.action:
        case Say(text):
            yield "say", text
        case Wait(_, text):
            if text is not None:
                yield "say", text
        case Ask(text, expects, _, meanwhile):
            yield "ask", text
            if isinstance(expects, Choices):
                yield from (("choices", choice.label) for choice in expects.options)
            if meanwhile is not None:
                yield "meanwhile", meanwhile
        case Call(_, meanwhile):
            if meanwhile is not None:
                yield "meanwhile", meanwhile


Said = tuple[Mark, str, str]
"""What a check says: the place, the sentence, the hint (may be empty)."""
Check = Callable[[Sheet], Iterable[Said]]

CHECKS: dict[str, tuple[Severity, Check]] = {}
"""All checks by code; each also says how heavy its findings weigh."""


def check(code: str, severity: Severity = Severity.ERROR) -> Callable[[Check], Check]:
    """Registers a check under its code. Codes never change their meaning."""

    def register(function: Check) -> Check:
        if code in CHECKS:
            raise ValueError(f"Two checks have the code {code}.")
        CHECKS[code] = (severity, function)
        return function

    return register


def run_checks(sheet: Sheet) -> Iterator[Finding]:
    """The findings of every check on one flow."""
    for code, (severity, function) in CHECKS.items():
        for mark, text, hint in function(sheet):
            yield Finding(code, severity, mark, text, hint)
