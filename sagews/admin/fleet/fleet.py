"""The machines of a site, brought to what the configuration says: kind of service by kind, in the order of needs.

Before anything is changed on any machine, each that can be reached has checked
its part. A machine that cannot be reached is told, and the rest goes on.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence

from sagews.admin.deadline import Deadline
from sagews.admin.fleet.channel import Channel
from sagews.admin.here.difference import kinds_in_order
from sagews.admin.here.orders import Brought, Done, Order, Planned, Verb
from sagews.admin.here.words import Status, Word
from sagews.errors import ConfigurationError, SagewsError, UnreachableError

FAULT, FAILED = 1, 3
"""Exit statuses; the highest of all that happened is the command's (sagews.errors has the others)."""


class Fleet:
    """The channels to all machines that an order is for."""

    def __init__(self, channels: Iterable[Channel], tell: Callable[[str, Word], None], deadline: Deadline) -> None:
        self._channels = {channel.machine: channel for channel in channels}
        self._tell = tell
        self._deadline = deadline
        self._plans: dict[str, tuple[Planned, ...]] = {}
        self._worst = 0
        self._refused = False

    async def do(self, verb: Verb, names: Sequence[str]) -> int:
        """Do one of `start`, `stop`, `restart` and `reload` to services or kinds, or to all; return the exit status.

        Raises ConfigurationError for a name that no machine knows.
        """
        await self._plan(names)
        if verb != "stop":
            if not self._refused:
                await self._on(self._plans, "check", names)
            if self._refused:
                self._tell("", Word("", "nothing was changed"))
                return self._worst
        if len(self._plans) == 1:
            await self._on(self._plans, verb, names)
            return self._worst
        kinds = self._kinds(names)
        if verb in ("stop", "reload"):
            kinds.reverse()
        if verb == "start" and not names:
            await self._on(self._plans, "tidy", ())
        await self._in_stages(verb, kinds, names)
        if verb == "stop" and not names:
            # Last, and with everything supervisord itself.
            await self._on(self._plans, "stop", ())
        return self._worst

    async def drain(self, names: Sequence[str]) -> int:
        """Empty backends and workers, and wait until they have ended; return the exit status."""
        await self._plan(names)
        await self._on(self._plans, "drain", names)
        return self._worst

    async def renew(self) -> int:
        """Bring one machine to what the configuration and the program are now, workers emptied before they restart.

        Return the exit status.
        """
        _, listed = await self.status(())
        if self._worst:
            return self._worst
        changed = [each.service for each in listed if each.kind == "worker" and each.changed and each.pid]
        if changed and await self.drain(changed):
            return self._worst
        return await self.do("start", ())

    async def check(self, names: Sequence[str]) -> int:
        """See whether each machine could run its services as the configuration says; return the exit status."""
        await self._plan(names)
        await self._on(self._plans, "check", names)
        return self._worst

    async def status(self, names: Sequence[str]) -> tuple[int, list[Status]]:
        """Return how the services are, and 1 if one of them is not as the configuration says."""
        await self._plan(names)
        answers = await self._on(self._plans, "status", ())
        found = [status for done in answers.values() if done is not None for status in done.services]
        wanted = [status for status in found if not names or {status.service, status.kind} & set(names)]
        fault = 0 if all(status.right for status in wanted) else FAULT
        return max(self._worst, fault), wanted

    async def bring(self, files: Mapping[str, tuple[Brought, ...]]) -> int:
        """Put files on machines, by their names; return the exit status."""
        await asyncio.gather(
            *(self._order(name, Order(verb="bring", files=files[name], seconds=0.0)) for name in self._among(files))
        )
        return self._worst

    async def look(self, paths: Mapping[str, tuple[str, ...]], salt: str) -> dict[str, Done]:
        """Return which build each machine has and the digests of its files, for those that can be reached."""
        chosen = self._among(paths)
        orders = [Order(verb="look", paths=paths[name], salt=salt, seconds=0.0) for name in chosen]
        answers = await asyncio.gather(*(self._order(*each) for each in zip(chosen, orders, strict=True)))
        return {name: done for name, done in zip(chosen, answers, strict=True) if done is not None}

    def _among(self, names: Iterable[str]) -> list[str]:
        return [name for name in names if name in self._channels]

    async def close(self) -> None:
        """End all channels."""
        await asyncio.gather(*(channel.close() for channel in self._channels.values()))

    async def _plan(self, names: Sequence[str]) -> None:
        """Ask each machine what it has."""
        answers = await self._on(self._channels, "plan", None)
        self._plans = {machine: done.planned for machine, done in answers.items() if done is not None}
        known = {word for plan in self._plans.values() for each in plan for word in (each.name, each.kind)}
        unknown = sorted(set(names) - known)
        if unknown and not self._worst:
            raise ConfigurationError("is no service of the site", unknown[0], f"it has {', '.join(sorted(known))}")

    def _kinds(self, names: Sequence[str]) -> list[str]:
        needs: dict[str, set[str]] = {}
        for plan in self._plans.values():
            for each in plan:
                needs.setdefault(each.kind, set()).update(each.needs)
        wanted = {each.kind for plan in self._plans.values() for each in plan if _meant(each, names)}
        return [kind for kind in kinds_in_order(needs) if kind in wanted]

    async def _in_stages(self, verb: Verb, kinds: Sequence[str], names: Sequence[str]) -> None:
        lost: set[str] = set()
        for kind in kinds:
            having = {
                machine: [each.name for each in plan if each.kind == kind and _meant(each, names)]
                for machine, plan in self._plans.items()
            }
            having = {machine: services for machine, services in having.items() if services}
            needs = {need for plan in self._plans.values() for each in plan if each.kind == kind for need in each.needs}
            if verb == "start" and (missing := sorted(needs & lost)):
                lost.add(kind)
                self._say("", Word(kind, f"left as it is, since {missing[0]} failed", FAILED))
                continue
            if verb == "restart" and self._worst:
                self._say("", Word(kind, "left as it is, since another service failed", FAILED))
                continue
            if verb == "restart":
                done = await self._one_by_one(having, verb)
            else:
                done = await self._each(having, verb)
            if all(each is None or each.status for each in done.values()):
                lost.add(kind)

    async def _one_by_one(self, having: dict[str, list[str]], verb: Verb) -> dict[str, Done | None]:
        """Give an order to one machine after another, so that there are always others to turn to; a fault ends it."""
        done: dict[str, Done | None] = {}
        for machine, names in having.items():
            done |= await self._on([machine], verb, names)
            if self._worst:
                break
        return done

    async def _each(self, having: dict[str, list[str]], verb: Verb) -> dict[str, Done | None]:
        answers = await asyncio.gather(*(self._on([machine], verb, names) for machine, names in having.items()))
        return {machine: done for answer in answers for machine, done in answer.items()}

    async def _on(self, machines: Iterable[str], verb: Verb, names: Sequence[str] | None) -> dict[str, Done | None]:
        """Give an order to machines at the same time; None for one where it ended with an error, which is told."""
        chosen = {machine: own for machine in machines if (own := self._named(machine, names)) is not None}
        answers = await asyncio.gather(
            *(self._order(machine, Order(verb=verb, names=own, seconds=0.0)) for machine, own in chosen.items())
        )
        return dict(zip(chosen, answers, strict=True))

    def _named(self, machine: str, names: Sequence[str] | None) -> tuple[str, ...] | None:
        """Return which of the names a machine has; None if it has none of those that are given."""
        if not names:
            return ()
        words = {word for each in self._plans.get(machine, ()) for word in (each.name, each.kind)}
        return tuple(name for name in names if name in words) or None

    async def _order(self, machine: str, order: Order) -> Done | None:
        try:
            done = await self._channels[machine].order(order, self._deadline)
        except SagewsError as error:
            self._refused = self._refused or not isinstance(error, UnreachableError)
            self._say(machine, Word("", str(error), error.exit_status))
            return None
        self._worst = max(self._worst, done.status)
        return done

    def _say(self, machine: str, word: Word) -> None:
        self._worst = max(self._worst, word.status)
        self._tell(machine, word)


def _meant(planned: Planned, names: Sequence[str]) -> bool:
    return not names or bool({planned.name, planned.kind} & set(names))
