"""One worker and two backends before it, as a site on three machines has them."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.site.backend_process import RunningBackend, backend_process
from tests.site.worker_process import RunningWorker, running_worker

ENVIRONMENT = "[[environment]]\nname = 'python'\npreload = []\nspares = 1\n"


@dataclass
class TwoBackends:
    """What runs."""

    worker: RunningWorker
    one: RunningBackend
    two: RunningBackend
    folder: Path
    config: str

    @property
    def urls(self) -> list[str]:
        return [self.one.url, self.two.url]


@contextmanager
def two_backends(folder: Path, *, limits: str = "", worker: str = "", backend: str = "") -> Iterator[TwoBackends]:
    """Start them; `limits`, `worker` and `backend` are lines for these tables of the configuration."""
    with ExitStack() as stack:
        running = stack.enter_context(running_worker(folder, f"{ENVIRONMENT}[limits]\n{limits}\n[worker]\n{worker}\n"))
        config = f"[backend]\nworkers = ['unix:{running.socket}']\n{backend}\n"
        one, two = (stack.enter_context(backend_process(folder, config, name=name)) for name in ("one", "two"))
        yield TwoBackends(running, one, two, folder, config)
