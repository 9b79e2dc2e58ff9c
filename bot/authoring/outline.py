"""Nodes → a draft: the words of a flow file, with a finding for each that is missing, unknown or in the wrong shape."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.authoring.draft import Draft, DraftStep
from bot.authoring.finding import Finding, did_you_mean, error, warning
from bot.authoring.nodes import Entry, Fields, Items, Node, Scalar
from bot.authoring.shapes import by_word, lines, names, once, one_text, spoken
from bot.authoring.steps import read_step
from bot.authoring.times import DAYS, read_every
from bot.authoring.words import (
    COMMANDS,
    FLOW_NAME,
    FLOW_WORDS,
    NAME,
    PHRASES_MOST,
    RESERVED_ROLES,
    RESERVED_STEPS,
    STEP_WORDS,
    STEPS_MOST,
    plain_name,
)
from bot.engine.flow import Every, Kind, Mark

_QUOTED = re.compile(r"\{\s*([a-z0-9_.]+)\s*[:}]")


def read_draft(node: Fields, found: list[Finding]) -> Draft | None:
    """The draft of a flow file; None where it has no name or no steps, so that nothing else can be said about it."""
    file = node.mark.file
    top = Mark(file, 1, 1)
    words = by_word(node, FLOW_WORDS, "a flow file", found)
    name = _name(words, top, found)
    roles = _roles(words, found)
    texts = {word: _plain(words, word, found) for word in ("title", "about")}
    kind = _kind(words, found)
    if len(roles) == 2 and "kind" not in words:
        hint = "Write `kind: light`, `kind: conflict` or `kind: pause`."
        found.append(error("K17", top, "A flow for two needs its kind.", hint))
    alone, card = _name_of(words, "alone", found), _name_of(words, "card", found)
    every = _every(words, found)
    phrases = _phrases(words, found)
    steps = _steps(words, top, roles, found)
    if name is None or not steps:
        return None
    return Draft(
        name=name.text,
        mark=name.mark,
        words=words,
        steps=steps,
        title=texts["title"],
        about=texts["about"],
        kind=kind,
        roles=roles,
        alone=alone,
        every=every,
        phrases=phrases,
        card=card,
        quotes=frozenset(_quotes(node)),
    )


def _quotes(node: Node) -> Iterator[str]:
    match node:
        case Scalar():
            yield from _QUOTED.findall(node.text)
        case Fields():
            for entry in node.entries:
                yield from _quotes(entry.value)
        case Items():
            for item in node.items:
                yield from _quotes(item)


def _name(words: dict[str, Entry], top: Mark, found: list[Finding]) -> Scalar | None:
    if "flow" not in words:
        hint = "Add a first line such as `flow: evening_hello`."
        found.append(error("K10", top, "The flow has no name.", hint))
        return None
    name = one_text(words["flow"].value, "flow", found)
    if name is None:
        return None
    if name.text in COMMANDS:
        said = f"“{name.text}” cannot be the name of a flow: it is a command of the bot."
        found.append(error("K11", name.mark, said, f"Take another name, such as `our_{name.text}`."))
    elif not FLOW_NAME.fullmatch(name.text):
        found.append(error("K11", name.mark, f"“{name.text}” cannot be a name.", _small_letters(name.text, 32)))
    return name


def _small_letters(words: str, most: int) -> str:
    example = plain_name(words)
    shown = f": `{example}`" if example else ""
    return f"Use small letters, digits and _ , at most {most}{shown}."


def _plain(words: dict[str, Entry], word: str, found: list[Finding]) -> str | None:
    """`title` and `about`: words without values."""
    if word not in words:
        return None
    text = spoken(words[word].value, word, found)
    if text is None:
        return None
    most = FLOW_WORDS[word].most
    if most is not None and len(text.text) > most:
        found.append(
            error("T01", text.mark, f"{word} has {len(text.text)} characters; {most} is the most.", "Shorten it.")
        )
    if text.braces:
        line, column = text.braces[0]
        said = f"`{word}` is the same for everybody, so it shows no values."
        found.append(error("A15", Mark(text.mark.file, line, column), said, "Take the { and } out."))
    return text.text.strip()


def _name_of(words: dict[str, Entry], word: str, found: list[Finding]) -> str | None:
    if word not in words:
        return None
    text = one_text(words[word].value, word, found)
    return None if text is None else text.text


def _kind(words: dict[str, Entry], found: list[Finding]) -> Kind | None:
    if "kind" not in words:
        return None
    text = one_text(words["kind"].value, "kind", found)
    if text is None:
        return None
    kinds = [kind.value for kind in Kind]
    if text.text not in kinds:
        said = f"“{text.text}” is not a kind of flow.{did_you_mean(text.text, kinds)}"
        found.append(error("K14", text.mark, said, "Kinds: light, conflict, pause."))
        return None
    return Kind(text.text)


def _roles(words: dict[str, Entry], found: list[Finding]) -> tuple[str, ...]:
    if "roles" not in words:
        return ()
    node = words["roles"].value
    roles = names(node, "roles", found)
    hint = "For example `roles: [speaker, listener]`."
    if len(roles) != 2:
        found.append(error("C01", node.mark, "`roles` names exactly two people.", hint))
        return tuple(role.text for role in roles)
    if roles[0].text == roles[1].text:
        found.append(
            error("C01", roles[1].mark, "`roles` names exactly two people, each with a name of its own.", hint)
        )
    for role in roles:
        if role.text in RESERVED_ROLES or not NAME.fullmatch(role.text):
            said = f"“{role.text}” cannot be the name of a role."
            why = "It is a word of the language or has capital letters or blanks."
            found.append(error("C02", role.mark, said, why))
    return tuple(role.text for role in roles)


def _every(words: dict[str, Entry], found: list[Finding]) -> Every | None:
    if "every" not in words:
        return None
    text = one_text(words["every"].value, "every", found)
    if text is None:
        return None
    every = read_every(text.text)
    if every is None:
        first = text.text.split()[0]
        meant = did_you_mean(first, DAYS) if first not in DAYS else ""
        said = f"“{text.text}” is not a time I know.{meant}"
        found.append(error("T02", text.mark, said, "Write `day at 21:00`, `weekday at 08:30` or `Sunday at 19:00`."))
    elif every.at.hour >= 23 or every.at.hour < 7:
        said = "This is in the quiet hours (23:00 to 07:00). The bot will hold the message until 07:00."
        found.append(warning("T03", text.mark, said))
    return every


def _phrases(words: dict[str, Entry], found: list[Finding]) -> tuple[Scalar, ...]:
    if "words" not in words:
        return ()
    phrases = names(words["words"].value, "words", found)
    for phrase in phrases:
        if sum(letter.isalpha() for letter in phrase.text) < 3:
            found.append(error("K15", phrase.mark, "A starting phrase needs three letters or more."))
    if len(phrases) > PHRASES_MOST:
        said = f"{len(phrases)} starting phrases. A flow may have {PHRASES_MOST}."
        found.append(error("K13", phrases[PHRASES_MOST].mark, said, "Keep those that people really type."))
    return phrases


def _steps(words: dict[str, Entry], top: Mark, roles: tuple[str, ...], found: list[Finding]) -> dict[str, DraftStep]:
    node = words["steps"].value if "steps" in words else None
    if node is None or (isinstance(node, Scalar) and not node.text):
        hint = "Add `steps:` and, under it, the first step."
        found.append(error("K12", words["steps"].key.mark if node else top, "The flow has no steps.", hint))
        return {}
    table = lines(node, "steps", found)
    if table is None:
        return {}
    entries = once(table, found)
    if len(entries) > STEPS_MOST:
        mark = list(entries.values())[STEPS_MOST].key.mark
        said = f"{len(entries)} steps. A flow may have {STEPS_MOST}."
        found.append(error("K13", mark, said, "Split it into parts."))
        return {}
    steps: dict[str, DraftStep] = {}
    hollow = False
    for name, entry in entries.items():
        if hollow and name in STEP_WORDS and not isinstance(entry.value, Fields):
            continue  # a line of the empty step above that was not indented: said already
        hollow = isinstance(entry.value, Scalar) and not entry.value.text
        _step_name(entry.key, roles, found)
        steps[name] = read_step(entry, roles, found)
    return steps


def _step_name(key: Scalar, roles: tuple[str, ...], found: list[Finding]) -> None:
    if key.text in RESERVED_STEPS:
        found.append(
            error("S01", key.mark, f"“{key.text}” cannot be the name of a step.", "It is a word of the language.")
        )
    elif key.text in roles:
        said = f"“{key.text}” is already the name of a role."
        found.append(error("S02", key.mark, said, "Give the step another name."))
    elif not NAME.fullmatch(key.text):
        found.append(error("K11", key.mark, f"“{key.text}” cannot be a name.", _small_letters(key.text, 40)))
