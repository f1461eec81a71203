"""How well a worker isolates its sessions: what it found, as JSON, for its log, for backends and for their readers.

A worker tells it in the field `isolation` of its Welcome.
"""

import msgspec

from sagews.errors import ProtocolError

MAX_ISOLATION = 1 << 16
"""Bytes of the JSON; more is not read."""
MAX_FINDINGS = 200
MAX_TEXT = 1000
"""Characters of one text, after which it is cut."""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was tried on a machine, and what came of it."""

    name: str
    """What operators call it."""
    holds: bool | None
    """Whether it works here; None: it is worth knowing, and neither good nor bad."""
    found: str = ""
    """What was seen, or why it does not work."""
    advice: str = ""
    """What the operator can do about it; empty where nothing is to be done."""


class TierFound(msgspec.Struct, frozen=True, kw_only=True):
    """Whether sessions could be isolated in one tier."""

    tier: str
    """A, B, C or D."""
    reachable: bool
    keeps: list[str] = []
    """What keeps the worker from it."""


class IsolationReport(msgspec.Struct, frozen=True, kw_only=True):
    """All of it."""

    tier: str
    """In which sessions run; empty: none can be had."""
    protects: str
    """What the tier protects, in one sentence."""
    required: str = ""
    """The lowest tier that the site accepts; empty: any."""
    met: bool = True
    """Whether it is at least that."""
    worker: str = ""
    user: str = ""
    """Who runs the worker."""
    system: str = ""
    """Its kernel and processor."""
    tiers: list[TierFound] = []
    findings: list[Finding] = []


def encode(report: IsolationReport) -> str:
    """Return the report as JSON."""
    return msgspec.json.encode(report).decode()


def decode(text: str) -> IsolationReport:
    """Return the report that a worker has sent, its texts cut to MAX_TEXT. Raises ProtocolError for what is none."""
    if len(text) > MAX_ISOLATION:
        raise ProtocolError(f"has over {MAX_ISOLATION:,} characters", "report of isolation")
    try:
        report = msgspec.json.decode(text, type=IsolationReport)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise ProtocolError(f"is not understood ({error})", "report of isolation") from error
    return IsolationReport(
        tier=report.tier[:1],
        protects=report.protects[:MAX_TEXT],
        required=report.required[:1],
        met=report.met,
        worker=report.worker[:MAX_TEXT],
        user=report.user[:MAX_TEXT],
        system=report.system[:MAX_TEXT],
        tiers=[
            TierFound(tier=row.tier[:1], reachable=row.reachable, keeps=[why[:MAX_TEXT] for why in row.keeps[:20]])
            for row in report.tiers[:4]
        ],
        findings=[
            Finding(name=row.name[:MAX_TEXT], holds=row.holds, found=row.found[:MAX_TEXT], advice=row.advice[:MAX_TEXT])
            for row in report.findings[:MAX_FINDINGS]
        ],
    )
