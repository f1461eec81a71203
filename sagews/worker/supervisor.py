"""The supervisor: admits sessions, finds them again, and ends them.

Theory of operation. Five kinds of process take part:

    supervisor   this one; asyncio; holds the links and the keys; runs no user code
    builder      small; started by exec; makes sandboxes ahead of time
    init         first process of a sandbox; its end is the end of everything inside
    zygote       one for each environment; warm interpreter; started by exec; forks
    session      runs the user's code

The supervisor takes a sandbox that stands, and asks a zygote to fork a session
into it by passing the descriptors that `worker/process.py` names. Who dies
first: the session's main process, of which the zygote tells, or the init,
which the supervisor kills. If the supervisor is killed, the kernel closes
every lifeline, and each init ends with its sandbox; zygote and builder see
their sockets end and go too. If a zygote or the builder is killed, sessions
live on, and it is started anew. Where there are no namespaces there is no
init, and the zygote kills what a session leaves.
"""

import asyncio
import secrets
import time
from collections import Counter, deque

import msgspec
import structlog

from sagews.config.site import Site
from sagews.errors import SagewsError, ServiceError
from sagews.protocol import sagews_pb2 as pb
from sagews.protocol.isolation import encode
from sagews.service.limits import environment_limits, lowered
from sagews.service.pressure import Gauge
from sagews.service.readers import Readers
from sagews.session import family
from sagews.worker.admission import Admission
from sagews.worker.isolation import Isolation
from sagews.worker.metrics import Metrics
from sagews.worker.refusal import Refusal
from sagews.worker.session import Session
from sagews.worker.shares import Shares
from sagews.worker.spares import Spares
from sagews.worker.zygote import Zygote

STOP_DEADLINE = 1.5
"""Seconds that sessions and spares may take to end, when they were killed at this process's own end. With those of
sandboxes, programs and cgroups it is less than five: no process that the system holds keeps this one."""
LAST_DEADLINE = 0.5
"""Seconds for killing what is left of this process's descendants at its end."""
MAX_READER = 64
"""Characters of an account or address in the log."""
OOM_SCORE = -900
"""Of this process and its programs, from -1000, never ended, to 1000."""
MAX_ENDED = 32
"""Ended sessions whose last events are still kept for a page that comes back."""

_REAP_EVERY = 1.0
_RENEW_EVERY = 1.0

log = structlog.get_logger()


