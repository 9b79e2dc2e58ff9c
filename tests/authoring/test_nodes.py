"""Nodes: text as it was written, each with its place, and limits before anything is built."""

from __future__ import annotations

from bot.authoring.nodes import CARD_BYTES, FLOW_BYTES, Entry, Fields, Items, Scalar, read_source


def entries(text: str) -> list[Entry]:
    source = read_source(text.encode(), "x.yaml")
    assert isinstance(source.node, Fields), source.findings
    return list(source.node.entries)


def code(data: bytes, limit: int = FLOW_BYTES) -> tuple[str, int, int]:
    source = read_source(data, "x.yaml", limit)
    assert source.node is None
    (found,) = source.findings
    return found.code, found.mark.line, found.mark.column


def test_no_value_is_ever_typed() -> None:
    values = [entry.value for entry in entries("a: yes\nb: 1.50\nc: null\nd: 2026-01-01\ne:\nf: 0o7\n")]
    words = [value.text for value in values if isinstance(value, Scalar)]
    assert words == ["yes", "1.50", "null", "2026-01-01", "", "0o7"]


def test_places_count_from_one_in_characters_also_after_windows_line_ends() -> None:
    first, second = entries("é😀: {a}\r\nb: |\r\n  so {x} and\r\n  {y}\r\n".replace("{a}", "'{a}'"))
    assert isinstance(first.value, Scalar) and isinstance(second.value, Scalar)
    assert (first.key.mark.line, first.value.mark.column, first.value.mark.width) == (1, 5, 5)
    assert first.value.braces == ((1, 6),)
    assert second.value.braces == ((3, 6), (4, 3))
    assert second.value.text == "so {x} and\n{y}\n"


def test_lists_and_a_mark_of_byte_order() -> None:
    (entry,) = entries("\ufeffroles: [a, b]\n")
    assert isinstance(entry.value, Items) and entry.value.bracketed
    assert [item.text for item in entry.value.items if isinstance(item, Scalar)] == ["a", "b"]


def test_what_a_hash_cuts_off_is_kept_to_be_told() -> None:
    plain, quoted = (entry.value for entry in entries("a: You are my #1\nb: 'in quotes' # fine\n"))
    assert isinstance(plain, Scalar) and plain.cut == "#1"
    assert isinstance(quoted, Scalar) and quoted.cut == ""


def test_limits_on_size_entries_and_bytes() -> None:
    assert code(b"a: b\n" + b"#" * FLOW_BYTES) == ("Y01", 1, 1)
    assert code(b"a: b\n" + b"#" * CARD_BYTES, CARD_BYTES) == ("Y01", 1, 1)
    assert code(b"a:\n" + b"- x\n" * 20_000)[0] == "Y06"
    assert code(b"a: b\n\n\xff\xfe") == ("Y02", 3, 1)
    assert code("a: b\n".encode("utf-16")) == ("Y02", 1, 1)


def test_three_dashes_at_the_top_are_harmless() -> None:
    assert [entry.key.text for entry in entries("# a comment\n---\na: b\n")] == ["a"]
