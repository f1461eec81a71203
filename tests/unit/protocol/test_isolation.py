"""What a worker says of its isolation is hostile until it is read."""

import pytest

from sagews.errors import ProtocolError
from sagews.protocol.isolation import (
    MAX_FINDINGS,
    MAX_ISOLATION,
    MAX_TEXT,
    Finding,
    IsolationReport,
    TierFound,
    decode,
    encode,
)


def test_it_comes_as_it_was_sent() -> None:
    report = IsolationReport(
        tier="B",
        protects="much",
        required="A",
        met=False,
        worker="w1",
        user="ada",
        system="Linux",
        tiers=[TierFound(tier="A", reachable=False, keeps=["root: no"])],
        findings=[Finding(name="memory", holds=None, found="1 GiB")],
    )
    assert decode(encode(report)) == report


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"tier": 1, "protects": ""}', '{"tier": "A"}', "[" * 60_000, "x" * (MAX_ISOLATION + 1), "\ud800"],
)
def test_what_is_none_is_refused(text: str) -> None:
    with pytest.raises(ProtocolError):
        decode(text)


def test_long_texts_and_lists_are_cut() -> None:
    findings = [Finding(name="x" * 60, holds=True)] * (MAX_FINDINGS + 100)
    report = decode(encode(IsolationReport(tier="ABCD", protects="y" * 5000, findings=findings)))
    assert report.tier == "A"
    assert len(report.protects) == MAX_TEXT
    assert len(report.findings) == MAX_FINDINGS
