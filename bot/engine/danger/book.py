"""The rules at work: what a message says of danger, most urgent first.

A message is read in the forms that the languages give it. In each form the harmless idioms of every language are
blanked first; then only those patterns are tried whose key letters stand there.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from itertools import islice

from bot.engine.danger.keys import FEWEST, Known, keys, known
from bot.engine.danger.rules import CATEGORIES, INWARD, Danger, Language, Level, Rule, Rules, filled, grouped, regular
from bot.engine.danger.spelling import mended, plain, shelf, words_of, written_out

WINDOW = 30
"""Letters between a negator and what it silences; more is another thought."""

SURE_WORDS, SURE_SHARE = 5, 0.9
"""Different words, and the share of them that a language knows, for a message to be in that language and no other."""

WHOLE = 1100
"""Letters of a message that is read in one piece. A longer one is read in stretches: patterns with gaps would cost more
than their share there, and hardly any key is missing from a very long text."""

REACH = 160
"""Letters that a match is long at most: so far around a key a pattern is looked for."""

STRETCH, BEFORE, AFTER = 900, 80, REACH
"""Letters of a stretch in which a match may begin, and what is seen around it."""

LOOKED_AT = 5
"""Letters of a key that the index is by, at most: long enough that few keys are looked for in vain."""

FOUND_MOST = 24
"""Places of one pattern that are looked at in one message: a hostile text must not cost more."""

_SENTENCE_END = re.compile(r"[.!?;]")
_CLAUSE_SIGN = r"[.,;:!?]"
_BLANK = " ."


@dataclass(frozen=True, slots=True)
class _Entry:
    """A pattern that waits for its keys. It is compiled when it is first tried."""

    expression: str
    language: int
    rule: Rule | None = None
    says_not: bool = False


@dataclass(frozen=True, slots=True)
class _Near:
    """A pattern, and the part of a text in which it may match: around its keys."""

    entry: _Entry
    begin: int
    end: int

    def found_in(self, text: str) -> Iterator[re.Match[str]]:
        return _compiled(self.entry.expression).finditer(text, self.begin, self.end)


@dataclass(frozen=True, slots=True)
class _Index:
    """Patterns by their keys. `lengths` are those of all keys that begin with the same five letters (three, of a short
    one). Patterns without a key are tried always."""

    entries: tuple[_Entry, ...]
    numbers: Mapping[str, tuple[int, ...]]
    lengths: Mapping[str, tuple[int, ...]]
    always: tuple[int, ...]

    def near(self, text: str, languages: Container[int] | None = None) -> list[_Near]:
        """The patterns that may match somewhere in the text, in their order; of all languages, or of some."""
        spans = {number: (0, len(text)) for number in self.always}
        for key, (first, last) in self._keys_in(text).items():
            for number in self.numbers[key]:
                begin, end = spans.get(number, (first, last))
                spans[number] = (min(begin, first), max(end, last))
        every = self.entries
        return [
            _Near(every[number], max(0, begin - REACH), _edge(text, end + REACH))
            for number, (begin, end) in sorted(spans.items())
            if languages is None or every[number].language in languages
        ]

    def _keys_in(self, text: str) -> dict[str, tuple[int, int]]:
        """The keys that stand in a text, each with where the first begins and the last ends."""
        grams = {text[at : at + size] for size in (FEWEST, LOOKED_AT) for at in range(len(text) - size + 1)}
        found: dict[str, tuple[int, int]] = {}
        for start in grams & self.lengths.keys():
            at = text.find(start)
            while at >= 0:
                for length in self.lengths[start]:
                    key = text[at : at + length]
                    if key in self.numbers:
                        found[key] = (found[key][0] if key in found else at, at + length)
                at = text.find(start, at + 1)
        return found


def _edge(text: str, at: int) -> int:
    """The end of the word there: a pattern must not end within one."""
    edge = text.find(" ", at)
    return edge if edge >= 0 else len(text)


@dataclass(frozen=True, slots=True)
class _Grammar:
    """What one language knows beside its rules."""

    language: Language
    negated: re.Pattern[str] | None
    negated_after: re.Pattern[str] | None
    starts_negated: re.Pattern[str] | None
    jokes: re.Pattern[str] | None
    past: re.Pattern[str] | None
    shelved: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A piece of a message; what counts begins between `first` and `last`."""

    text: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class _Book:
    grammars: tuple[_Grammar, ...]
    rules: _Index
    masks: _Index
    weapons: _Index


_compiled = cache(re.compile)


