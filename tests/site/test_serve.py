"""`sagews serve`: ready, stopped, killed, refused."""

import contextlib
import os
import signal
import socket
import stat
import time
import urllib.error
import urllib.request
from pathlib import Path

import psutil
import pytest

from sagews.client import Client, Output
from tests.processes import wait_until
from tests.running import RunningSite, running_site
from tests.site.commands import sagews
from tests.site.terminal import Terminal

BARE = "[[environment]]\nname = 'python'\npreload = []\n"
"""A site that is ready sooner: its sessions import what they need themselves."""


def get(url: str) -> int:
    """Return the HTTP status of a page, as a browser that keeps cookies gets it."""
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    try:
        with browser.open(url, timeout=10) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code


async def result(url: str, code: str) -> str:
    """Evaluate code in a session that stays open; return what it printed."""
    async with Client(url) as client:
        session = await client.open()
        events = [event async for event in session.evaluate(code)]
    return "".join(event.content.get("text", "") for event in events if isinstance(event, Output))


def test_it_is_ready_in_time_and_serves_the_page(tmp_path: Path) -> None:
    start = time.monotonic()
    with running_site(tmp_path) as site:
        assert time.monotonic() - start < 10  # 5 s on a machine that does nothing else
        assert site.url == f"http://127.0.0.1:{site.port}/"
        assert "Only this machine can reach it." in site.said
        assert get(site.url) == 200
        assert stat.S_IMODE(site.data.stat().st_mode) == 0o700
        assert not (site.data / "access-token").exists()


def test_a_laptop_is_served_as_its_example_says(tmp_path: Path) -> None:
    text = (Path(__file__).parents[2] / "examples" / "laptop.toml").read_text()
    with running_site(tmp_path, config=text) as site:
        assert "Only this machine can reach it." in site.said
        ran = sagews(tmp_path, "run", "-c", "import sympy; sympy.factorint(2**61 - 1)", "--server", site.url)
        assert ran.stdout.strip() == "{2305843009213693951: 1}", ran


def test_a_terminal_shows_progress_and_its_ctrl_c_ends_it(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path, "serve", "--port", "0", "--data", str(tmp_path / "data"))
    terminal.sees("starting Python with numpy, scipy, sympy", "sagews is ready: http://127.0.0.1:")
    terminal.sees("Sign in as its owner, once within an hour: http://127.0.0.1:", "/sign-in/link?token=")
    terminal.types("\x03")
    status, shown = terminal.end()
    assert status == 0
    assert "Traceback" not in shown


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
async def test_a_signal_ends_every_process_in_time(tmp_path: Path, number: int) -> None:
    with running_site(tmp_path, config=BARE) as site:
        await result(site.url, "import subprocess; subprocess.Popen(['sleep', '600'], start_new_session=True)")
        runtime = runtime_directory(site)
        assert runtime.exists()
        assert "sleep" in [process.name() for process in site.processes.look()]
        assert site.stop(number) == 0
        assert not runtime.exists()


def runtime_directory(site: RunningSite) -> Path:
    arguments = site.service("worker").cmdline()
    return Path(arguments[arguments.index("--runtime") + 1])


STUBBORN = """
import signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
while True:
    try:
        while True:
            pass
    except BaseException:
        pass
"""


async def test_a_busy_session_does_not_delay_the_end(tmp_path: Path) -> None:
    with running_site(tmp_path, config=BARE) as site:
        async with Client(site.url) as client:
            session = await client.open()
            events = session.evaluate(STUBBORN)
            await anext(events)
            await anext(events)
            assert site.stop(signal.SIGINT) == 0
            await events.aclose()


def test_nothing_outlives_a_killed_serve(tmp_path: Path) -> None:
    with running_site(tmp_path, config=BARE) as site:
        runtime = runtime_directory(site)
        site.processes.look()
        site.process.kill()
        site.process.wait()
        site.processes.assert_gone(5)
        assert not runtime.exists()


def test_a_worker_that_dies_is_started_again(tmp_path: Path) -> None:
    with running_site(tmp_path, config=BARE) as site:
        site.service("worker").kill()
        wait_until(lambda: "the worker is ready again" in site.said, 20, "the worker is back")
        assert "the worker ended (killed by SIGKILL); its sessions are lost; starting it again in 1 s" in site.said
        assert get(site.url + "healthz") == 200


