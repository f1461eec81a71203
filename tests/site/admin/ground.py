"""A machine's part of a site for one test: real small programs under a real supervisord, gone at its end."""

import os
import signal
import socket
import sys
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sagews.admin.deadline import Deadline
from sagews.admin.here.machine import Machine
from sagews.admin.here.words import Status, Word
from sagews.admin.program import Answers, Program, WrittenFile
from sagews.admin.supervisor.asking import Supervisor
from sagews.admin.supervisor.leftovers import leftovers
from sagews.admin.supervisor.places import Places
from tests.processes import wait_until

SERVER = """
import http.server, os, pathlib, signal, sys
text = pathlib.Path(sys.argv[2]).read_bytes
kept = text()
if kept == b"ends": sys.exit("told to end")
def again(*_):
    global kept
    kept = text()
signal.signal(signal.SIGHUP, again)
class Page(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_): pass
    def do_GET(self):
        body = b"%d %s" % (os.getpid(), kept)
        self.send_response(200); self.send_header("Content-Length", str(len(body))); self.end_headers()
        self.wfile.write(body)
print("begins", flush=True)
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Page).serve_forever()
"""
"""Answers with its process id and the text that its file had when it started or got SIGHUP."""


class Ground:
    """A data directory, and what runs for it."""

    def __init__(self, data: Path) -> None:
        self.places = Places(data)
        self.said: list[Word] = []
        self.ports: dict[str, int] = {}
        self.script = data.parent / "server.py"
        self.script.write_text(SERVER)

    def program(self, name: str, text: str = "one", **other: Any) -> Program:
        """Return a program that answers with a text which is in a file of its own."""
        port = self.ports.setdefault(name, free_port())
        file = self.places.data / "texts" / f"{name}.txt"
        given = {
            "name": name,
            "kind": name.rstrip("0123456789"),
            "command": (sys.executable, "-I", "-S", str(self.script), str(port), str(file)),
            "directory": Path("/"),
            "log": self.places.logs / f"{name}.log",
            "answers": Answers(url=f"http://127.0.0.1:{port}/"),
            "files": (WrittenFile(path=file, text=text),),
            "directories": (directory(file.parent),),
            "stop_seconds": 5.0,
            **other,
        }
        return Program(**given)

    def machine(self, programs: Sequence[Program], seconds: float = 60.0) -> Machine:
        """Return the machine with these programs; what it says is kept in `said`."""
        self.said.clear()
        return Machine(programs, self.places, self.said.append, Deadline(seconds))

    def page(self, name: str) -> tuple[int, str]:
        """Return process id and text of a program's answer."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.ports[name]}/", timeout=5) as answer:
            process, _, text = answer.read().decode().partition(" ")
        return int(process), text

    def status(self, programs: Sequence[Program]) -> dict[str, Status]:
        """Return how each program is, by name."""
        return {status.service: status for status in self.machine(programs).status("here")}

    def words(self, name: str = "") -> str:
        """Return all that was said of one program."""
        return "\n".join(word.what for word in self.said if word.service == name)

    @property
    def supervisor(self) -> Supervisor:
        """The supervisord."""
        return Supervisor(self.places.socket)

    def pid(self) -> int:
        """Return the process of the supervisord."""
        return int(self.supervisor.ask("supervisor.getPID"))

    def clear(self) -> None:
        """End whatever is left, by its mark."""
        for process in leftovers(self.places.socket):
            kill(process, signal.SIGKILL)
        if self.places.pid.exists():
            kill(int(self.places.pid.read_text()), signal.SIGKILL, "supervisord")
        wait_until(lambda: not leftovers(self.places.socket), 10, "all have ended")


def directory(path: Path) -> Any:
    """Return a directory that a program needs."""
    from sagews.admin.program import OwnedDirectory

    return OwnedDirectory(path=path)


def kill(process: int, number: int, needle: str = "") -> None:
    """Send a signal to a process, if it is there and its command line holds what it should."""
    try:
        if needle.encode() in Path(f"/proc/{process}/cmdline").read_bytes():
            os.kill(process, number)
    except OSError:
        pass


def free_port() -> int:
    """Return a port of the loopback that nobody uses at this moment."""
    with socket.socket() as own:
        own.bind(("127.0.0.1", 0))
        return int(own.getsockname()[1])
