"""How a worker isolates sessions, on the page `/status`: what it says is shown, and can do nothing."""

import asyncio
from html.parser import HTMLParser
from pathlib import Path

import pytest

from sagews.backend.status.isolation import section
from sagews.backend.workers import Workers
from sagews.config.site import Site
from sagews.protocol import VERSION
from sagews.protocol import sagews_pb2 as pb
from sagews.protocol.framing import frame
from sagews.protocol.isolation import Finding, IsolationReport, TierFound, encode

EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"


class Parts(HTMLParser):
    """The elements and the text of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.text += data


def test_it_tells_the_tier_and_the_walls() -> None:
    report = IsolationReport(
        tier="C",
        protects="Little.",
        required="D",
        worker="w1",
        user="ada",
        system="Linux 6.1",
        tiers=[TierFound(tier="A", reachable=False, keeps=["root: no"])],
        findings=[Finding(name="Landlock", holds=True, found="ABI 7")],
    )
    text = " ".join(Parts("\n".join(section("It answers.", report))).text.split())
    assert "Worker w1 It answers. Tier C. Little. The site requires tier D, which is met." in text
    assert "Anoroot: no" in text  # three cells of one row
    assert "LandlockyesABI 7" in text


def test_nothing_of_it_is_markup() -> None:
    report = IsolationReport(
        tier=EVIL,
        protects=EVIL,
        required=EVIL,
        worker=EVIL,
        user=EVIL,
        system=EVIL,
        tiers=[TierFound(tier=EVIL, reachable=False, keeps=[EVIL])],
        findings=[Finding(name=EVIL, holds=None, found=EVIL, advice=EVIL)],
    )
    parts = Parts("\n".join(section(EVIL, report)))
    assert not parts.elements & {"script", "img"}
    assert parts.attributes <= {"lang", "charset", "name", "content", "scope", "class"}
    assert parts.text.count(EVIL) == 11


def test_before_the_worker_was_met() -> None:
    assert "It has not said how it isolates sessions." in "\n".join(section("It cannot be reached.", None))


@pytest.mark.parametrize(
    ("said", "tier"),
    [(encode(IsolationReport(tier="B", protects="Much.")), "B"), ("{", None), ("x" * 100_000, None)],
    ids=["sound", "broken", "huge"],
)
async def test_what_a_worker_says_in_its_welcome(tmp_path: Path, said: str, tier: str | None) -> None:
    welcome = pb.Event(request=1, welcome=pb.Welcome(version=VERSION, worker="w1", isolation=said))

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(frame(welcome.SerializeToString()))
        await reader.read()
        writer.close()
        await writer.wait_closed()
        ended.set()

    ended = asyncio.Event()
    site = Site(runtime_directory=str(tmp_path))
    server = await asyncio.start_unix_server(accept, str(site.worker_socket))
    workers = Workers(site)
    assert workers.tier == ""
    workers.start()
    async with asyncio.timeout(5):
        while not workers.all[0].name:
            await asyncio.sleep(0.01)
    assert workers.tier == (tier or "")
    await workers.stop()
    async with asyncio.timeout(5):
        await ended.wait()
    server.close()
