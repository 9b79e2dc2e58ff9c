"""What the engine can look things up in: programs, cards, phrases, help lines. Read once, never changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.engine.danger.rules import Rules
from bot.engine.flow import Text
from bot.engine.machine import Program
from bot.engine.understand import Tables


@dataclass(frozen=True, slots=True)
class Reference:
    """A source. `verified` ones are shown with their link, others as a citation marked unchecked."""

    cite: str
    doi: str | None
    verified: bool


@dataclass(frozen=True, slots=True)
class Card:
    """What happens in body and brain, what helps, and how sure science is (evidence: a grade of the fact base)."""

    id: str
    title: str
    what_happens: str
    what_helps: str
    evidence: str
    refs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HelpLine:
    """A service that people can reach. `languages` and `note` are None where there is nothing to say."""

    topic: str
    name: str
    contact: str
    hours: str | None
    languages: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class HelpPage:
    """Help of one country. The page of nowhere in particular has the code `*`."""

    code: str
    name: str
    emergency: str
    lines: tuple[HelpLine, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """A button of the home: the flow, and the one that stands in for it when there is no linked partner."""

    flow: str
    alone: str | None = None


NO_RULES = Rules()


@dataclass(frozen=True, slots=True)
class Library:
    """Everything that was published. `current` names each flow's newest structure; older ones stay for those inside.

    `remembered` holds the (flow, step) pairs that other flows quote or test, so that the last answer is kept.
    `zones` maps what people call a place, in small letters, to the name of its time zone; the first ones are offered.
    `address` is where the bot is found; links to it begin so. `operator` is who runs this copy;
    `household` says that this is one of the partners: then no safety questions, and no talks about conflicts.
    `keep_days` is how long past answers are kept. `danger` are the rules that every message is read by, before
    anything else sees it.
    """

    programs: Mapping[tuple[str, str], Program]
    current: Mapping[str, str]
    cards: Mapping[str, Card]
    references: Mapping[str, Reference]
    phrases: Mapping[str, Text]
    help: Mapping[str, HelpPage]
    tables: Tables
    home: Mapping[str, Place]
    zones: Mapping[str, str]
    remembered: frozenset[tuple[str, str]] = frozenset()
    address: str = "https://t.me/twofold_bot"
    operator: str = ""
    household: bool = False
    keep_days: int = 180
    danger: Rules = NO_RULES

    def newest(self, flow: str) -> Program | None:
        """The program that a new run of this flow begins with; None if there is no such flow."""
        structure = self.current.get(flow)
        return None if structure is None else self.programs[flow, structure]
