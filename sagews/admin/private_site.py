"""A site for one command: started for it, on a free port of this machine alone, and gone with it."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext

import msgspec

from sagews.admin.address import url
from sagews.admin.directories import make_data_directory, runtime_directory
from sagews.admin.services import Services
from sagews.config.site import Site
from sagews.errors import ServiceError


@asynccontextmanager
async def private_site() -> AsyncIterator[str]:
    """Give the address of a new site with default settings; nothing of it is left afterwards.

    Raises SagewsError if it cannot be started.
    """
    with runtime_directory() as directory:
        site = Site(data_directory=str(directory / "data"), runtime_directory=str(directory))
        site = msgspec.structs.replace(site, backend=msgspec.structs.replace(site.backend, port=0))
        make_data_directory(site.data)
        services = Services(site, None, directory, _tell)
        try:
            with _spinner():
                port = await _start(services)
            keeper = asyncio.create_task(services.keep())
            try:
                yield url(site.backend.host, port)
            finally:
                keeper.cancel()
                await asyncio.gather(keeper, return_exceptions=True)
        finally:
            await services.stop()


async def _start(services: Services) -> int:
    try:
        return await services.start()
    except ServiceError as error:
        # Its logs go with it.
        raise ServiceError(error.what, error.noun, "start a site with `sagews serve` and see its logs") from error


def _tell(line: str) -> None:
    print(f"sagews: {line}", file=sys.stderr, flush=True)


def _spinner() -> AbstractContextManager[object]:
    """Return something that moves on a terminal while its reader waits."""
    if not sys.stderr.isatty():
        return nullcontext()
    from rich.console import Console

    return Console(stderr=True).status("starting a session's Python ...")
