"""Asking a supervisord over its Unix socket, by XML-RPC; every question has a deadline."""

import http.client
import socket
import xml.parsers.expat
import xmlrpc.client  # what answers is our own supervisord, behind a socket of ours, checked below
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from sagews.admin.supervisor.configuration import IDENTIFIER, SWEEPER
from sagews.errors import ServiceError

QUESTION_SECONDS = 10.0
"""Seconds that supervisord may take for an answer."""
_MAX_ANSWER = 8 * 1024 * 1024


class State(StrEnum):
    """The states that supervisord has a program in, in its own words."""

    STOPPED = "STOPPED"
    STARTING = "STARTING"
    RUNNING = "RUNNING"
    BACKOFF = "BACKOFF"
    STOPPING = "STOPPING"
    EXITED = "EXITED"
    FATAL = "FATAL"
    UNKNOWN = "UNKNOWN"


UP = frozenset({State.STARTING, State.RUNNING})
DOWN = frozenset({State.STOPPED, State.EXITED, State.FATAL})


@dataclass(frozen=True, slots=True)
class Process:
    """What supervisord says of one program."""

    name: str
    state: State
    pid: int
    """0 if there is none."""
    seconds: int
    """Since it was started; 0 if it does not run."""
    why: str
    """Why it could not be started, or how it ended; empty for one that runs."""


class Fault(Exception):
    """A question that supervisord answers with an error: its word, such as ALREADY_STARTED."""

    def __init__(self, word: str) -> None:
        super().__init__(word)
        self.word = word


class Supervisor:
    """A supervisord that may run or not."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def runs(self) -> bool:
        """Whether it answers. Raises ServiceError if something else does, or if it hangs."""
        try:
            identifier = self._ask("supervisor.getIdentification")
        except (FileNotFoundError, ConnectionRefusedError):
            return False
        except Fault as fault:
            raise ServiceError("is about to end", "supervisord", "try again in a moment") from fault
        if identifier != IDENTIFIER:
            raise self._odd(f"is answered by something that calls itself {identifier!r}")
        return True

    def processes(self) -> dict[str, Process]:
        """Return what it says of each program that it knows."""
        answer = self.ask("supervisor.getAllProcessInfo")
        found = [_process(info) for info in answer if isinstance(info, dict)]
        return {process.name: process for process in found if process.name != SWEEPER}

    def reread(self) -> tuple[set[str], set[str], set[str]]:
        """Have it read its configuration; return the names of programs that are new, changed and gone."""
        ((added, changed, removed),) = self.ask("supervisor.reloadConfig")
        return set(added), set(changed), set(removed)

    def ask(self, method: str, *arguments: Any) -> Any:
        """Return the answer to a question. Raises Fault; ServiceError if there is no supervisord, or if it hangs."""
        try:
            return self._ask(method, *arguments)
        except (FileNotFoundError, ConnectionRefusedError) as error:
            raise ServiceError("does not run", "supervisord", "sagews admin start starts it") from error

    def _ask(self, method: str, *arguments: Any) -> Any:
        for again in (True, True, False):
            try:
                return self._ask_once(method, *arguments)
            except (ConnectionResetError, BrokenPipeError) as error:
                # It ends at this moment: the next question finds nobody.
                if not again:
                    raise self._odd("is answered by something that is not supervisord") from error
        raise AssertionError

    def _ask_once(self, method: str, *arguments: Any) -> Any:
        body = xmlrpc.client.dumps(arguments, method).encode()
        connection = _UnixConnection(self._path, QUESTION_SECONDS)
        try:
            connection.request("POST", "/RPC2", body, {"Content-Type": "text/xml"})
            answer = connection.getresponse().read(_MAX_ANSWER)
            (value,), _ = xmlrpc.client.loads(answer)
        except xmlrpc.client.Fault as fault:
            raise Fault(fault.faultString) from fault
        except TimeoutError as error:
            hint = f"end it yourself (its process is in {self._path.with_name('supervisord.pid')}), then start again"
            raise ServiceError(f"does not answer within {QUESTION_SECONDS:g} s", "supervisord", hint) from error
        except (ConnectionError, FileNotFoundError):
            raise
        except OSError as error:
            hint = "act as who has started the site"
            raise ServiceError(f"cannot be asked ({error.strerror})", str(self._path), hint) from error
        except (http.client.HTTPException, ValueError, xml.parsers.expat.ExpatError) as error:
            raise self._odd("is answered by something that is not supervisord") from error
        finally:
            connection.close()
        return value

    def _odd(self, what: str) -> ServiceError:
        return ServiceError(what, str(self._path), "end what uses it, or choose another data_directory")


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path, seconds: float) -> None:
        super().__init__("localhost", timeout=seconds)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def _process(info: dict[str, Any]) -> Process:
    state = State(info["statename"]) if info["statename"] in State.__members__ else State.UNKNOWN
    up = state in UP
    why = "" if up else str(info.get("spawnerr", ""))
    if state is State.EXITED and not why:
        why = f"ended with status {info.get('exitstatus')}"
    return Process(
        name=str(info["name"]),
        state=state,
        pid=int(info["pid"]),
        seconds=max(0, int(info["now"]) - int(info["start"])) if up else 0,
        why=why,
    )
