"""`sagews serve`: one whole site from one command.

Theory of operation. Three processes, of which this one is the starter:

    serve     this one; a terminal's; runs no reader's code, listens nowhere
    worker    `sagews worker`; sessions; behind a Unix socket in the runtime directory
    backend   `sagews backend`; pages and browser connections; on host and port

Each service leads a process session of its own, announces on stdout that it
is ready, and holds stdin as its lifeline. Who dies first: at a signal, the
worker (its sessions end, the readers are told), then the backend, then this
one; whatever is left after two seconds is killed. When this one is killed,
the kernel closes the lifelines and both services end by themselves. A service
that ends unasked is started again.
"""

import asyncio
import getpass
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

from sagews.admin.address import url
from sagews.admin.directories import make_data_directory, runtime_directory
from sagews.admin.services import Services
from sagews.config.site import Site
from sagews.service.access_token import FILE_NAME, access_token
from sagews.service.loopback import is_loopback
from sagews.service.readers import Readers, readers

T = TypeVar("T")

OWNER_SECONDS = 10.0
"""In which the owner's sign-in link has to be there; without it the site serves all the same."""
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def serve(site: Site, config: Path | None, *, quiet: bool) -> int:
    """Serve the site until a signal; return the exit status. Raises SagewsError if it cannot start."""
    make_data_directory(site.data)
    token = access_token(site.backend_data) if readers(site) is Readers.TOKEN else ""
    with runtime_directory() as runtime:
        return asyncio.run(_serve(site, config, runtime, token, quiet=quiet))


async def _serve(site: Site, config: Path | None, runtime: Path, token: str, *, quiet: bool) -> int:
    stop = _stop_at_signals()
    services = Services(site, config, runtime, tell)
    try:
        port = await _unless(stop, _start(services, site, quiet=quiet))
        if port is None:
            return 0
        _welcome(site, url(site.backend.host, port, token), services.tier, quiet=quiet)
        if not quiet and not site.backend.public and sys.stdout.isatty():
            # Elsewhere what is said may be kept, and read by others.
            await _unless(stop, _invite_owner(site, config, url(site.backend.host, port)))
        await _unless(stop, services.keep())
    finally:
        stop.clear()
        await _unless(stop, services.stop())
        await services.kill()
    return 0


async def _invite_owner(site: Site, config: Path | None, address: str) -> None:
    """Print a sign-in link for whose machine this is. Another process asks the database, and leaves no memory here."""
    told = ("--config", str(config)) if config else ()
    command = ("admin", "users", "owner", _user(), address, *told, "--data", str(site.data))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "sagews", *command), stdin=DEVNULL, stdout=PIPE, stderr=DEVNULL
    )
    try:
        async with asyncio.timeout(OWNER_SECONDS):
            said, _ = await process.communicate()
    except TimeoutError:
        said = b""
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode == 0:
        tell(said.decode().strip())


def tell(line: str) -> None:
    """Print a line for whoever watches the terminal, if anybody still does."""
    try:
        print(line, flush=True)
    except OSError:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115  # for the rest of this process


def _stop_at_signals() -> asyncio.Event:
    """Return an event that is set at each signal to stop; a second one cuts the end short."""
    stop = asyncio.Event()
    for number in STOP_SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


async def _unless(stop: asyncio.Event, work: Coroutine[Any, Any, T]) -> T | None:
    """Return what the work returns; at a stop, cancel it and return None."""
    working, stopping = asyncio.create_task(work), asyncio.create_task(stop.wait())
    try:
        await asyncio.wait((working, stopping), return_when=asyncio.FIRST_COMPLETED)
        return working.result() if working.done() else None
    finally:
        for task in (working, stopping):
            task.cancel()
        await asyncio.gather(working, stopping, return_exceptions=True)


async def _start(services: Services, site: Site, *, quiet: bool) -> int:
    """Start the services and return the port, with something that moves while a terminal's reader waits."""
    if quiet or not sys.stdout.isatty():
        return await services.start()
    from rich.console import Console

    modules = ", ".join(module.split(".")[0] for module in site.environment[0].preload)
    with Console().status(f"starting Python with {modules} ..." if modules else "starting Python ..."):
        return await services.start()


def _user() -> str:
    """Return the name of the user whose rights the code of a cell has; its number where it has no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"user {os.getuid()}"


def _runs(tier: str) -> str:
    """Say what the code of a cell can do in a tier of isolation."""
    if tier in ("A", "B"):
        return f"Every session has a sandbox of its own (tier {tier})."
    user = _user()
    if tier == "C":
        return f"There is no sandbox (tier C): the code of a cell can read what {user} can read; see sagews doctor."
    return f"What a cell runs, it runs as {user}, with all that {user} may do: there is no sandbox (tier D)."


def _welcome(site: Site, address: str, tier: str, *, quiet: bool) -> None:
    """Print the address, who can use it, and what they can do."""
    tell(f"sagews is ready: {address}  (Ctrl-C stops it)")
    if quiet:
        return
    runs = _runs(tier)
    if is_loopback(site.backend.host):
        tell(f"Only this machine can reach it. {runs}")
    elif site.backend.public:
        tell(f"Whoever reaches this address can run code here. {runs}")
    else:
        tell(f"Whoever has this address can run code here: give it to no others. {runs}")
        kept = site.backend_data / FILE_NAME
        tell(f"The token in it is kept in {kept}; remove that file for a new one at the next start.")
