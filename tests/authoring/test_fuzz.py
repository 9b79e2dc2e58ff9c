"""Whatever bytes come in, reading and checking ends with findings, never with an exception."""

from __future__ import annotations

from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from authoring.test_broken import SAMPLES, found_in
from bot.authoring.finding import Finding, rendered
from bot.authoring.nodes import Source, read_source

FLOWS = [path.read_bytes() for path in sorted((Path(__file__).parents[2] / "flows").glob("*.yaml"))]
SEEDS = FLOWS + [path.read_bytes() for path in SAMPLES]
WORDS = """: ~- ~{~}~{{~|~>~'~"~&a~*a~!x~#~[~]~,~steps:~next:~both ~skipped~no answer after ~0-10~*b*~_i_~=~<~(~not ~
one_of:~run: bot.upset~{a: b | other c}~---~\u202e~\u00a0~\t~? ~%TAG~  ~who: both~share: now~wait: 8 days~up to 3"""
PIECES = [b"\n", b"\xff", *(word.encode() for word in WORDS.split("~"))]


def check(data: bytes) -> list[Finding]:
    findings = found_in(data, "fuzz.yaml")
    source: Source = read_source(data, "fuzz.yaml")
    rendered(findings, {"fuzz.yaml": source.text})
    for finding in findings:
        assert finding.mark.line >= 1 and finding.mark.column >= 1 and finding.mark.width >= 1
        assert finding.mark.line <= source.text.count("\n") + 2 if source.text else finding.mark.line >= 1
    return findings


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=400))
def test_any_bytes(data: bytes) -> None:
    check(data)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.sampled_from(PIECES), max_size=60))
def test_pieces_of_flows_in_any_order(pieces: list[bytes]) -> None:
    check(b"".join(pieces))


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(SEEDS),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 12), st.sampled_from(PIECES)), min_size=1, max_size=3),
)
def test_flows_with_a_piece_lost_or_put_in(seed: bytes, edits: list[tuple[float, int, bytes]]) -> None:
    for where, lost, piece in edits:
        at = int(where * len(seed))
        seed = seed[:at] + piece + seed[at + lost :]
    check(seed)


def test_a_flood_of_brackets_ends_at_once() -> None:
    for flood in (b"[" * 40_000, b"{" * 40_000, b"a: {" * 10_000, b"- " * 40_000, b"? " * 40_000, b"*" * 40_000):
        findings = read_source(flood, "flood.yaml").findings
        assert findings and findings[0].code.startswith("Y")


def test_markup_that_never_ends_is_read_in_a_moment() -> None:
    for sign in ("*a ", "_a ", "{{", "{a: ", "{a.b} ", "*_"):
        text = (sign * (240_000 // len(sign))).replace('"', "")
        findings = found_in(f'flow: x\ntitle: X\nsteps:\n  a:\n    say: "{text}"\n'.encode(), "long.yaml")
        assert any(finding.code == "T01" for finding in findings)


def test_thousands_of_wrong_targets_are_all_found() -> None:
    rows = "".join(f"      {number}: stop_{{0}}_{number}\n" for number in range(11))
    steps = "".join(
        f"  step_{step}:\n    ask: How?\n    answer: 0-10\n    next:\n{rows.format(step)}      skipped: end\n"
        for step in range(150)
    )
    findings = found_in(f"flow: x\ntitle: X\nsteps:\n{steps}".encode(), "many.yaml")
    assert [finding.code for finding in findings] == ["S06"] * 150 * 11
    assert "Did you mean" in findings[0].text
