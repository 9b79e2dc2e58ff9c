"""A text of a file → wordings: values, selects, `{{ }}`, `*bold*`, `_italic_`, with every name resolved."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.authoring.draft import Draft, DraftStep, Options
from bot.authoring.finding import Finding, did_you_mean, error, listed
from bot.authoring.nodes import Scalar
from bot.authoring.words import NUMBER_CASES, PERSON_CASES
from bot.engine.flow import (
    AnswerValue,
    Count,
    EndsValue,
    FlowValue,
    GivenValue,
    Literal,
    Mark,
    PartnerName,
    Piece,
    ReaderName,
    RoleName,
    Scale,
    Select,
    Style,
    Subject,
    Text,
    Value,
    Wording,
)

_READ_MOST = 20_000
"""Characters of one text that are looked into; far above what may be sent, far below what could keep a reader busy."""
_NAME = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")
# Marks stand at the edges of words, so that /talk_in_turns and 2*3 stay as they are. \ue000 stands for a value.
_BOLD = re.compile(r"(?<![\w*])\*(?=[^\s*])([^*\n]*[^\s*])\*(?![\w*])")
_ITALIC = re.compile(r"(?<!\w)_(?=[^\s_])([^\n]*?[^\s_])_(?!\w)")
_HOLE = "\ue000"


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


@dataclass(frozen=True, slots=True)
class _Inside:
    """What stands between two braces of a text: where it begins (with its brace) and ends."""

    start: int
    end: int
    words: str
    mark: Mark


def read_text(scalars: Sequence[Scalar], scope: Scope, found: list[Finding]) -> Text:
    """The wordings of a text. Findings A13 to A16, A19, A20, each at the `{` that it is about."""
    return Text(tuple(read_wording(scalar, scope, found) for scalar in scalars))


def read_wording(scalar: Scalar, scope: Scope, found: list[Finding]) -> Wording:
    """One wording as pieces. What could not be read is left out, and said in a finding."""
    words = scalar.text.strip("\n ")
    if len(words) > _READ_MOST:
        return Wording((Literal(words[:_READ_MOST]),), scalar.mark)
    marks = _Marks(scalar, scalar.text.find(words) if words else 0)
    pieces: list[Literal | Value | Select | Count] = []
    for part in _parts(words, marks, found):
        pieces.append(Literal(part) if isinstance(part, str) else _value(part, scope, found) or Literal(""))
    styled = [piece for piece in _styled(pieces) if not isinstance(piece, Count)]
    return Wording(tuple(styled), scalar.mark)


@dataclass(frozen=True, slots=True)
class _Marks:
    """From a place in the text to a place in the file: the n-th brace of the one is the n-th of the other."""

    scalar: Scalar
    shift: int

    def at(self, offset: int, width: int) -> Mark:
        whole, mark = self.scalar.text, self.scalar.mark
        if len(self.scalar.braces) != whole.count("{"):
            return mark  # a brace written as an escape: the text as a whole is near enough
        number = whole.count("{", 0, offset + self.shift)
        line, column = self.scalar.braces[number]
        return Mark(mark.file, line, column, width)


def _parts(words: str, marks: _Marks, found: list[Finding]) -> Iterator[str | _Inside]:
    """Stretches of plain words and what stands in braces, in order."""
    plain, at = "", 0
    while at < len(words):
        letter = words[at]
        if words[at : at + 2] in ("{{", "}}"):
            plain, at = plain + letter, at + 2
        elif letter == "{":
            end = _closing(words, at)
            if end is None:
                hint = "Write {name} for a value, or {{ for a bracket."
                found.append(error("A13", marks.at(at, 1), "There is a single { in this text.", hint))
                yield plain + words[at:]
                return
            yield plain
            yield _Inside(at, end, words[at + 1 : end], marks.at(at, end + 1 - at))
            plain, at = "", end + 1
        elif letter == "}":
            hint = "Write {name} for a value, or }} for a bracket."
            found.append(error("A13", marks.scalar.mark, "There is a single } in this text.", hint))
            plain, at = plain + letter, at + 1
        else:
            plain, at = plain + letter, at + 1
    yield plain


def _closing(words: str, start: int) -> int | None:
    """Where the brace that opens at `start` is closed; None where it is not. A value may stand inside a select."""
    depth = 0
    for at in range(start, len(words)):
        if words[at] == "{":
            depth += 1
            if depth > 2:
                return None
        elif words[at] == "}":
            depth -= 1
            if depth == 0:
                return at
    return None


def _value(inside: _Inside, scope: Scope, found: list[Finding]) -> Value | Select | None:
    name, colon, cases = inside.words.partition(":")
    name = name.strip()
    if not name:
        hint = "Write {name} for a value, or {{ for a bracket."
        found.append(error("A13", inside.mark, "There is a single { in this text.", hint))
        return None
    subject = resolve(name, inside.mark, scope, found)
    if subject is None:
        return None
    if not colon:
        return Value(subject, Style.PLAIN, inside.mark)
    return _select(name, subject, cases, inside.mark, scope, found)


def _select(name: str, subject: Subject, words: str, mark: Mark, scope: Scope, found: list[Finding]) -> Select | None:
    """`caller: he himself | she herself | other themselves`; the name and its colon are already gone."""
    known = _cases_of(subject, scope)
    cases: dict[str, tuple[Literal | Value | Count, ...]] = {}
    wrong = False
    for part in _split(words):
        case, rest = _case(part.strip(), known)
        if known is not None and case not in known:
            said = f"“{case}” is not a case of {{{name}}}.{did_you_mean(case, known)}"
            found.append(error("A20", mark, said, f"Cases: {listed(known)}."))
            wrong = True
            continue
        cases[case] = tuple(
            _case_pieces(rest, isinstance(subject, AnswerValue | GivenValue | FlowValue), mark, scope, found)
        )
    if "other" not in cases:
        if not wrong:
            found.append(error("A19", mark, f"{{{name}: …}} has no `other` case.", "Add `| other …` at its end."))
        return None
    return Select(subject, cases, mark)


def _split(words: str) -> Iterator[str]:
    """The cases between `|`, of which none inside a value."""
    depth, start = 0, 0
    for at, letter in enumerate(words):
        depth += (letter == "{") - (letter == "}")
        if letter == "|" and depth == 0:
            yield words[start:at]
            start = at + 1
    yield words[start:]


def _case(part: str, known: Sequence[str] | None) -> tuple[str, str]:
    """A case's name and its words. A choice's name may hold a blank: `20 minutes soon`."""
    for name in sorted(known or (), key=len, reverse=True):
        if part == name or part.startswith(f"{name} "):
            return name, part[len(name) :].strip()
    case, _, rest = part.partition(" ")
    return case, rest.strip()


def _cases_of(subject: Subject, scope: Scope) -> tuple[str, ...] | None:
    """The cases that a select on this may have; None where any word will do."""
    match subject:
        case ReaderName() | PartnerName() | RoleName():
            return PERSON_CASES
        case EndsValue():
            return ("other",)
        case GivenValue():
            return None
        case AnswerValue() | FlowValue():
            asked = asked_step(subject, scope)
            match None if asked is None else asked.shape:
                case Options() as options:
                    return (*options.names, "skipped", "other")
                case Scale():
                    return NUMBER_CASES
                case None:
                    return None
                case _:
                    return ("skipped", "other")


def _case_pieces(
    words: str, counts: bool, mark: Mark, scope: Scope, found: list[Finding]
) -> Iterator[Literal | Value | Count]:
    """The words of one case. `#` is the number; values may stand in it, selects may not."""
    pieces: list[Literal | Value | Select | Count] = []
    scalar = Scalar(words, mark)
    for part in _parts(words, _Marks(scalar, 0), found):
        if isinstance(part, str):
            for number, stretch in enumerate(part.split("#") if counts else [part]):
                pieces += [Count()] if number else []
                pieces.append(Literal(stretch))
            continue
        value = _value(part, scope, found)
        if isinstance(value, Select):
            hint = "Write whole clauses as cases of one of the two."
            found.append(error("A20", mark, "A choice of words cannot stand inside another one.", hint))
        elif value is not None:
            pieces.append(value)
    for piece in _styled(pieces):
        if not isinstance(piece, Select):
            yield piece


def _styled(pieces: Sequence[Literal | Value | Select | Count]) -> list[Literal | Value | Select | Count]:
    """Pieces with *bold* and _italic_ taken out of the words and put on the pieces, values included."""
    flat = "".join(piece.text.replace(_HOLE, "") if isinstance(piece, Literal) else _HOLE for piece in pieces)
    holes = [piece for piece in pieces if not isinstance(piece, Literal)]
    styles = [Style.PLAIN] * len(flat)
    dropped: set[int] = set()
    for pattern, style in ((_BOLD, Style.BOLD), (_ITALIC, Style.ITALIC)):
        for match in pattern.finditer(flat):
            start, end = match.start(), match.end() - 1
            if any(styles[at] is not Style.PLAIN for at in (start, end)):
                continue
            dropped |= {start, end}
            for at in range(start, end + 1):
                styles[at] = style
    result: list[Literal | Value | Select | Count] = []
    words, current, hole = "", Style.PLAIN, 0
    for at, letter in enumerate(flat):
        if at in dropped:
            continue
        if words and (letter == _HOLE or styles[at] is not current):
            result.append(Literal(words, current))
            words = ""
        current = styles[at]
        if letter == _HOLE:
            result.append(_in_style(holes[hole], current))
            hole += 1
        else:
            words += letter
    if words:
        result.append(Literal(words, current))
    return result


def _in_style(piece: Value | Select | Count, style: Style) -> Value | Select | Count:
    if style is Style.PLAIN:
        return piece
    match piece:
        case Value(subject, _, mark):
            return Value(subject, style, mark)
        case Count():
            return Count(style)
        case Select(subject, cases, mark):
            restyled = {name: tuple(_piece_in_style(one, style) for one in words) for name, words in cases.items()}
            return Select(subject, restyled, mark)


def _piece_in_style(piece: Literal | Value | Count, style: Style) -> Literal | Value | Count:
    match piece:
        case Literal(text):
            return Literal(text, style)
        case Value(subject, _, mark):
            return Value(subject, style, mark)
        case Count():
            return Count(style)


# --- names -----------------------------------------------------------------------------------------------------------


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
        return AnswerValue(rest, of=first) if _asks(scope.step(rest), rest, mark, scope, found) else None
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


__all__ = ["Piece", "Scope", "asked_step", "read_text", "read_wording", "resolve"]
