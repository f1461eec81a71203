"""The configuration of a machine's supervisord, rendered from its programs. Thinking only, no I/O."""

import math
import re
import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from sagews.admin.program import Program
from sagews.admin.supervisor.places import Places
from sagews.errors import ConfigurationError

IDENTIFIER = "sagews"
"""By which a supervisord says that it is one of ours."""
SWEEPER = "sweeper"
"""The name of the process that ends what a program that ended has left."""
STEADY_SECONDS = 5
"""Seconds that a program runs until supervisord counts its start as a success; what ends earlier is started again
after a pause that grows by a second each time."""
START_TRIES = 1000
"""Starts in a row that may fail until supervisord gives up: a service comes back by itself after days, too."""
LOG_BYTES = 50 * 1024 * 1024
"""Bytes of a log file until it is rotated."""
LOG_BACKUPS = 5
"""Rotated files that are kept of each log."""
_COMMENT = re.compile(r"(\s)([;#])")


def configuration(programs: Sequence[Program], places: Places, *, user: str, open_files: int) -> str:
    """Return the text of supervisord's configuration. Raises ConfigurationError for what cannot stand in it.

    `user` is who starts it where that is root, otherwise empty: supervisord wants to be told that it is to stay root.
    """
    parts = [_whole(places, user=user, open_files=open_files), *(_program(program) for program in programs)]
    return "\n".join(parts)


def command_line(command: Sequence[str]) -> str:
    """Return a command as supervisord reads it: split as by a shell, no expansion, no comment."""
    line = shlex.join(command)
    if "\n" in line or "\r" in line or "\0" in line:
        raise ConfigurationError("holds a line break", line, "remove it")
    # A blank and a semicolon would begin a comment, also between quotes: these are closed and opened again.
    return _COMMENT.sub(r"\1''\2", line).replace("%", "%%")


def _whole(places: Places, *, user: str, open_files: int) -> str:
    sweeper = (sys.executable, "-I", "-S", str(Path(__file__).with_name("sweeper.py")))
    return (
        _section(
            "unix_http_server",
            {"file": _plain(str(places.socket)), "chmod": "0700"},
        )
        + _section(
            "supervisord",
            {
                "identifier": IDENTIFIER,
                "logfile": _plain(str(places.log)),
                "logfile_maxbytes": str(LOG_BYTES),
                "logfile_backups": str(LOG_BACKUPS),
                "pidfile": _plain(str(places.pid)),
                "childlogdir": _plain(str(places.logs)),
                "directory": "/",
                "umask": "027",
                "minfds": str(open_files),
                "strip_ansi": "false",
                **({"user": user} if user else {}),
            },
        )
        + _section(
            "rpcinterface:supervisor",
            {"supervisor.rpcinterface_factory": "supervisor.rpcinterface:make_main_rpcinterface"},
        )
        + _section(
            f"eventlistener:{SWEEPER}",
            {
                "command": command_line(sweeper),
                "events": "PROCESS_STATE_EXITED,PROCESS_STATE_BACKOFF,PROCESS_STATE_STOPPED,PROCESS_STATE_FATAL",
                "buffer_size": "100",
                "autorestart": "true",
                "stdout_logfile": "NONE",
                "stderr_logfile": _plain(str(places.logs / f"{SWEEPER}.log")),
                "stderr_logfile_maxbytes": str(LOG_BYTES),
                "stderr_logfile_backups": "1",
            },
        )
    )


def _program(program: Program) -> str:
    settings = {
        "command": command_line(program.command),
        "directory": _plain(str(program.directory)),
        "autostart": "false",
        "autorestart": "unexpected" if program.may_end else "true",
        "exitcodes": "0",
        "startsecs": str(STEADY_SECONDS),
        "startretries": str(START_TRIES),
        "stopsignal": program.stop_signal,
        "stopwaitsecs": str(math.ceil(program.stop_seconds)),
        "killasgroup": "true",
        "umask": "022",
        "redirect_stderr": "true",
        "stdout_logfile": _plain(str(program.log)),
        "stdout_logfile_maxbytes": str(LOG_BYTES),
        "stdout_logfile_backups": str(LOG_BACKUPS),
    }
    if program.user:
        settings["user"] = program.user
    if program.environment:
        settings["environment"] = _environment(program.environment)
    return _section(f"program:{program.name}", settings)


def _environment(variables: Mapping[str, str]) -> str:
    for name, value in variables.items():
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) or {"'", '"'} & set(value):
            raise ConfigurationError("cannot be a variable of a service's environment", name, "it or its value is odd")
    return ",".join(f'{name}="{_plain(value)}"' for name, value in sorted(variables.items()))


def _plain(value: str) -> str:
    """Return a value that stands in the file as it is. Raises ConfigurationError if it would be read as another."""
    if _COMMENT.search(value) or value != value.strip() or not value.isprintable():
        raise ConfigurationError("cannot stand in supervisord's configuration", value, "choose a plainer name")
    return value.replace("%", "%%")


def _section(title: str, settings: Mapping[str, str]) -> str:
    return "\n".join([f"[{title}]", *(f"{name}={value}" for name, value in settings.items()), ""]) + "\n"
