"""`sagews worker --check`: starts each environment once, opens a session in it, evaluates, and leaves nothing."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec
import uvloop

from sagews.config.environment import Environment
from sagews.config.site import Site
from sagews.errors import SagewsError
from sagews.protocol import sagews_pb2 as pb
from sagews.service.log import start_log
from sagews.service.readers import Readers
from sagews.worker.refusal import Refusal
from sagews.worker.session import Session
from sagews.worker.supervisor import Supervisor

DEADLINE = 30.0
"""Seconds that a session may take for its evaluation."""

_CODE, _RESULT = "1+1", "2"


def check(site: Site, readers: Readers, tell: Callable[[str], None]) -> bool:
    """Check every environment, tell one line for each, and return whether all are well."""
    start_log("worker", least="warning")
    return uvloop.run(_check(site, readers, tell))


async def _check(site: Site, readers: Readers, tell: Callable[[str], None]) -> bool:
    all_well = True
    for environment in site.environment:
        faults, facts = await _check_one(site, readers, environment)
        tell(f"{environment.name}: {'; '.join(['FAILED', *faults] if faults else ['ok', *facts])}")
        all_well = all_well and not faults
    return all_well


async def _check_one(site: Site, readers: Readers, environment: Environment) -> tuple[list[str], list[str]]:
    """Return what is wrong with an environment, and what is worth knowing of one that is well."""
    alone = msgspec.structs.replace(site, environment=[msgspec.structs.replace(environment, spares=0)])
    supervisor = Supervisor(alone, readers)
    faults: list[str] = []
    try:
        await supervisor.start()
        preloaded = supervisor.preloaded(environment.name)
        faults += [f"module {name!r} cannot be imported" for name in preloaded.missing]
        faults += [f"warm_up: {preloaded.warm_up}"] if preloaded.warm_up else []
        session = await supervisor.open(pb.Open(environment=environment.name, reader="check"))
        faults += await _evaluate(session)
        return faults, [f"Python {preloaded.python}", f"preloaded in {preloaded.seconds:.1f} s"]
    except (SagewsError, Refusal, OSError) as error:
        return [*faults, _in_words(error, environment)], []
    finally:
        await supervisor.stop(pb.SESSION_REASON_SHUTDOWN)


def _in_words(error: Exception, environment: Environment) -> str:
    """Return an error without the noun that begins the line already."""
    if isinstance(error, SagewsError) and error.noun == f"environment {environment.name!r}":
        return str(SagewsError(error.what, "", error.hint))
    return str(error)


async def _evaluate(session: Session) -> list[str]:
    """Evaluate in a session, and return what is wrong with the answer."""
    ear = _Ear()
    session.enter(ear)
    session.attach(session.attachment(ear, after=0))
    session.evaluate(pb.Evaluate(evaluation="check", code=_CODE))
    try:
        async with asyncio.timeout(DEADLINE):
            done = await ear.done
    except TimeoutError:
        return [f"{_CODE} was not evaluated within {DEADLINE:.0f} s"]
    if ear.result != _RESULT:
        return [f"{_CODE} gives {ear.result!r} ({done})"]
    return []


@dataclass(eq=False)
class _Ear:
    """Hears a session as a link does."""

    result: str = ""
    done: asyncio.Future[str] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    writable: bool = True

    def send(self, event: bytes) -> None:
        """Take one event."""
        heard = pb.Event.FromString(event)
        match heard.WhichOneof("kind"):
            case "output" if heard.output.kind == pb.OUTPUT_KIND_EXECUTE_RESULT:
                self.result = str(json.loads(heard.output.body)["data"]["text/plain"])
            case "done" | "ended" as kind if not self.done.done():
                self.done.set_result(getattr(heard, kind).text or kind)