def _index(entries: Iterable[tuple[_Entry, frozenset[str] | None]]) -> _Index:
    listed: list[_Entry] = []
    by_key: defaultdict[str, list[int]] = defaultdict(list)
    always: list[int] = []
    for number, (entry, found) in enumerate(entries):
        listed.append(entry)
        if found is None:
            always.append(number)
        for key in found or ():
            by_key[key].append(number)
    lengths: defaultdict[str, set[int]] = defaultdict(set)
    for key in by_key:
        lengths[key[: LOOKED_AT if len(key) >= LOOKED_AT else FEWEST]].add(len(key))
    return _Index(
        tuple(listed),
        {key: tuple(numbers) for key, numbers in by_key.items()},
        {start: tuple(sizes) for start, sizes in lengths.items()},
        tuple(always),
    )


def _entries(
    languages: Iterable[Language], which: str, pieces: Sequence[Known]
) -> Iterator[tuple[_Entry, frozenset[str] | None]]:
    for number, language in enumerate(languages):
        patterns: Iterable[str] = getattr(language, which)
        for pattern in patterns:
            yield _Entry(regular(pattern, language.pieces), number), keys(pattern, pieces[number])


def _rule_entries(
    languages: Iterable[Language], pieces: Sequence[Known]
) -> Iterator[tuple[_Entry, frozenset[str] | None]]:
    for number, language in enumerate(languages):
        negators = _any_of(language.negators, language)
        for rule in language.rules:
            expression = regular(rule.pattern, language.pieces)
            says_not = negators is not None and negators.search(rule.pattern) is not None
            yield _Entry(expression, number, rule, says_not), keys(rule.pattern, pieces[number])


def _any_of(patterns: Iterable[str], language: Language, end: str = "") -> re.Pattern[str] | None:
    each = [grouped(filled(pattern, language.pieces)) for pattern in patterns]
    return re.compile(rf"(?<!\w)(?:{'|'.join(each)})(?!\w){end}") if each else None


def _grammar(language: Language) -> _Grammar:
    ends = "|".join(grouped(filled(end, language.pieces)) for end in language.clause_ends)
    stop = rf"(?!{_CLAUSE_SIGN}" + (rf"|\b(?:{ends})\b)" if ends else ")")
    after = "|".join(grouped(filled(one, language.pieces)) for one in language.negators_after)
    return _Grammar(
        language,
        _any_of(language.negators, language, rf"(?:{stop}.){{0,{WINDOW}}}\Z"),
        re.compile(rf"(?: \w+)? (?:{after})(?!\w)") if after else None,
        _any_of(language.negators, language),
        _any_of(language.jokes, language),
        _any_of(language.past, language),
        shelf(language.repairs),
    )


@lru_cache(maxsize=8)
def _book(rules: Rules) -> _Book:
    languages = rules.languages
    pieces = [known(language.pieces) for language in languages]
    return _Book(
        tuple(map(_grammar, languages)),
        _index(_rule_entries(languages, pieces)),
        _index(_entries(languages, "masks", pieces)),
        _index(_entries(languages, "weapons", pieces)),
    )


def warm(rules: Rules) -> None:
    """Builds what the first message would else wait for (about half a second). May run in any thread."""
    _book(rules)


def recognise(words: str, rules: Rules) -> tuple[Danger, ...]:
    """What a message says of danger: at most one of each category, the sure ones first, each part most urgent first.
    Empty where there is nothing. Takes any text; keeps none of it."""
    book = _book(rules)
    best: dict[str, Danger] = {}
    for text, languages in _forms(words, book).items():
        joking = {number for number in languages if _found(book.grammars[number].jokes, text)}
        for stretch in _stretches(text):
            near = book.rules.near(stretch.text, languages)
            matching = [one for one in near if next(one.found_in(stretch.text), None)]
            if matching:
                masked = _masked(stretch.text, book.masks.near(stretch.text))
                _look(replace(stretch, text=masked), joking, matching, book, best)
    return tuple(sorted(best.values(), key=_rank))


def is_weapon(words: str, rules: Rules) -> bool:
    """Whether a phrase turns the bot, or what it taught, against the partner: “even the bot says you should …”."""
    book = _book(rules)
    forms = _forms(words, book)
    every = "\n".join(forms)
    return any(
        one.entry.language in languages and _compiled(one.entry.expression).search(text)
        for one in book.weapons.near(every)
        for text, languages in forms.items()
    )


def _rank(danger: Danger) -> tuple[int, int, bool]:
    return -danger.level.value, CATEGORIES.index(danger.category), danger.other


