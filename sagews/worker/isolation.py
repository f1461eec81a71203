"""How a worker isolates its sessions: the tier that it runs in, found by trying, and the walls that follow from it."""

import asyncio
import os
import sys

import structlog

from sagews.config.environment import Environment
from sagews.config.site import Site
from sagews.errors import ConfigurationError, ServiceError
from sagews.machine import processes
from sagews.machine.examination import examine, system
from sagews.machine.trial import attempt
from sagews.protocol.isolation import IsolationReport
from sagews.service.limits import site_limits
from sagews.service.readers import Readers
from sagews.session import user_processes
from sagews.worker.cgroups import Cgroups
from sagews.worker.interpreter import check_readable_by_others, readable_paths
from sagews.worker.program import user_name
from sagews.worker.report import report
from sagews.worker.sandboxes import Builder, Sandboxes
from sagews.worker.tier import Tier
from sagews.worker.users import Users
from sagews.worker.walls import Walls

LAST_DEADLINE = 1.0
"""Seconds in which what sessions have left ends."""

log = structlog.get_logger()


class Isolation:
    """The builder, the users and the sandboxes of one worker."""

    def __init__(self, site: Site, readers: Readers) -> None:
        self._site = site
        self._readers = readers
        self._builder: Builder | None = None
        self._sandboxes: dict[bool, Sandboxes] = {}
        """By whether they have the network."""
        self._cgroups: Cgroups | None = None
        self._own_users: Users | None = None
        """Of sessions that have no sandbox."""
        self._by_user = False
        """Whether sessions are held by their users, the system having nothing better."""
        self._not_held = ""
        """Why they cannot be held without users of their own."""
        self.tier = Tier.D
        """Known after `start`."""
        self.failed: dict[Tier, str] = {}
        """Why it is no better one."""

    async def start(self) -> None:
        """Find the best tier that this machine allows, or the one configured.

        Raises ConfigurationError if that is lower than the site requires or
        its readers demand; ServiceError if what it needs fails.
        """
        await self._find_cgroups()
        self._find_hold()
        wanted = named_tier("tier", self._site.worker.tier)
        required = named_tier("required_tier", self._site.worker.required_tier)
        for tier in [wanted] if wanted else list(Tier):
            try:
                await self._start_in(tier)
                break
            except ServiceError as error:
                await self.stop()
                self.failed[tier] = str(error)
                if wanted:
                    raise
        else:
            reasons = "; ".join(self.failed.values())
            raise ServiceError(
                f"can isolate sessions in no way ({reasons})", f"worker {self._site.worker.name}", "see sagews doctor"
            )
        if required and self.tier > required:
            await self._refuse(f"the site requires tier {required.name} ([worker] required_tier)")
        if self.tier.is_weak and self._readers is Readers.ANYBODY and not self._site.worker.accept_weak_isolation:
            await self._refuse("anybody can open sessions; [worker] accept_weak_isolation = true accepts that")
        if required is Tier.A and self._cgroups is None:
            await self._refuse("the site requires tier A, and here no cgroups can be made that limit a whole session")
        log.info("isolation", tier=self.tier.name, not_better=list(self.failed.values()))

    async def _refuse(self, why: str) -> None:
        await self.stop()
        await self.close()
        reasons = "; ".join(self.failed.values()) or "as configured"
        raise ConfigurationError(
            f"isolates in tier {self.tier.name} only ({reasons})",
            f"worker {self._site.worker.name}",
            f"see sagews doctor; {why}",
        )

    def examine(self) -> IsolationReport:
        """Try every wall and limit of this machine, and return what holds; takes a moment."""
        interpreters = {each.name: each.interpreter or sys.executable for each in self._site.environment}
        findings = examine(interpreters=interpreters, sessions=self._site.worker.max_sessions, thorough=False)
        return report(self._site, self.tier, self.failed, findings, user=user_name(), system=system())

    async def _find_cgroups(self) -> None:
        """Find out whether the system can keep the limits of sessions, and clear away what an earlier life left."""
        if self._site.worker.cgroups:
            self._cgroups = Cgroups.find(self._site.worker.name)
        if self._cgroups is None:
            log.info("no cgroups: limits are kept by looking at processes")
            return
        log.info("cgroups keep limits", version=self._cgroups.version, controllers=self._cgroups.controllers)
        await self._cgroups.sweep()

    def _find_hold(self) -> None:
        """Find out by what sessions can be held: each process by a descriptor, and its orphans by being a subreaper."""
        for trial in (processes.pidfds, processes.orphans):
            # Twice, since so much follows from it: a busy machine may not do it in time.
            if not (attempt(trial).works or (outcome := attempt(trial)).works):
                self._not_held = outcome.text
                break
        self._by_user = bool(self._not_held) and attempt(processes.ends_by_user).works
        if self._not_held:
            log.warning("no process descriptors, or no subreapers", why=self._not_held, by_user=self._by_user)

    async def close(self) -> None:
        """End what is left of sessions, and remove the cgroups."""
        if self._by_user and self._own_users is not None:
            user_processes.kill_all(self._own_users.taken, LAST_DEADLINE)
        if self._cgroups is not None:
            await self._cgroups.close()

    async def stop(self) -> None:
        """End the sandboxes that nobody has taken, and the builder."""
        await asyncio.gather(*(sandboxes.stop() for sandboxes in self._sandboxes.values()))
        self._sandboxes.clear()
        if self._builder is not None:
            await self._builder.stop()
            self._builder = None

    @property
    def pids(self) -> set[int]:
        """Process ids of the programs that it runs."""
        return set() if self._builder is None else {self._builder.pid}

    def namespaces(self) -> list[int]:
        """Return descriptors of the namespaces that zygotes are to enter. Raises ServiceError while there are none."""
        return [] if self._builder is None else self._builder.namespaces()

    def walls(self, environment: Environment) -> Walls:
        """Return the walls around the sessions of an environment."""
        return Walls(
            tier=self.tier,
            sandboxes=self._sandboxes[bool(environment.network)] if self.tier.has_namespaces else None,
            network=bool(environment.network) or not self.tier.has_filter,
            cgroups=self._cgroups,
            landlock=self.tier.has_filter and _has_landlock(),
            users=self._own_users,
            by_user=self._by_user,
        )

    async def _start_in(self, tier: Tier) -> None:
        """Put up what a tier needs. Raises ServiceError if this machine does not allow it."""
        if tier is Tier.A and os.geteuid() != 0:
            raise ServiceError("needs root", "tier A", "run the worker as root")
        if tier is Tier.B and os.geteuid() == 0:
            raise ServiceError("is for a worker that runs as an ordinary user", "tier B", "root has tier A")
        if self._not_held and not (self._by_user and tier is Tier.C):
            raise ServiceError(f"cannot hold its sessions ({self._not_held})", f"tier {tier.name}", "see sagews doctor")
        if tier.has_filter and not _has_filter():
            raise ServiceError("needs a kernel that filters system calls", f"tier {tier.name}", "")
        if tier.has_namespaces:
            await self._start_sandboxes(tier)
        self._own_users = None
        if tier is Tier.C and os.geteuid() == 0:
            self._own_users = self._users()
            self._own_users.vacant_only = self._by_user
            for environment in self._site.environment:
                check_readable_by_others(environment)
        self.tier = tier

    async def _start_sandboxes(self, tier: Tier) -> None:
        shown = [path for environment in self._site.environment for path in readable_paths(environment)]
        self._builder = Builder(shown, new_user_namespace=tier is Tier.B)
        await self._builder.start()
        users = self._users() if tier is Tier.A else Users.own()
        for network in {bool(environment.network) for environment in self._site.environment}:
            sandboxes = Sandboxes(self._builder, users, site_limits(self._site.limits), network=network)
            self._sandboxes[network] = sandboxes
            await sandboxes.start()

    def _users(self) -> Users:
        settings = self._site.worker
        if settings.users:
            return Users.named(settings.users, settings.user_part, settings.user_parts)
        return Users.dynamic(settings.user_part)


def _has_filter() -> bool:
    if sys.platform != "linux":
        return False
    from sagews.session import seccomp

    return seccomp.available()


def _has_landlock() -> bool:
    from sagews.session import landlock

    return landlock.available() > 0


def named_tier(setting: str, name: str) -> Tier | None:
    """Return the tier that a setting names; None if it is empty. Raises ConfigurationError."""
    if not name:
        return None
    try:
        return Tier[name.upper()]
    except KeyError:
        raise ConfigurationError(
            f"is {name!r}, not one of A, B, C, D", f"worker.{setting}", "see sagews doctor"
        ) from None
