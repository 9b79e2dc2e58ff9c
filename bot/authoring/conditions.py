"""The left side of a table's row → a test: words of the language, an answer, a range, or a comparison."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.authoring.draft import DraftStep, Options
from bot.authoring.finding import Finding, did_you_mean, error, listed
from bot.authoring.names import Scope
from bot.authoring.nodes import Scalar
from bot.authoring.times import LONGEST_WAIT, read_length
from bot.engine.flow import (
    And,
    AnswerRef,
    Between,
    Compare,
    Condition,
    Is,
    Mark,
    Member,
    NoAnswer,
    Not,
    Or,
    Otherwise,
    Quantity,
    Scale,
    Skipped,
    Test,
    Visited,
    Who,
)

TOKENS_MOST = 60
BRACKETS_MOST = 8
_RANGE = re.compile(r"(-?[0-9]{1,6}) ?- ?(-?[0-9]{1,6})")
_NUMBER = re.compile(r"-?[0-9]{1,6}")
_TIMES = {"second time": 2, "third time": 3}
_FIXED = ("otherwise", "skipped", *_TIMES)
_OPERATORS = ("=", "!=", "<", "<=", ">", ">=")
_WRONG_OPERATORS = {"=<": "<=", "=>": ">=", "<>": "!=", "=!": "!=", "===": "="}
_JOINING = ("and", "or", "not", "in", "both", "either")
_TOKEN = re.compile(
    r"\s*(?:(?P<length>[0-9]{1,4} ?(?:minute|hour|day)s?\b)|(?P<number>-?[0-9]{1,6}\b)"
    r"|(?P<name>[^\W\d]\w*(?:\.[^\W\d]\w*)*)|(?P<sign>[=!<>]{1,3}|[(),])|(?P<odd>\S))"
)
_CONDITION = re.compile(r"[=<>()!'\"+*/%&|,]|\b(?:and|or|not|in)\b")


@dataclass(frozen=True, slots=True)
class Place:
    """The row's key and the step whose table it stands in. A column inside the key is a column of the file."""

    key: Scalar
    step: DraftStep
    scope: Scope

    def mark(self, offset: int = 0, width: int | None = None) -> Mark:
        mark = self.key.mark
        if width is None:
            return mark
        quote = 1 if self.key.style else 0
        return Mark(mark.file, mark.line, mark.column + quote + offset, max(1, width))


def read_test(key: Scalar, step: DraftStep, scope: Scope, found: list[Finding]) -> Test | None:
    """The test of a row, or None and a finding (N07 to N11, K04, T06)."""
    place = Place(key, step, scope)
    words = " ".join(key.text.split())
    lowered = words.lower()
    if lowered != words and (lowered in _FIXED or lowered.startswith("no answer after ")):
        found.append(
            error("K04", key.mark, f"“{words}” should be written “{lowered}”.", "Write it with small letters.")
        )
        return None
    if words == "otherwise":
        return Otherwise()
    if words in _TIMES:
        return Visited(_TIMES[words])
    if words.startswith("no answer"):
        return _no_answer(words, place, found)
    first, _, rest = words.partition(" ")
    quantity = Quantity(first) if first in ("both", "either") and rest else None
    bare = rest if quantity else words
    if bare == "skipped" or _RANGE.fullmatch(bare) or not _CONDITION.search(bare):
        return _plain(bare, quantity, place, found)
    return _Reader(place, found).whole()


def _no_answer(words: str, place: Place, found: list[Finding]) -> Test | None:
    after = words.removeprefix("no answer after ")
    length = read_length(after) if words.startswith("no answer after ") else None
    if place.step.verb != "ask":
        found.append(_not_asked(place))
        return None
    if length is None or length.total_seconds() <= 0:
        said = f"“{after}” is not a length of time."
        found.append(error("T06", place.mark(), said, "Write for example `no answer after 2 hours`."))
        return None
    if length > LONGEST_WAIT:
        found.append(error("T05", place.mark(), "A question waits for 7 days at most.", "Write a shorter time."))
        return None
    return NoAnswer(length)


def _not_asked(place: Place) -> Finding:
    said = f"“{place.key.text}” is about an answer, and the step “{place.step.name}” asks nothing."
    hint = "Write a comparison such as `closeness < 4`, or `otherwise`."
    return error("N10", place.mark(), said, hint)


