"""The two services of a laptop's site, held together: started, kept alive, stopped.

The worker starts first but nobody waits for it: both get ready at once. They
meet at a socket in the runtime directory. Whichever dies later is started
again after a pause; the backend with the port that it had.
"""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sagews.admin import orphans
from sagews.admin.restarts import Restarts
from sagews.admin.service import Service, ending
from sagews.config.site import Site
from sagews.errors import SagewsError
from sagews.service.readers import readers

GENTLE_END = 1.2
"""Seconds that the worker has to end its sessions while the backend still tells the readers."""
WHOLE_END = 2.0
"""Seconds after which whatever still runs is killed."""


class Services:
    """The worker and the backend of one site on this machine."""

    def __init__(self, site: Site, config: Path | None, runtime: Path, tell: Callable[[str], None]) -> None:
        self._site = site
        self._tell = tell
        self._shared = ["--runtime", str(runtime), "--data", str(site.data)]
        if config is not None:
            self._shared += ["--config", str(config.absolute())]
        worker = [*self._shared, "--readers", readers(site).value]
        self._worker = Service("worker", worker, self._log("worker"))
        self.tier = ""
        """The tier in which the worker isolates sessions, once it has started."""
        self._backend = self._backend_at(site.backend.port)

    async def start(self) -> int:
        """Start both, and return the backend's port once both are ready. Raises SagewsError."""
        starts = [asyncio.create_task(service.start()) for service in (self._worker, self._backend)]
        try:
            done, _ = await asyncio.wait(starts, return_when=asyncio.FIRST_EXCEPTION)
            for start in done:
                start.result()
        finally:
            for start in starts:
                start.cancel()
            await asyncio.gather(*starts, return_exceptions=True)
        self.tier = str(starts[0].result().get("tier", ""))
        port = int(starts[1].result()["port"])
        if self._site.backend.port == 0:
            self._backend.arguments = self._backend_at(port).arguments
        return port

    async def keep(self) -> None:
        """Start whichever service ends, again and again; runs until it is cancelled."""
        async with asyncio.TaskGroup() as group:
            for service in (self._worker, self._backend):
                group.create_task(self._keep(service))
            if os.getpid() == 1:
                group.create_task(orphans.collect())

    async def stop(self) -> None:
        """End both with everything they started: asked first, killed after WHOLE_END seconds."""
        self._worker.end()
        await self._ended(self._worker, GENTLE_END)
        self._backend.end()
        await asyncio.gather(
            self._ended(self._worker, WHOLE_END - GENTLE_END), self._ended(self._backend, WHOLE_END - GENTLE_END)
        )
        await self.kill()

    async def kill(self) -> None:
        """End both now."""
        await asyncio.gather(self._worker.kill(), self._backend.kill())

    async def _ended(self, service: Service, seconds: float) -> None:
        if service.alive:
            await asyncio.wait([asyncio.ensure_future(service.wait())], timeout=seconds)

    async def _keep(self, service: Service) -> None:
        restarts = Restarts()
        while True:
            how = ending(await service.wait())
            pause = restarts.pause(asyncio.get_running_loop().time())
            lost = "; its sessions are lost" if service is self._worker else ""
            self._tell(f"the {service.name} ended ({how}){lost}; starting it again in {pause:.0f} s, see {service.log}")
            await asyncio.sleep(pause)
            try:
                await service.start()
                self._tell(f"the {service.name} is ready again")
            except SagewsError as error:
                self._tell(f"the {service.name} cannot be started: {error}")

    def _backend_at(self, port: int) -> Service:
        arguments: list[Any] = [*self._shared, "--host", self._site.backend.host, "--port", str(port)]
        return Service("backend", arguments, self._log("backend"))

    def _log(self, name: str) -> Path:
        return self._site.data / "logs" / f"{name}.log"
