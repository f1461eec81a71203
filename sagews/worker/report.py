"""What a worker's isolation comes to: from what was found on its machine to tiers, and to words.

Thinking only, no I/O.
"""

import textwrap
from collections.abc import Collection, Iterator, Mapping, Sequence

from sagews.config.site import Site
from sagews.machine import examination
from sagews.protocol.isolation import Finding, IsolationReport, TierFound
from sagews.worker.tier import Tier

_FILTER = (*examination.BASIS, examination.NO_NEW_PRIVILEGES, examination.NO_CAPABILITIES, examination.FILTER)
_SANDBOX = (
    *_FILTER,
    examination.PROCESSES,
    examination.MOUNTS,
    examination.MESSAGES,
    examination.HOSTNAME,
    examination.NETWORK,
    examination.CGROUP_NAMES,
    examination.SHOWN_ROOT,
    examination.PRIVATE_FILES,
)
NEEDS = {
    Tier.A: (*_SANDBOX, examination.ROOT, examination.USER_SWITCH),
    Tier.B: (*_SANDBOX, examination.USER_NAMESPACES),
    Tier.C: _FILTER,
    Tier.D: examination.BASIS,
}
"""The walls without which a tier is none."""

WIDTH = 100
"""Columns of the table."""
_NAMES = 44
_MARKS = {True: "yes", False: "NO", None: "-"}


def report(
    site: Site, tier: Tier | None, failed: Mapping[Tier, str], findings: Sequence[Finding], *, user: str, system: str
) -> IsolationReport:
    """Return what is to be told; `failed` says why tiers could not be had that were tried."""
    required = site.worker.required_tier.upper()
    return IsolationReport(
        tier=tier.name if tier else "",
        protects=_protects(tier, user),
        required=required,
        met=tier is not None and (not required or tier <= Tier[required]),
        worker=site.worker.name,
        user=user,
        system=system,
        tiers=tiers(failed, findings),
        findings=list(findings),
    )


def _protects(tier: Tier | None, user: str) -> str:
    if tier is None:
        return "No session can be had here."
    # Of root's files nothing is kept from those who can read what root can.
    return f"{tier.protects} Do not run it as root." if tier is Tier.D and user == "root" else tier.protects


def tiers(failed: Mapping[Tier, str], findings: Collection[Finding]) -> list[TierFound]:
    """Return which tiers can be had, and what keeps a worker from the others."""
    rows = []
    for tier in Tier:
        keeps = list(_missing(tier, findings))
        if tier in failed and not keeps:
            keeps = [failed[tier]]
        rows.append(TierFound(tier=tier.name, reachable=not keeps, keeps=keeps))
    return rows


def _missing(tier: Tier, findings: Collection[Finding]) -> Iterator[str]:
    """Yield what is missing; where a system has none of the walls, that alone."""
    found = {finding.name: finding for finding in findings}
    if examination.NOT_LINUX in found and tier is not Tier.D:
        yield found[examination.NOT_LINUX].found
        return
    if tier is Tier.B and examination.ROOT in found and found[examination.ROOT].holds:
        yield "it is for a worker that runs as an ordinary user"
        return
    by_user = tier is Tier.C and examination.BY_USER in found and found[examination.BY_USER].holds
    for name in NEEDS[tier]:
        if name in found and found[name].holds is False and not (by_user and name in examination.HOLDS):
            yield f"{name}: {found[name].found}"


def lines(found: IsolationReport) -> Iterator[str]:
    """Yield the report as a table for people."""
    yield f"{found.system}, user {found.user}"
    yield ""
    if found.tier:
        yield f"Worker {found.worker} would isolate its sessions in tier {found.tier}."
    else:
        yield f"Worker {found.worker} could not start here."
    yield from textwrap.wrap(found.protects, WIDTH)
    if found.required:
        yield f"The site requires tier {found.required}: {'met' if found.met else 'NOT met'}."
    yield ""
    yield "Tiers"
    for row in found.tiers:
        yield f"  {row.tier}  {'can be had' if row.reachable else 'cannot be had'}"
        for why in row.keeps:
            yield from textwrap.wrap(why, WIDTH, initial_indent="       - ", subsequent_indent="         ")
    yield ""
    yield "Walls and limits"
    for finding in found.findings:
        yield from _row(finding)


def _row(finding: Finding) -> Iterator[str]:
    begin = f"  {_MARKS[finding.holds]:<4} {finding.name:<{_NAMES}} "
    indent = " " * len(begin)
    yield from textwrap.wrap(finding.found or ".", WIDTH + 20, initial_indent=begin, subsequent_indent=indent)
    if finding.advice:
        yield from textwrap.wrap(
            finding.advice, WIDTH + 20, initial_indent=f"{indent}-> ", subsequent_indent=f"{indent}   "
        )
