"""One broken file a code: exactly that finding, at exactly that place, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.authoring.cards import read_card, unknown_refs
from bot.authoring.checks import Pack
from bot.authoring.finding import Finding, Severity, unconfirmed
from bot.authoring.library import read_among
from bot.authoring.nodes import CARD_BYTES, Fields, Source, read_source
from bot.authoring.outline import read_draft
from bot.engine.library import Reference

BROKEN = Path(__file__).parent.parent / "broken"
SAMPLES = sorted(BROKEN.glob("*.yaml"))
PACK = Pack(
    media=frozenset({"slow_breath.gif"}),
    cards=frozenset({"flooding", "safe-at-home"}),
    safety_cards=frozenset({"safe-at-home"}),
)
REFERENCES = {"levenson1983": Reference("Levenson 1983", None, True)}
_EXPECT = re.compile(rb"# expect (\d+):(\d+) ([A-Z]\d\d)")


def found_in(data: bytes, file: str) -> list[Finding]:
    """The errors and warnings of a file among the small flows beside the samples, or of a card."""
    if b"\nid: " in data:
        return _serious(_card(read_source(data, file, CARD_BYTES)), {})
    findings: list[Finding] = []
    drafts = []
    texts: dict[str, str] = {}
    files = {path.name: path.read_bytes() for path in sorted((BROKEN / "among").glob("*.yaml"))}
    for name, content in {**files, file: data}.items():
        source = read_source(content, name)
        texts[name] = source.text
        findings += source.findings
        draft = read_draft(source.node, findings) if isinstance(source.node, Fields) else None
        if draft is not None:
            drafts.append(draft)
    for draft in drafts:
        read_among(draft, drafts, PACK, findings)
    return _serious([finding for finding in findings if finding.mark.file == file], texts)


def _card(source: Source) -> list[Finding]:
    findings = list(source.findings)
    card = read_card(source.node, findings) if isinstance(source.node, Fields) else None
    return findings + ([] if card is None else list(unknown_refs(card, REFERENCES)))


def _serious(findings: list[Finding], texts: dict[str, str]) -> list[Finding]:
    return [finding for finding in unconfirmed(findings, texts) if finding.severity is not Severity.ADVICE]


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
def test_a_broken_file_has_its_finding_and_no_other(sample: Path) -> None:
    data = sample.read_bytes()
    expected = _EXPECT.match(data)
    assert expected is not None, "the first line says what to expect"
    found = found_in(data, sample.name)
    places = [(one.mark.line, one.mark.column, one.code) for one in found]
    assert places == [(int(expected[1]), int(expected[2]), expected[3].decode())], found
    assert sample.stem.startswith(expected[3].decode()), "the file is named after its code"


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
def test_a_finding_is_a_sentence_that_names_no_machinery(sample: Path) -> None:
    for finding in found_in(sample.read_bytes(), sample.name):
        assert finding.text.rstrip().endswith((".", "?", "!", "”."))
        assert "Traceback" not in finding.text and "None" not in finding.text


def test_the_flows_beside_the_samples_have_no_findings_of_their_own() -> None:
    assert found_in((BROKEN / "among" / "0_kiss.yaml").read_bytes(), "0_kiss.yaml") == []
