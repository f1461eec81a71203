"""`sagews doctor`: tries every wall and limit of this machine and every tier, and says what a worker would do here."""

import asyncio
import sys
from collections.abc import Callable

import msgspec

from sagews.config.site import Site
from sagews.errors import SagewsError
from sagews.machine.examination import examine, system
from sagews.protocol.isolation import IsolationReport, encode
from sagews.service.log import start_log
from sagews.service.readers import Readers
from sagews.worker.isolation import Isolation, named_tier
from sagews.worker.program import user_name
from sagews.worker.report import lines, report
from sagews.worker.tier import Tier


def doctor(site: Site, tell: Callable[[str], None], *, as_json: bool) -> bool:
    """Tell what holds here, as a table or as JSON, and return whether a worker could start as the site requires.

    Raises ConfigurationError for settings that cannot be used.
    """
    found = diagnose(site)
    for line in [encode(found)] if as_json else lines(found):
        tell(line)
    return found.met


def diagnose(site: Site) -> IsolationReport:
    """Return what a worker of this site finds on this machine."""
    named_tier("required_tier", site.worker.required_tier)
    configured = named_tier("tier", site.worker.tier)
    interpreters = {each.name: each.interpreter or sys.executable for each in site.environment}
    findings = examine(interpreters=interpreters, sessions=site.worker.max_sessions, thorough=True)
    failed: dict[Tier, str] = {}
    if sys.platform == "linux":
        failed = asyncio.run(_failed(site))
    found = report(site, None, failed, findings, user=user_name(), system=system())
    reachable = [Tier[row.tier] for row in found.tiers if row.reachable]
    tier = next((each for each in reachable if configured in (None, each)), None)
    return report(site, tier, failed, findings, user=found.user, system=found.system)


async def _failed(site: Site) -> dict[Tier, str]:
    """Return why tiers cannot be had, having started each as a worker does."""
    # The attempts are told in the table, not in a log.
    start_log("doctor", least="critical")
    failed: dict[Tier, str] = {}
    for tier in Tier:
        worker = msgspec.structs.replace(site.worker, tier=tier.name, required_tier="")
        isolation = Isolation(msgspec.structs.replace(site, worker=worker), Readers.OWNER)
        try:
            await isolation.start()
        except SagewsError as error:
            failed[tier] = str(error)
        finally:
            await isolation.stop()
    return failed