class Supervisor:
    """All sessions of one worker."""

    def __init__(self, site: Site, readers: Readers = Readers.TOKEN) -> None:
        self._site = site
        self.isolation = ""
        """What the worker found of its isolation, as JSON; see `protocol/isolation.py`. Known after `start`."""
        self._limits = {
            environment.name: environment_limits(site.limits, environment) for environment in site.environment
        }
        self.metrics = Metrics()
        """What is counted."""
        self._isolation = Isolation(site, readers)
        self._zygotes = {
            environment.name: Zygote(environment, self._isolation.namespaces, self.metrics.zygote_started)
            for environment in site.environment
        }
        self._spares: dict[str, Spares] = {}
        self.admission = Admission(site.worker.name, site.worker.max_sessions, Gauge())
        """Who is let in."""
        self._shares = Shares(site.worker)
        self._counted: dict[str, str] = {}
        """As what the reader of each session was counted."""
        self._sessions: dict[str, Session] = {}
        self._ended: deque[Session] = deque()
        self._changed = asyncio.Event()
        self._started = asyncio.Event()
        self._reaper: asyncio.Task[None] | None = None
        self._renewer: asyncio.Task[None] | None = None

    @property
    def name(self) -> str:
        """The worker's name, with which the ids of its sessions begin."""
        return self._site.worker.name

    @property
    def tier(self) -> str:
        """The tier in which sessions are isolated."""
        return self._isolation.tier.name

    @property
    def environments(self) -> list[str]:
        """Names of the environments, the default one first."""
        return list(self._zygotes)

    @property
    def file_bytes(self) -> int:
        """Bytes of one file that may be put or fetched; 0: without limit."""
        return self._site.limits.file_bytes

    async def start(self) -> None:
        """Start the zygotes and spares. Raises ServiceError if an environment cannot be started."""
        become_subreaper()
        outlive_sessions()
        self._reaper = asyncio.create_task(self._reap())
        self._renewer = asyncio.create_task(self._renew())
        await self._isolation.start()
        examination = asyncio.create_task(self._examine())
        for environment in self._site.environment:
            zygote = self._zygotes[environment.name]
            await zygote.start()
            walls = self._isolation.walls(environment)
            self._spares[environment.name] = Spares(zygote, walls, self._limits[environment.name], environment.spares)
            await self._spares[environment.name].start()
        await examination
        self._started.set()

    async def _examine(self) -> None:
        """Examine this machine, while the zygotes preload; all at once, so that nothing of the loop comes between."""
        found = self._isolation.examine()
        log.info("examined", isolation=msgspec.to_builtins(found))
        self.isolation = encode(found)

    async def drain(self) -> None:
        """Open no more sessions; return when the last one that lives has ended by itself."""
        self.admission.drain()
        while self.admission.taken:
            self._changed.clear()
            await self._changed.wait()

    async def stop(self, reason: pb.SessionReason) -> None:
        """End all sessions with all their processes, for this reason, then the zygotes."""
        self.admission.stop()
        for session in list(self._sessions.values()):
            session.close(reason)
        try:
            async with asyncio.timeout(STOP_DEADLINE):
                await asyncio.gather(*(spares.stop() for spares in self._spares.values()))
                while self._sessions:
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            log.error("sessions did not end in time", sessions=list(self._sessions))
        await asyncio.gather(self._isolation.stop(), *(zygote.stop() for zygote in self._zygotes.values()))
        for task in (self._reaper, self._renewer):
            if task is not None:
                task.cancel()
        # What nobody has reaped, where a zygote was killed.
        family.kill_all(deadline=LAST_DEADLINE)
        await self._isolation.close()

    def preloaded(self, environment: str) -> pb.Preloaded:
        """Return what the zygote of an environment said when it was ready."""
        return self._zygotes[environment].preloaded

    @property
    def versions(self) -> list[pb.EnvironmentVersion]:
        """What runs in each environment that is preloaded, as a backend is told it."""
        return [
            pb.EnvironmentVersion(
                name=name, fingerprint=zygote.preloaded.fingerprint, languages=zygote.preloaded.languages
            )
            for name, zygote in self._zygotes.items()
            if zygote.preloaded.fingerprint
        ]

    @property
    def shares(self) -> Shares:
        """How many sessions each reader has."""
        return self._shares

    async def _reap(self) -> None:
        """Collect adopted children, so that none stays a zombie; kill what sessions without a sandbox left.

        Those that somebody waits for are left to them.
        """
        while True:
            await asyncio.sleep(_REAP_EVERY)
            awaited = {pid for zygote in self._zygotes.values() for pid in zygote.pids} | self._isolation.pids
            awaited |= {pid for spares in self._spares.values() for pid in spares.pids}
            awaited |= {session.pid for session in self._sessions.values()}
            if not (self._isolation.tier.has_namespaces or self._isolation.walls(self._site.environment[0]).by_user):
                family.kill_strays(known=awaited)
            family.reap(leave=awaited)

    async def _renew(self) -> None:
        """Put new zygotes in the place of old ones."""
        worker = self._site.worker
        while True:
            await asyncio.sleep(_RENEW_EVERY)
            for zygote in self._zygotes.values():
                await zygote.renew_if_old(worker.renew_after_sessions, worker.renew_after_seconds)

    async def open(self, wish: pb.Open) -> Session:
        """Start a session. Raises Refusal if there is no room or none can be made."""
        begun = time.perf_counter()
        reader = wish.reader[:MAX_READER]
        try:
            environment = self._environment(wish.environment)
            counted = self._enter(reader, wish)
            try:
                session = await self._start(environment, lowered(self._limits[environment], wish.limits), reader)
            except BaseException:
                self._leave(counted)
                raise
        except Refusal as refusal:
            self.metrics.refused(refusal.code)
            raise
        self._counted[session.name] = counted
        self._sessions[session.name] = session
        log.info("session opened", session=session.name, environment=environment, reader=reader, pid=session.pid)
        self.metrics.opened(time.perf_counter() - begun)
        return session

    def _enter(self, reader: str, wish: pb.Open) -> str:
        """Take a place for a reader; return as what the reader is counted. Raises Refusal."""
        counted = self._shares.enter(reader, wish.most_sessions, wish.sessions_elsewhere)
        try:
            self.admission.enter()
        except Refusal:
            self._shares.leave(counted)
            raise
        return counted

    def _leave(self, counted: str) -> None:
        # In this order: who is told of a free place is told whose it was.
        self._shares.leave(counted)
        self.admission.leave()

    def _environment(self, name: str) -> str:
        """Return the environment that is meant. Raises Refusal for an unknown one."""
        if name and name not in self._zygotes:
            known = ", ".join(self.environments)
            raise Refusal(
                pb.FAILURE_CODE_UNKNOWN_ENVIRONMENT,
                "is not known here",
                f"environment {name!r}",
                f"choose one of: {known}",
            )
        return name or self.environments[0]

    async def _start(self, environment: str, limits: pb.Limits, reader: str) -> Session:
        """Start a session in a place that was taken for it. Raises Refusal."""
        try:
            await self._started.wait()
            process = await self._spares[environment].take(limits)
        except (SagewsError, TimeoutError, OSError) as error:
            log.error("session not started", environment=environment, reader=reader, error=str(error))
            if limits != self._limits[environment] and not _is_passing(error):
                raise Refusal(
                    pb.FAILURE_CODE_BAD_MESSAGE,
                    "let no session start",
                    "limits",
                    "ask for more, or leave them out for the site's own",
                ) from error
            raise Refusal(
                pb.FAILURE_CODE_UNAVAILABLE,
                "could not start a session",
                f"worker {self.name}",
                "try again; the worker's log says why",
            ) from error
        if self.admission.state == pb.WORKER_STATE_STOPPING:
            process.kill()
            self.admission.check_open()
        return Session(
            f"{self.name}-{secrets.token_hex(8)}",
            environment,
            limits,
            process,
            self._site,
            reader=reader,
            on_done=self.metrics.evaluated,
            on_end=self._session_ended,
        )

    def doings(self) -> Counter[str]:
        """Return how many sessions do what: `evaluating`, `idle`, or `alone`, which nobody is attached to."""
        return Counter(session.doing for session in self._sessions.values())

    def find(self, name: str, token: str) -> Session:
        """Return a session that lives, or ended a moment ago. Raises Refusal."""
        session = self._sessions.get(name) or next((ended for ended in self._ended if ended.name == name), None)
        if session is None:
            raise Refusal(
                pb.FAILURE_CODE_UNKNOWN_SESSION,
                "is not known here: it ended, or its worker was started anew",
                f"session {name}",
                "open a new one",
            )
        if not secrets.compare_digest(session.token.encode(), token.encode()):
            raise Refusal(
                pb.FAILURE_CODE_WRONG_TOKEN, "the token is not its own", f"session {name}", "use the one of `opened`"
            )
        return session

    def _session_ended(self, session: Session) -> None:
        del self._sessions[session.name]
        self._leave(self._counted.pop(session.name))
        self._changed.set()
        if session.ended is None:
            return
        self.metrics.ended(session.ended.reason)
        session.journal.session_ended(session.ended, session.output_bytes)
        if session.ended.reason != pb.SESSION_REASON_CLOSED:
            self._ended.append(session)
            if len(self._ended) > MAX_ENDED:
                self._ended.popleft()
            asyncio.get_running_loop().call_later(session.limits.grace, self._forget, session)

    def _forget(self, session: Session) -> None:
        if session in self._ended:
            self._ended.remove(session)


def _is_passing(error: BaseException) -> bool:
    """Whether no session could be started for a reason that has nothing to do with its limits.

    A zygote or the builder is away, or there are no users or descriptors left;
    a session that is begun and ends, a sandbox that cannot stand, or a cgroup
    that refuses a limit may be for want of what the limits deny.
    """
    return isinstance(error, ServiceError) and error.noun != "sandbox"


def outlive_sessions() -> None:
    """Have the kernel, when it runs out of memory, end anything else before this process and its programs.

    Only root may ask for it; sessions ask for the contrary (`session/sandbox.py`).
    """
    try:
        with open("/proc/self/oom_score_adj", "w") as adjustment:
            adjustment.write(str(OOM_SCORE))
    except OSError as error:
        log.info("is ended like anything else when memory is short", error=str(error))


def become_subreaper() -> None:
    """Adopt what a zygote leaves that dies."""
    try:
        family.adopt_orphans()
    except OSError as error:
        log.warning("cannot become a subreaper", error=str(error))
