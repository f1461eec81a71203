"""From what was found on a machine to tiers and words."""

from sagews.config.site import Site
from sagews.config.worker import Worker
from sagews.machine import examination
from sagews.machine.examination import OTHERS, RIGHTS, SANDBOX, not_linux
from sagews.protocol.isolation import Finding, IsolationReport
from sagews.worker.report import NEEDS, lines, report, tiers
from sagews.worker.tier import Tier

EVERYTHING = [trial.name for trial in (*RIGHTS, *SANDBOX, *OTHERS)]
NAMESPACES = [name for name in EVERYTHING if "namespaces" in name]


def found(*missing: str) -> list[Finding]:
    return [
        Finding(name=name, holds=name not in missing, found="no" if name in missing else "yes") for name in EVERYTHING
    ]


def reachable(findings: list[Finding], failed: dict[Tier, str] | None = None) -> str:
    return "".join(row.tier for row in tiers(failed or {}, findings) if row.reachable)


def told(findings: list[Finding], tier: Tier | None, required: str = "") -> IsolationReport:
    site = Site(worker=Worker(required_tier=required))
    return report(site, tier, {}, findings, user="ada", system="Linux 6.1 x86_64")


def test_what_each_tier_takes() -> None:
    assert reachable(found()) == "ACD"
    assert reachable(found(examination.ROOT, examination.USER_SWITCH)) == "BCD"
    assert reachable(found(examination.ROOT, examination.USER_SWITCH, examination.USER_NAMESPACES)) == "CD"
    assert reachable(found(*NAMESPACES)) == "CD"
    assert reachable(found(examination.FILTER)) == "D"
    assert reachable(found(examination.PIDFDS)) == ""


def test_users_of_their_own_hold_sessions_where_nothing_else_does() -> None:
    by_user = Finding(name=examination.BY_USER, holds=True, found="yes")
    for missing in ((examination.PIDFDS,), (examination.ORPHANS,), examination.HOLDS):
        assert reachable(found(*missing)) == ""
        assert reachable([*found(*missing), by_user]) == "C"
    assert reachable([*found(examination.DATAGRAMS), by_user]) == ""


def test_every_wall_of_a_sandbox_is_needed_for_one() -> None:
    for name in NEEDS[Tier.B]:
        ordinary = found(examination.ROOT, examination.USER_SWITCH, name)
        assert "B" not in reachable(ordinary), name


def test_walls_that_sessions_do_without() -> None:
    assert reachable(found(examination.LANDLOCK, examination.HUGE_PAGES)) == "ACD"


def test_what_keeps_a_tier_is_named() -> None:
    rows = {row.tier: row for row in tiers({}, found(examination.ROOT, examination.FILTER))}
    assert rows["A"].keeps == [f"{examination.FILTER}: no", f"{examination.ROOT}: no"]
    assert rows["C"].keeps == [f"{examination.FILTER}: no"]
    assert rows["D"].keeps == []


def test_what_failed_although_every_wall_stands_is_named() -> None:
    rows = {row.tier: row for row in tiers({Tier.A: "the disk is full"}, found())}
    assert rows["A"].keeps == ["the disk is full"]


def test_a_system_without_walls() -> None:
    findings = [not_linux("Darwin"), *(row for row in found() if row.name in NEEDS[Tier.D])]
    assert reachable(findings) == "D"
    assert "this is Darwin" in tiers({}, findings)[0].keeps[0]


def test_what_the_site_requires() -> None:
    assert told(found(), Tier.A, "B").met
    assert told(found(), Tier.B, "b").met
    assert not told(found(), Tier.C, "B").met
    assert told(found(), Tier.D).met
    assert not told(found(), None).met


def test_the_table_is_for_people() -> None:
    findings = [
        *found(examination.ROOT),
        Finding(name="fs.protected_fifos", holds=False, found="0: pipes", advice="sysctl -w fs.protected_fifos=1"),
        Finding(name="memory", holds=None, found="long " * 100),
    ]
    table = list(lines(told(findings, Tier.B, "A")))
    assert table[0] == "Linux 6.1 x86_64, user ada"
    assert "Worker w1 would isolate its sessions in tier B." in table
    assert "The site requires tier A: NOT met." in table
    assert any(line.startswith("  NO   root ") for line in table)
    assert any(line.strip() == "-> sysctl -w fs.protected_fifos=1" for line in table)
    assert max(map(len, table)) <= 120
