"""What stunnel, HAProxy and a TLS link to the workers cost, and what a second worker brings.

The site is one of two machines that `sagews admin` starts, and both are this one:
readers, servers and sessions share its processors. `python -m benchmarks.front`
measures this alone.
"""

import argparse
import asyncio
import json
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from shutil import which
from typing import Any, Protocol

import uvloop

from benchmarks.client import Client, Json
from benchmarks.figures import Figures
from benchmarks.install_peer import ROOT
from benchmarks.measures import ADD
from benchmarks.memory import descendants, processor_seconds
from benchmarks.ours import OurReader, running_site
from benchmarks.table import RESULTS, table, whole, write_into
from benchmarks.targets import WHOLE
from sagews.admin.here.belongings import bring
from sagews.admin.installing.belongings import belongings
from sagews.admin.supervisor.places import Places
from sagews.config.load import parse
from sagews.config.placement import machine
from tests.site.admin.balanced import self_signed, two_free_ports
from tests.site.admin.command import AdministeredSite
from tests.site.admin.ground import free_port

READERS = 8
"""Readers who evaluate at the same time, each as soon as it has the result before."""
OPENING = 8
"""Connections on which sessions are opened and closed at the same time."""
SECONDS = 2.0
"""Seconds of one side's turn."""
SETTLING = 1.0
"""Seconds between two turns, in which spare sessions are made again."""
MACHINES = ("inner", "front")
"""The site's two machines, which are both this one, in the order in which they start."""


def is_possible() -> bool:
    """Whether the servers are installed."""
    return all(which(name, path="/usr/sbin:/usr/bin:/usr/local/bin") for name in ("haproxy", "stunnel"))


class Front(AdministeredSite):
    """A site whose browsers come by stunnel and HAProxy, and whose workers are behind a TLS link."""

    def __init__(self, folder: Path, workers: int) -> None:
        self.workers = workers
        super().__init__(folder)

    def write(self, more: str = "") -> None:
        """Write the configuration, with more of it at its end."""
        folder = self.file.parent
        self.https_port = free_port()
        pem = folder / "site.pem"
        pem.write_bytes(self_signed())
        self.file.write_text(f"""
[[machine]]
name = "front"
services = {{ stunnel = 1, haproxy = 1, backend = 1 }}
data_directory = "{folder}/front"
runtime_directory = "{folder}/run-front"
[[machine]]
name = "inner"
ssh = "inner"
services = {{ worker = {self.workers} }}
data_directory = "{folder}/inner"
runtime_directory = "{folder}/run-inner"
[haproxy]
port = {free_port()}
https_port = {self.https_port}
statistics_port = {free_port()}
tls = "stunnel"
certificate = "{pem}"
[stunnel]
port = {free_port()}
[backend]
port = {self.port}
hosts = ["localhost"]
[worker]
port = {two_free_ports()}
accept_weak_isolation = true
[rates]
evaluations_per_address = ""
sessions_per_address = ""
tickets_per_address = ""
{more}""")

    def start(self) -> None:
        """Start both machines' services, with the certificates that they show each other."""
        self._must("certificates")
        site = parse(self.file.read_text(), str(self.file))
        bring(belongings(site, machine(site, "inner")), lambda _: None)
        for name in MACHINES:
            self._must("start", "--here", "--machine", name)

    def stop(self) -> None:
        """Stop both machines' services; nothing of them is left, whatever went wrong."""
        for name in reversed(MACHINES):
            self.admin("stop", "--here", "--machine", name)
            self.places = Places(self.file.with_name(name))
            self.clear()

    def _must(self, *arguments: str) -> None:
        ended = self.admin(*arguments)
        if ended.status:
            raise RuntimeError(f"sagews admin {' '.join(arguments)}: {ended.stdout}{ended.stderr}")

    async def arrive(self) -> OurReader:
        """Come as a new reader, by HTTPS."""
        return await OurReader.arrive(self.client())

    @property
    def everything(self) -> list[int]:
        """All processes of the site."""
        first = [int(Places(self.file.with_name(name)).pid.read_text()) for name in MACHINES]
        return [*first, *(each for process in first for each in descendants(process))]

    def client(self) -> Client:
        """Return a client that is not connected yet."""
        return Client(f"https://127.0.0.1:{self.https_port}")


@contextmanager
def running_front(workers: int) -> Iterator[Front]:
    """Give a site with so many workers, which runs."""
    with tempfile.TemporaryDirectory(prefix="sagews-front-") as folder:
        Path(folder).chmod(0o711)
        site = Front(Path(folder), workers)
        try:
            site.start()
            yield site
        finally:
            site.stop()


class Place(Protocol):
    """What readers come to."""

    async def arrive(self) -> OurReader:
        """Come as a new reader."""

    def client(self) -> Client:
        """Return a client that is not connected yet."""

    @property
    def everything(self) -> list[int]:
        """All processes of the site."""