def _forms(words: str, book: _Book) -> dict[str, set[int]]:
    """Each form of the message once, with the languages that read it so."""
    forms: defaultdict[str, set[int]] = defaultdict(set)
    bare = plain(words)
    typed = words_of(bare)
    unchanged = written_out(bare, {})
    sure = [number for number, grammar in enumerate(book.grammars) if _is_in(bare, typed, grammar.language)]
    for number, grammar in enumerate(book.grammars):
        if sure and number not in sure:
            continue
        language = grammar.language
        text = unchanged if language.spelling.keys().isdisjoint(typed) else written_out(bare, language.spelling)
        forms[text].add(number)
        if language.words:
            forms[mended(text, language.words, grammar.shelved)].add(number)
    return forms


def _is_in(bare: str, typed: set[str], language: Language) -> bool:
    """Whether a message is in this language beyond doubt, so that no other needs to read it. Only a language that knows
    its words can tell; a word that many languages share (“violence”) must not make them all speak up."""
    if len(typed) < SURE_WORDS or not language.words:
        return False
    read = words_of(written_out(bare, language.spelling))
    return sum(word in language.words for word in read) >= SURE_SHARE * len(read)


def _found(pattern: re.Pattern[str] | None, text: str) -> bool:
    return pattern is not None and pattern.search(text) is not None


def _stretches(text: str) -> Iterator[_Stretch]:
    """The text in pieces that end between words."""
    if len(text) <= WHOLE:
        yield _Stretch(text, 0, len(text))
        return
    for start in range(0, len(text), STRETCH):
        begin = text.rfind(" ", 0, max(0, start - BEFORE)) + 1
        end = text.find(" ", start + STRETCH + AFTER)
        yield _Stretch(text[begin : end if end >= 0 else len(text)], start - begin, start - begin + STRETCH)


def _masked(text: str, masks: Iterable[_Near]) -> str:
    """The text with idioms blanked; everything else keeps its place."""
    for mask in masks:
        for found in mask.found_in(text):
            text = text[: found.start()] + _BLANK.ljust(len(found[0])) + text[found.end() :]
    return text


def _look(stretch: _Stretch, joking: set[int], matching: Iterable[_Near], book: _Book, best: dict[str, Danger]) -> None:
    """Puts what a stretch says into `best`. A category that is already sure is not looked at again."""
    for one in matching:
        entry = one.entry
        rule = entry.rule
        if rule is None:
            continue
        before = best.get(rule.category)
        if before is not None and _rank(before) <= _rank(Danger(rule.category, rule.level, rule.other)):
            continue
        grammar = book.grammars[entry.language]
        for found in islice(one.found_in(stretch.text), FOUND_MOST):
            if not stretch.first <= found.start() < stretch.last:
                continue
            level = _level(entry, rule, found, stretch.text, grammar, entry.language in joking)
            if level is None:
                continue
            danger = Danger(rule.category, level, rule.other)
            before = best.get(rule.category)
            if before is None or _rank(danger) < _rank(before):
                best[rule.category] = danger
            if level is rule.level:
                break


def _level(entry: _Entry, rule: Rule, found: re.Match[str], text: str, grammar: _Grammar, joking: bool) -> Level | None:
    """How sure a found rule is, with what stands around it; None where a negator silences it."""
    level = rule.level
    if _negated(found, text, grammar, entry.says_not):
        if rule.category not in INWARD or rule.other or level is Level.ASK:
            return None
        level = Level.ASK
    if joking or (grammar.past is not None and grammar.past.search(_sentence(found, text))):
        level = Level.ASK
    return level


def _negated(found: re.Match[str], text: str, grammar: _Grammar, says_not: bool) -> bool:
    """A negator before, in the same clause, or right after, or within what is found unless the rule itself says “not”.
    What begins with “not” is meant so."""
    if grammar.negated_after is not None and grammar.negated_after.match(text, found.end()):
        return True
    if grammar.negated is None or grammar.starts_negated is None or grammar.starts_negated.match(text, found.start()):
        return False
    start = found.start()
    if not says_not and (within := grammar.starts_negated.search(text, start + 1)) and within.end() <= found.end():
        return True
    return grammar.negated.search(text[max(0, start - 2 * WINDOW) : start]) is not None


def _sentence(found: re.Match[str], text: str) -> str:
    begin = 0
    for end in _SENTENCE_END.finditer(text, max(0, found.start() - 200), found.start()):
        begin = end.end()
    after = _SENTENCE_END.search(text, found.end())
    return text[max(begin, found.start() - 200) : min(after.start() if after else len(text), found.end() + 200)]
