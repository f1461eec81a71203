"""Prints a page as PDF by Chromium, in a session that was opened for this alone and ends with it.

Theory of operation. The page is hostile: what wrote it is a worksheet of
anybody's. The walls are those of the session, which Chromium and all its
processes are behind: its user, namespaces, filter of system calls, limits, no
network, and a home directory in which nothing lies but the page. Chromium's
own sandbox cannot be made inside them (it needs namespaces, which the filter
refuses), so it is off; whoever breaks out of Chromium's renderer is in an
empty session that is about to end.

The command line is fixed. Chromium is driven by its DevTools protocol through
two pipes (`--remote-debugging-pipe`: it reads from descriptor 3 and writes to
4, JSON that ends in NUL), not by `--print-to-pdf`, which is itself a page with
scripts and prints nothing where they are off. Scripts are turned off before
the page is there. It is written into `about:blank`, so it has no origin and
can name no file.
"""

import base64
import fcntl
import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

PLACES = (
    "/usr/lib/chromium/chromium",
    "/usr/lib/chromium-browser/chromium-browser",
    "/usr/lib64/chromium-browser/chromium-browser",
    "/opt/google/chrome/chrome",
)
"""Where Debian, Ubuntu, Fedora and Google have the program. What is on PATH is a script that reads settings of the
machine, which a session cannot see."""
PAGE, PDF = "page.html", "page.pdf"
"""The names of what comes and goes, in the session's home directory."""
PAPERS = {"a4": (8.27, 11.69), "letter": (8.5, 11.0)}
"""Width and height in inches."""
SWITCHES = (
    "--headless",
    "--no-sandbox",  # The session's walls are the sandbox; see above.
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-extensions",
    "--disable-background-networking",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--remote-debugging-pipe",
)
_PIECE = 1 << 20
_ENVELOPE = 1 << 20
"""Characters of a message beside the PDF in it."""


def find(browser: str = "") -> str:
    """Return the path of the browser: this one, or the first that is there. Raises FileNotFoundError."""
    for place in (browser,) if browser else PLACES:
        if os.access(place, os.X_OK) and os.path.isfile(place):
            return place
    raise FileNotFoundError("no browser")


def print_page(browser: str, paper: str, most: int) -> None:
    """Make PDF of PAGE. Raises OSError or RuntimeError if it does not come to that, or has more bytes than `most`."""
    width, height = PAPERS[paper]
    with _Browser(find(browser), 2 * most + _ENVELOPE) as running:
        target = running.ask("Target.createTarget", url="about:blank")["targetId"]
        session = running.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        running.ask("Emulation.setScriptExecutionDisabled", session, value=True)
        frame = running.ask("Page.getFrameTree", session)["frameTree"]["frame"]["id"]
        html = Path(PAGE).read_text(encoding="utf-8", errors="replace")
        running.ask("Page.setDocumentContent", session, frameId=frame, html=html)
        wish = {"paperWidth": width, "paperHeight": height, "marginTop": 0.7, "marginBottom": 0.7}
        wish |= {"marginLeft": 0.6, "marginRight": 0.6}
        outline = {"printBackground": True, "generateTaggedPDF": True, "generateDocumentOutline": True}
        pdf = base64.b64decode(running.ask("Page.printToPDF", session, **wish, **outline)["data"])
    if len(pdf) > most:
        raise RuntimeError("the PDF is too large")
    Path(PDF).write_bytes(pdf)


class _Browser:
    """A browser that runs, from `__enter__` to `__exit__`."""

    def __init__(self, path: str, most: int) -> None:
        """`most`: bytes of one message that it may send."""
        self._path, self._most = path, most
        self._asked, self._read = 0, bytearray()

    def __enter__(self) -> "_Browser":
        theirs_in, self._out = (_high(each) for each in os.pipe())
        self._in, theirs_out = (_high(each) for each in os.pipe())
        nothing = [(os.POSIX_SPAWN_OPEN, fd, os.devnull, os.O_RDWR, 0) for fd in (0, 1, 2)]
        ends = [(os.POSIX_SPAWN_DUP2, theirs_in, 3), (os.POSIX_SPAWN_DUP2, theirs_out, 4)]
        command = [self._path, *SWITCHES, f"--user-data-dir={os.getcwd()}/profile", "about:blank"]
        spawn: Callable[..., int] = os.posix_spawn
        try:
            # All other descriptors of this process close on exec.
            self._pid = spawn(self._path, command, os.environ, file_actions=[*nothing, *ends], setpgroup=0)
        finally:
            os.close(theirs_in)
            os.close(theirs_out)
        return self

    def __exit__(self, *_: object) -> None:
        # What left its group ends with the session.
        os.killpg(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)
        os.close(self._in)
        os.close(self._out)

    def ask(self, method: str, session: str = "", **parameters: Any) -> dict[str, Any]:
        """Ask for something and return the answer to it. Raises RuntimeError if it fails, OSError if there is none."""
        self._asked += 1
        message = {"id": self._asked, "method": method, "params": parameters}
        _write(self._out, json.dumps(message | ({"sessionId": session} if session else {})).encode() + b"\0")
        while (said := self._next()).get("id") != self._asked:
            if str(said.get("method")).endswith("argetCrashed"):
                raise RuntimeError("the page has crashed")
        if "error" in said:
            raise RuntimeError(f"{method}: refused")
        result: dict[str, Any] = said["result"]
        return result

    def _next(self) -> dict[str, Any]:
        start = 0
        while (end := self._read.find(0, start)) < 0:
            start = len(self._read)
            if start > self._most:
                raise RuntimeError("the browser says too much")
            piece = os.read(self._in, _PIECE)
            if not piece:
                raise OSError("the browser has ended")
            self._read += piece
        said: dict[str, Any] = json.loads(self._read[:end])
        del self._read[: end + 1]
        return said


def _high(descriptor: int) -> int:
    """Move a descriptor away from those that the browser has."""
    moved = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 10)
    os.close(descriptor)
    return moved


def _write(descriptor: int, text: bytes) -> None:
    view = memoryview(text)
    while view:
        view = view[os.write(descriptor, view[:_PIECE]) :]
