"""What of the machine an environment's interpreter is made of: the paths that its sessions must be able to read."""

import json
import os
import subprocess
import sys

from sagews.config.environment import Environment
from sagews.errors import ConfigurationError
from sagews.worker.program import clean_environment

DEADLINE = 20.0
"""Seconds that an interpreter may take to say where it lies."""

_ASK = "import json, sys; print(json.dumps([sys.prefix, sys.base_prefix, sys.executable, *sys.path]))"


def readable_paths(environment: Environment) -> list[str]:
    """Return the paths that a session of an environment reads: its interpreter, its packages, what the site adds.

    Raises ConfigurationError if the interpreter cannot be run.
    """
    prefix, base, executable, *path = _ask(environment)
    shown = [prefix, base]
    for each in (os.path.dirname(os.path.realpath(executable)), *path):
        if each and not any(each == parent or each.startswith(f"{parent}/") for parent in shown):
            # Of a folder with a repository in it, only the package: the rest is nobody's business.
            package = os.path.join(each, "sagews")
            shown.append(package if os.path.isdir(os.path.join(package, "session")) else each)
    return [*shown, *environment.readable]


def _ask(environment: Environment) -> list[str]:
    interpreter = environment.interpreter or sys.executable
    try:
        answer = subprocess.run(
            [interpreter, "-c", _ASK],
            env=clean_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=DEADLINE,
            check=True,
            cwd="/",
        ).stdout
        return [str(path) for path in json.loads(answer)]
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        raise ConfigurationError(
            f"cannot run {interpreter} ({error})",
            f"environment {environment.name!r}",
            "correct its setting 'interpreter'",
        ) from error