async def test_a_backend_that_dies_comes_back_on_its_port_and_no_output_is_lost(tmp_path: Path) -> None:
    with running_site(tmp_path, config=BARE) as site:
        async with Client(site.url) as client:
            session = await client.open()
            texts = []
            async for event in session.evaluate("import time\nfor i in range(30): print(i); time.sleep(0.1)"):
                if isinstance(event, Output):
                    texts.append(event.content["text"])
                    if len(texts) == 2:
                        site.service("backend").kill()
            assert "".join(texts).split() == [str(number) for number in range(30)]
        assert "the backend is ready again" in site.said


def test_a_taken_port_is_one_line_and_status_3(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ran = sagews(tmp_path, "serve", "--port", str(port), "--data", str(tmp_path / "data"))
    assert ran.status == 3
    assert ran.stdout == ""
    assert len(ran.stderr.splitlines()) == 1
    assert str(port) in ran.stderr


def test_a_data_directory_that_cannot_be_written_is_one_line_and_status_2(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for data, words in ((tmp_path / "file", "is not a directory"), (Path("/proc/self/task"), "cannot be written (")):
        ran = sagews(tmp_path, "serve", "--port", "0", "--data", str(data))
        assert (ran.status, ran.stdout) == (2, "")
        assert ran.stderr.startswith(f"sagews: {data}: {words}")
        assert ran.stderr.endswith("; choose another with --data\n")


def test_an_unknown_setting_is_one_line_and_status_2(tmp_path: Path) -> None:
    (tmp_path / "sagews.toml").write_text("[backend]\nprot = 8080\n")
    ran = sagews(tmp_path, "serve", "--config", "sagews.toml", "--data", "data")
    assert ran.status == 2
    assert ran.stderr == "sagews: sagews.toml:2: unknown setting 'prot' in [backend]; did you mean 'port'?\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["serve", "--port", "many"], "Invalid value for '--port'"),
        (["serve", "--port", "99999"], "Invalid value for '--port'"),
        (["serve", "--prot", "8080"], "No such option: --prot"),
        (["serve", "here"], "unexpected extra argument"),
        (["server"], "No such command 'server'"),
    ],
)
def test_wrong_usage_is_one_line_and_status_2(tmp_path: Path, arguments: list[str], words: str) -> None:
    ran = sagews(tmp_path, *arguments)
    assert ran.status == 2
    assert ran.stderr.count("\n") == 1
    assert ran.stderr.startswith("sagews: ") and words in ran.stderr and "--help" in ran.stderr


def test_no_command_shows_the_help(tmp_path: Path) -> None:
    ran = sagews(tmp_path)
    assert ran.status == 0
    assert "Commands" in ran.stdout


async def test_a_site_that_others_can_reach_asks_for_its_token(tmp_path: Path) -> None:
    with running_site(tmp_path, "--host", "0.0.0.0", config=BARE) as site:
        address, token = site.url.split("?token=")
        path = site.data / "access-token"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert path.read_text().strip() == token
        assert "Whoever has this address can run code here" in site.said
        assert get(address) in (401, 403)
        assert get(f"{address}?token=wrong") in (401, 403)
        assert get(site.url) == 200
        assert await result(site.url, "print(1 + 1)") == "2\n"
        with pytest.raises(Exception, match="refused"):
            await result(address, "1")
        command = ("run", "--server", address, "-c", "print(2)")
        assert sagews(tmp_path, *command, environment={"SAGEWS_TOKEN": token}).stdout == "2\n"
        refused = sagews(tmp_path, *command)
        assert refused.status == 3
        assert "refused the connection (HTTP 403); give its address with the ?token=" in refused.stderr
        for process in site.processes.look():
            with contextlib.suppress(psutil.NoSuchProcess):  # Also one that has ended and is not reaped.
                assert token not in " ".join(process.cmdline())
        assert token not in site.log()


def test_a_token_that_others_can_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "access-token").write_text("x" * 43)
    os.chmod(tmp_path / "access-token", 0o644)
    ran = sagews(tmp_path, "serve", "--host", "0.0.0.0", "--port", "0", "--data", str(tmp_path))
    assert ran.status == 2
    assert "can be read by others (mode 0644); remove it" in ran.stderr