def _plain(bare: str, quantity: Quantity | None, place: Place, found: list[Finding]) -> Test | None:
    """`skipped`, a choice, a number or a range: rows about the question of this very step."""
    step, shape = place.step, place.step.shape
    if step.verb != "ask":
        if step.verb is None or not step.sound:
            return None
        about_answer = bare == "skipped" or _RANGE.fullmatch(bare)
        found.append(_not_asked(place) if about_answer else _nothing(place))
        return None
    reached = _RANGE.fullmatch(bare)
    if shape is None and bare != "skipped":
        return None  # how the question is answered is not known: said already
    test: Test | None
    match shape:
        case _ if bare == "skipped":
            test = Skipped(quantity)
        case Options() as options:
            if bare not in options.names:
                said = f"“{bare}” is not one of the choices.{did_you_mean(bare, options.names)}"
                found.append(error("N09", place.mark(), said, f"Choices: {listed(options.names)}."))
                return None
            test = Is(bare, quantity)
        case Scale(low, high) if reached or _NUMBER.fullmatch(bare):
            first, last = (int(reached[1]), int(reached[2])) if reached else (int(bare), int(bare))
            if first > last:
                found.append(
                    error("A10", place.mark(), f"The range {bare} runs backwards.", f"Write `{last}-{first}`.")
                )
                return None
            if first < low or last > high:
                said = f"{bare} is outside the scale {low}-{high}."
                found.append(error("N08", place.mark(), said, f"Use numbers from {low} to {high}."))
                return None
            test = Between(first, last, quantity) if reached else Is(str(first), quantity)
        case _:
            found.append(_nothing(place))
            return None
    return test if _counted(step, quantity, bare, place.mark(), found) else None


def _counted(
    step: DraftStep, quantity: Quantity | None, shown: str, mark: Mark, found: list[Finding], role: str | None = None
) -> bool:
    """`both` or `either` where two people answer, and nowhere else (N07)."""
    two = step.who is Who.BOTH and role is None
    if two and quantity is None:
        said = f"Two people answer “{step.name}”. Whose “{shown}”?"
        found.append(error("N07", mark, said, f"Write `both {shown}` or `either {shown}`."))
        return False
    if quantity is not None and not two:
        said = f"Only one person answers “{step.name}”, so “{quantity.value}” has no meaning here."
        found.append(error("N07", mark, said, f"Write `{shown}`."))
        return False
    return True


def _nothing(place: Place) -> Finding:
    said = f"“{place.key.text}” is not a condition that I understand."
    hint = "Write an answer, a range such as 0-3, a comparison such as `closeness < 4`, or `otherwise`."
    return error("N10", place.mark(), said, hint)


# --- comparisons -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    at: int


class _Stop(Exception):
    """A condition that cannot be read; the finding is made already."""