async def compared(directory: Path, turns: int) -> dict[str, tuple[Figures, Figures]]:
    """Return what is compared, by name: the embedded form and the whole way, one worker and two."""
    with ExitStack() as stack:
        one, two = (stack.enter_context(running_front(workers)) for workers in (1, 2))
        async with running_site(directory, "embedded") as embedded:
            rates, times, processor = await evaluations([embedded, one], turns)
            opened = await openings([one, two], turns)
    return {
        "front_evaluations": (rates[0], rates[1]),
        "front_p99": (times[0], times[1]),
        "front_processor": (processor[0], processor[1]),
        "two_workers": (opened[0], opened[1]),
    }


def ratio(before: Figures, after: Figures) -> float:
    """Return how many times as good the second is: rates by their means, times by what `shown` says."""
    return after.mean / before.mean if before.unit == "/s" else shown(before) / shown(after)


def put_into(results: dict[str, Any], found: dict[str, tuple[Figures, Figures]]) -> None:
    """Write what was found into results that have the rest."""
    results["whole"] = {name: [figures.as_json() for figures in pair] for name, pair in found.items()}
    for target in WHOLE if found else ():
        reached = round(ratio(*found[target.ratio.removesuffix("_ratio")]), 2)
        results["ratios"][target.ratio] = reached
        results["targets"][target.ratio] = target.at_least
        results["reached"][target.ratio] = reached >= target.at_least


def shown(figures: Figures) -> float:
    """Return the one number for figures: of rates and costs the mean, of times the 99th percentile."""
    return figures.p99 if figures.unit == "ms" else figures.mean


async def evaluations(places: Sequence[Place], turns: int) -> tuple[list[Figures], list[Figures], list[Figures]]:
    """Return for each place evaluations a second, milliseconds from a request to its first result meanwhile, and what
    one evaluation costs: microseconds of processors, of all processes together, the readers' too.
    """
    rates, times, costs = ([Figures(unit) for _ in places] for unit in ("/s", "ms", "µs"))
    readers = [[await place.arrive() for _ in range(READERS)] for place in places]
    for turn in range(-1, turns):
        for number, (place, present) in enumerate(zip(places, readers, strict=True)):
            await asyncio.sleep(SETTLING)
            took: list[float] = []
            processes = place.everything
            spent, begun = _spent(processes), time.perf_counter()
            await asyncio.gather(*(_evaluate(reader, begun + SECONDS, took) for reader in present))
            if turn >= 0:
                rates[number].samples.append(len(took) / (time.perf_counter() - begun))
                times[number].samples += took
                costs[number].samples.append((_spent(processes) - spent) * 1e6 / len(took))
    for reader in (reader for present in readers for reader in present):
        await reader.leave()
    return rates, times, costs


def _spent(processes: list[int]) -> float:
    return processor_seconds(processes) + time.process_time()


async def _evaluate(reader: OurReader, end: float, took: list[float]) -> None:
    while (start := time.perf_counter()) < end:
        await reader.evaluate(ADD)
        took.append((time.perf_counter() - start) * 1000)
        await reader.settle()


async def openings(places: Sequence[Place], turns: int) -> list[Figures]:
    """Return sessions that are opened and closed a second at each place, until all their processes are gone."""
    rates = [Figures("/s") for _ in places]
    for turn in range(-1, turns):
        for place, rate in zip(places, rates, strict=True):
            await asyncio.sleep(SETTLING)
            clients = [place.client() for _ in range(OPENING)]
            for client in clients:
                await client.enter()
            begun = time.perf_counter()
            counts = await asyncio.gather(*(_open(client, begun + SECONDS) for client in clients))
            if turn >= 0:
                rate.samples.append(sum(counts) / (time.perf_counter() - begun))
            for client in clients:
                await client.close()
    return rates


async def _open(client: Client, end: float) -> int:
    """Open a session and close it, again and again on one connection; return how often."""
    count = 0
    while time.perf_counter() < end:
        count += 1
        await client.send({"kind": "open", "id": 2 * count})
        session = (await _until(client, "opened"))["session"]
        await client.send({"kind": "close", "id": 2 * count + 1, "session": session})
        await _until(client, "ended")
    return count


async def _until(client: Client, kind: str) -> Json:
    while (event := await client.receive())["kind"] != kind:
        if event["kind"] == "failure":
            raise RuntimeError(f"{event['noun']}: {event['what']}; {event['hint']}")
    return event


def main() -> None:
    """Measure this alone, print it and, if that is wanted, put it among the results of `make bench`."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.front")
    parser.add_argument("--write", action="store_true", help="put it into the results and the README's table")
    write = parser.parse_args().write
    with tempfile.TemporaryDirectory(prefix="sagews-bench-") as directory:
        found = uvloop.run(compared(Path(directory), 5))
    results = json.loads(RESULTS.read_text())
    put_into(results, found)
    print("\n".join(whole(results)))
    if write:
        RESULTS.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n")
        write_into(ROOT / "README.md", table(results))


if __name__ == "__main__":
    main()
