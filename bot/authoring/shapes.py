"""The shape of what stands after a word: one text, a list of names, lines. Unknown and repeated words."""

from __future__ import annotations

from collections.abc import Collection

from bot.authoring.diagnose import missing_space, no_space, unquoted
from bot.authoring.finding import Finding, did_you_mean, error, listed
from bot.authoring.nodes import Entry, Fields, Items, Node, Scalar
from bot.engine.flow import Mark


def _braces_by_accident(node: Node) -> Finding | None:
    """`say: {name}` is a list of words for YAML, and a text for its author."""
    if isinstance(node, Fields) and node.braced and node.entries:
        return unquoted(node.mark, "{" + node.entries[0].key.text + "}")
    return None


def one_text(node: Node, word: str, found: list[Finding]) -> Scalar | None:
    """The text after a word. Y13 for a brace without quotes, K06 for a list, K07 for nothing, Y22 for a lost end."""
    if accident := _braces_by_accident(node):
        found.append(accident)
        return None
    if not isinstance(node, Scalar):
        found.append(error("K06", node.mark, f"{word} should be one text."))
        return None
    if not node.text.strip():
        found.append(error("K07", node.mark, f"{word} is empty."))
        return None
    return node


def spoken(node: Node, word: str, found: list[Finding]) -> Scalar | None:
    """A text that people read: as `one_text`, and nothing of it may be lost behind a #."""
    text = one_text(node, word, found)
    if text is not None and text.cut and not text.cut.lstrip("#").lstrip().startswith("allow "):
        said = f"Everything after # is cut off: the couple would read only “{_short(text.text)}”."
        found.append(error("Y22", text.mark, said, "Put the text in quotes."))
        return None
    return text


def _short(words: str) -> str:
    return words if len(words) <= 40 else "…" + words[-39:]


def wordings(node: Node, word: str, found: list[Finding]) -> tuple[Scalar, ...]:
    """One text, or those of `one_of`; empty where there is a finding (K06 to K09)."""
    if isinstance(node, Items):
        if node.bracketed:
            found.append(unquoted(node.mark, "["))
        else:
            said = f"A list under `{word}` is not clear: several messages, or one picked at random?"
            hint = "For a random wording put `one_of:` above the list. For several messages write several steps."
            found.append(error("K09", node.mark, said, hint))
        return ()
    if isinstance(node, Fields) and not node.braced and "one_of" in [entry.key.text for entry in node.entries]:
        return _one_of(node, word, found)
    text = spoken(node, word, found)
    return () if text is None else (text,)


def _one_of(node: Fields, word: str, found: list[Finding]) -> tuple[Scalar, ...]:
    entries = by_word(node, {"one_of"}, word, found)
    if "one_of" not in entries:
        return ()
    several = entries["one_of"].value
    if not isinstance(several, Items) or len(several.items) < 2:
        found.append(error("K08", several.mark, "`one_of` needs two or more lines that begin with “- ”."))
        return ()
    texts = [spoken(item, word, found) for item in several.items]
    return tuple(text for text in texts if text is not None)


def names(node: Node, word: str, found: list[Finding]) -> tuple[Scalar, ...]:
    """One word or a list of words."""
    nodes = node.items if isinstance(node, Items) else (node,)
    words = [one_text(item, word, found) for item in nodes]
    return tuple(item for item in words if item is not None)


def lines(node: Node, word: str, found: list[Finding]) -> Fields | None:
    """Indented `word: value` lines (K01), or the colon that has no space after it (Y11)."""
    if isinstance(node, Fields):
        return node
    if isinstance(node, Scalar) and (split := missing_space(node.text)):
        mark = Mark(node.mark.file, node.mark.line, node.mark.column + len(split[0]))
        found.append(no_space(mark, *split))
    else:
        found.append(error("K01", node.mark, f"`{word}` should be indented “word: value” lines."))
    return None


def once(node: Fields, found: list[Finding]) -> dict[str, Entry]:
    """The entries by key, the first of each. K02 for a key that is no word, K03 for one that is written twice."""
    found += [error("K02", mark, "This name is not a plain word.") for mark in node.odd]
    entries: dict[str, Entry] = {}
    for entry in node.entries:
        first = entries.setdefault(entry.key.text, entry)
        if first is not entry:
            said = f"“{entry.key.text}” is written twice here; first on line {first.key.mark.line}."
            found.append(error("K03", entry.key.mark, said, "Keep one. (YAML would silently use only the last.)"))
    return entries


def by_word(node: Fields, known: Collection[str], place: str, found: list[Finding]) -> dict[str, Entry]:
    """The entries whose keys are words of this place, in any case where only capitals are wrong (K04, K05)."""
    entries: dict[str, Entry] = {}
    for key, entry in once(node, found).items():
        if key in known:
            entries[key] = entry
        elif key.lower() in known:
            said = f"“{key}” should be written “{key.lower()}”."
            found.append(error("K04", entry.key.mark, said, "Write it with small letters."))
            entries.setdefault(key.lower(), entry)
        else:
            said = f"“{key}” is not a word of {place}.{did_you_mean(key, known)}"
            found.append(error("K05", entry.key.mark, said, f"Words here: {listed(known, 20)}."))
    return entries