@dataclass(slots=True)
class _Reader:
    """Reads one condition, left to right: `or` binds least, then `and`, then `not`."""

    place: Place
    found: list[Finding]
    tokens: list[_Token] = field(default_factory=list)
    at: int = 0
    depth: int = 0

    def whole(self) -> Condition | None:
        """The condition, or None and a finding."""
        try:
            self._split()
            condition = self._either()
            if self.at < len(self.tokens):
                self._unexpected(self.tokens[self.at])
            return condition
        except _Stop:
            return None

    def _refuse(self, token: _Token | None, said: str, hint: str = "", code: str = "N11") -> _Stop:
        if token is None:
            mark = self.place.mark(len(self.place.key.text), 1)
        else:
            mark = self.place.mark(token.at, len(token.text))
        self.found.append(error(code, mark, said, hint))
        return _Stop()

    def _split(self) -> None:
        words, at = self.place.key.text, 0
        while (match := _TOKEN.match(words, at)) and match.lastgroup:
            token = _Token(match.lastgroup, match[match.lastgroup], match.start(match.lastgroup))
            if token.kind == "odd":
                hint = "Use names, numbers, = != < <= > >=, and, or, not, in, ( )."
                raise self._refuse(token, f"“{token.text}” has no meaning in a condition.", hint)
            self.tokens.append(token)
            at = match.end()
            if len(self.tokens) > TOKENS_MOST:
                said = f"This condition has more than {TOKENS_MOST} words and signs."
                raise self._refuse(token, said, "Split it into two rows.")

    def _peek(self) -> _Token | None:
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def _take(self, *texts: str) -> _Token | None:
        token = self._peek()
        if token is not None and token.text in texts:
            self.at += 1
            return token
        return None

    def _unexpected(self, token: _Token) -> None:
        meant = did_you_mean(token.text, _JOINING) if token.kind == "name" else ""
        raise self._refuse(
            token, f"I did not expect “{token.text}” here.{meant}", "Join two comparisons with `and` or `or`."
        )

    def _either(self) -> Condition:
        parts = [self._all()]
        while self._take("or"):
            parts.append(self._all())
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def _all(self) -> Condition:
        parts = [self._unit()]
        while self._take("and"):
            parts.append(self._unit())
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _unit(self) -> Condition:
        opened = self._peek()
        if self._take("not", "("):
            assert opened is not None
            self.depth += 1
            if self.depth > BRACKETS_MOST:
                raise self._refuse(
                    opened, f"More than {BRACKETS_MOST} brackets inside each other.", "Split it into two rows."
                )
            if opened.text == "not":
                inner: Condition = Not(self._unit())
            else:
                inner = self._either()
                if not self._take(")"):
                    raise self._refuse(self._peek(), "A bracket is not closed.", "Add `)`.")
            self.depth -= 1
            return inner
        return self._test()

    def _test(self) -> Condition:
        counted = self._take("both", "either")
        quantity = Quantity(counted.text) if counted else None
        name = self._peek()
        if name is None or name.kind != "name" or name.text in _JOINING:
            hint = "Write for example `closeness < 4`."
            said = f"I did not expect “{name.text}” here." if name else "This condition stops in the middle."
            raise self._refuse(name, f"{said}", hint)
        self.at += 1
        ref, asked = self._answer(name)
        if asked is not None and not _counted(asked, quantity, name.text, self._mark(name), self.found, ref.role):
            raise _Stop
        if self._take("in"):
            literals = [self._literal(ref, asked, "=")]
            while self._take(","):
                literals.append(self._literal(ref, asked, "="))
            return Member(ref, tuple(literals), quantity)
        sign = self._peek()
        if sign is None or sign.kind != "sign" or sign.text in "(),":
            if sign is not None:
                self._unexpected(sign)
            raise self._refuse(sign, "This condition stops in the middle.", "Write for example `closeness < 4`.")
        self.at += 1
        op = "=" if sign.text == "==" else sign.text
        if op not in _OPERATORS:
            wrote = _WRONG_OPERATORS.get(op)
            hint = f"Write {wrote}." if wrote else "Write one of = != < <= > >=."
            hint = "Write <= or >=." if op in ("=<", "=>") else hint
            raise self._refuse(sign, f"“{sign.text}” is not a comparison.", hint)
        return Compare(ref, op, self._literal(ref, asked, op), quantity)

    def _mark(self, token: _Token) -> Mark:
        return self.place.mark(token.at, len(token.text))

    def _answer(self, token: _Token) -> tuple[AnswerRef, DraftStep | None]:
        """Whose answer to which question. None where that question is in a file that is not looked at."""
        scope = self.place.scope
        first, dot, rest = token.text.partition(".")
        if first == "partner":
            said = "“partner” has no meaning here: a condition is not read by one person."
            raise self._refuse(token, said, "Use a role, such as speaker.mood, or both / either.")
        if dot and first in scope.roles:
            ref, asked = AnswerRef(rest, role=first), scope.step(rest)
            if asked is not None and asked.verb == "ask" and asked.who not in (first, Who.BOTH, Who.ANYONE, None):
                said = f"“{rest}” is not asked of {first}."
                raise self._refuse(token, said, f"Write `{rest}` alone.")
        elif dot:
            if scope.flows is None:
                return AnswerRef(rest, flow=first), None
            other = scope.flows.get(first)
            if scope.roles and other is not None:
                said = f"“{token.text}” is an answer of one person in another flow; two people take part here."
                raise self._refuse(token, said, "Ask the question in this flow.")
            ref, asked = AnswerRef(rest, flow=first), other.steps.get(rest) if other else None
        else:
            ref, asked = AnswerRef(first), scope.step(first)
        if asked is None or (asked.verb != "ask" and asked.sound):
            known = [name for name, step in (scope.steps or {}).items() if step.verb == "ask"]
            said = f"There is no answer “{token.text}”.{did_you_mean(token.text, known)}"
            raise self._refuse(token, said, f"Answers here: {listed(known)}." if known else "")
        return ref, asked

    def _literal(self, ref: AnswerRef, asked: DraftStep | None, op: str) -> int | str:
        token = self._peek()
        if token is None or token.kind == "sign":
            if token is None:
                raise self._refuse(token, "This condition stops in the middle.", "Write for example `closeness < 4`.")
            self._unexpected(token)
        assert token is not None
        self.at += 1
        ordering = op not in ("=", "!=")
        if ordering and token.kind != "number":
            said = f"“{token.text}” is not a number, so it cannot be compared with {op}."
            raise self._refuse(token, said, "Use = or !=.")
        if token.text == "skipped":
            return "skipped"
        match asked.shape if asked is not None else None:
            case Scale(low, high):
                if token.kind != "number":
                    said = f"“{token.text}” is not a number of the scale {low}-{high}."
                    raise self._refuse(token, said, f"Use numbers from {low} to {high}.")
                if not low <= int(token.text) <= high:
                    said = f"{token.text} is outside the scale {low}-{high}, so this is always the same."
                    raise self._refuse(token, said, f"Use numbers from {low} to {high}.")
                return int(token.text)
            case Options() as options:
                if ordering:
                    said = f"“{ref.step}” is answered with a choice, so it cannot be compared with {op}."
                    raise self._refuse(token, said, "Use = or !=.")
                if token.text not in options.names:
                    meant = did_you_mean(token.text, options.names)
                    said = f"“{token.text}” is not one of the choices of “{ref.step}”.{meant}"
                    raise self._refuse(token, said, f"Choices: {listed(options.names)}.")
                return token.text
            case None:
                return int(token.text) if token.kind == "number" else token.text
            case _:
                said = f"“{ref.step}” is answered in own words, so it can only be compared with `skipped`."
                raise self._refuse(token, said, f"Write `{ref.step} = skipped` or `{ref.step} != skipped`.")


__all__: Sequence[str] = ["read_test"]
