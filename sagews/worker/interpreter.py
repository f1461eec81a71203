"""What of the machine an environment's interpreter is made of: the paths that its sessions must be able to read."""

import json
import os
import stat
import subprocess
import sys

from sagews.config.environment import Environment
from sagews.errors import ConfigurationError, ServiceError
from sagews.worker.bootstrap import PACKAGE
from sagews.worker.program import clean_environment

DEADLINE = 20.0
"""Seconds that an interpreter may take to say where it lies."""

NEEDED = ("IPython", "google.protobuf", "comm")
"""What it must have beside the standard library."""

_ASK = """\
import importlib.util, json, sys
def has(name):
    try:
        return importlib.util.find_spec(name) is not None
    except ImportError:
        return False
paths = [sys.prefix, sys.base_prefix, sys.executable, *sys.path]
print(json.dumps([[name for name in sys.argv[1:] if not has(name)], paths]))
"""


def readable_paths(environment: Environment) -> list[str]:
    """Return the paths that a session of an environment reads: its interpreter, its packages, what the site adds.

    Raises ConfigurationError if the interpreter cannot be run, or lacks what sessions need.
    """
    prefix, base, executable, *path = _ask(environment)
    shown = [prefix, base, PACKAGE]
    for each in (os.path.dirname(os.path.realpath(executable)), *path):
        is_shown = any(each == parent or each.startswith(f"{parent}/") for parent in shown)
        # Of a working copy that is installed as it lies, nothing is shown: who knows what else is in it. Setting
        # `readable` shows it.
        if each and not is_shown and _holds_packages(each):
            shown.append(each)
    return [*shown, *environment.readable]


def check_readable_by_others(environment: Environment) -> None:
    """See that another user can read an environment's interpreter where it lies. Raises ServiceError."""
    for path in readable_paths(environment):
        places = [path]
        while places[-1] != "/":
            places.append(os.path.dirname(places[-1]))
        for place in places:
            if not os.stat(place).st_mode & stat.S_IXOTH:
                raise ServiceError(
                    f"cannot be entered by the users of sessions, who need {path}",
                    place,
                    "install the interpreter where everybody can read it, as in /opt",
                )


def _holds_packages(path: str) -> bool:
    """Whether a directory is one that installers put packages into (also Debian's), or an interpreter's own."""
    return {"site-packages", "dist-packages", "bin"} & set(path.split("/")) != set() or path.endswith(".zip")


def _ask(environment: Environment) -> list[str]:
    interpreter = environment.interpreter or sys.executable
    try:
        answer = subprocess.run(
            [interpreter, "-c", _ASK, *NEEDED],
            env=clean_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=DEADLINE,
            check=True,
            cwd="/",
        ).stdout
        missing, paths = json.loads(answer)
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        raise ConfigurationError(
            f"cannot run {interpreter} ({error})",
            f"environment {environment.name!r}",
            "correct its setting 'interpreter'",
        ) from error
    if missing:
        raise ConfigurationError(
            f"{interpreter} has no {' and no '.join(missing)}",
            f"environment {environment.name!r}",
            "install IPython, protobuf and comm into it",
        )
    return [str(path) for path in paths]
