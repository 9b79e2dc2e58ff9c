"""A draft: a flow file with its words understood, its texts and tables not yet. What other files need to know of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from bot.authoring.nodes import Entry, Node, Scalar
from bot.engine.flow import Every, Kind, Mark, Open, Part, Scale, Share, Who


@dataclass(frozen=True, slots=True)
class Option:
    """A button before its words are read."""

    name: str
    mark: Mark
    label: Scalar
    length: timedelta | None


@dataclass(frozen=True, slots=True)
class Options:
    """The buttons of a question, of which up to `up_to` are picked."""

    options: tuple[Option, ...]
    up_to: int = 1

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(option.name for option in self.options)


Shape = Options | Scale | Open
"""How a question can be answered, as far as other places need to know."""


@dataclass(frozen=True, slots=True)
class DraftStep:
    """A step. `words` are the entries of the file; `texts` the wordings of `say`, `ask` and `meanwhile`.

    A step that is not `sound` has a finding already: it keeps its name so that others can refer to it, and no further
    check says anything about it.
    """

    name: str
    mark: Mark
    words: Mapping[str, Entry]
    sound: bool
    verb: str | None
    who: str | Who | None = None
    share: Share = Share.PRIVATE
    shape: Shape | None = None
    length: timedelta | str | None = None
    calls: str | Part | None = None
    remind: tuple[timedelta, ...] = ()
    texts: Mapping[str, tuple[Scalar, ...]] | None = None
    card: str | None = None
    alt: str = ""
    media: Scalar | None = None
    next: Node | None = None
    was: tuple[str, ...] = ()

    def key(self, word: str) -> Mark:
        """The place of a word of this step, or of its name where the word is not written."""
        return self.words[word].key.mark if word in self.words else self.mark

    def value(self, word: str) -> Mark:
        """The place of what stands after a word."""
        return self.words[word].value.mark if word in self.words else self.mark


@dataclass(frozen=True, slots=True)
class Draft:
    """A flow file. `quotes` are all the values that any text of it shows, as they are written: `turn_one.feeling`."""

    name: str
    mark: Mark
    words: Mapping[str, Entry]
    steps: Mapping[str, DraftStep]
    title: str | None = None
    about: str | None = None
    kind: Kind | None = None
    roles: tuple[str, ...] = ()
    alone: str | None = None
    every: Every | None = None
    phrases: tuple[Scalar, ...] = ()
    card: str | None = None
    quotes: frozenset[str] = frozenset()

    @property
    def file(self) -> str:
        return self.mark.file

    @property
    def gate(self) -> Kind | None:
        """The kind that counts: a flow for two without one is treated as a conflict."""
        return self.kind or (Kind.CONFLICT if self.roles else None)

    def key(self, word: str) -> Mark:
        return self.words[word].key.mark if word in self.words else self.mark

    def value(self, word: str) -> Mark:
        return self.words[word].value.mark if word in self.words else self.mark
