"""A text of a file → wordings: values, selects, `{{ }}`, `*bold*`, `_italic_`, with every name resolved."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.authoring.draft import Options
from bot.authoring.finding import Finding, did_you_mean, error, listed
from bot.authoring.names import Scope, asked_step, resolve
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

_READ_MOST = 10_000
"""Characters of one text that are looked into; far above what may be sent, far below what could keep a reader busy."""
# Marks stand at the edges of words, so that /talk_in_turns and 2*3 stay as they are. \ue000 stands for a value.
_BOLD = re.compile(r"(?<![\w*])\*(?=[^\s*])([^*\n]*[^\s*])\*(?![\w*])")
_ITALIC = re.compile(r"(?<!\w)_(?=[^\s_])([^\n]{0,400}?[^\s_])_(?!\w)")
_HOLE = "\ue000"


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
