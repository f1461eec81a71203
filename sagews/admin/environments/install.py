"""`sagews environment install`: a virtual environment with all that an environment needs, or none.

It comes into being where it stays, since scripts and links inside name it,
under a mark that says it is not whole. What was broken off is begun anew.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from rich.console import Console
from rich.progress import Progress, TextColumn

from sagews.admin.environments.recipe import Recipe
from sagews.admin.environments.slimming import slim
from sagews.errors import ConfigurationError, ServiceError

UNFINISHED = ".unfinished"
INSTALLED = ".installed"
"""Lies in an environment that is whole, and holds the packages that it was made of."""
TRIAL_DEADLINE = 120.0
"""Seconds that its first start may take: everything is read from the disk."""
_SAID = re.compile(r"Collecting (\S+)")
_LINES_KEPT = 20


def install(recipe: Recipe, directory: Path, python: str, tell: Callable[[str], None]) -> None:
    """Install an environment into a directory, or say that it is there already.

    Raises ConfigurationError for a directory that holds something else, and
    ServiceError if a step fails.
    """
    wanted = recipe.packages.read_text(encoding="ascii")
    if _text(directory / INSTALLED) == wanted:
        tell(f"{recipe.name} is installed in {directory} already.")
        return
    _make_room(directory)
    tell(f"Installing {recipe.what},\ninto {directory} ...")
    (directory / UNFINISHED).touch()
    _run([python or sys.executable, "-m", "venv", str(directory)], "virtual environment")
    interpreter = directory / "bin" / "python"
    _fetch(recipe, interpreter, tell)
    slim(directory, tell)
    tell("Compiling ...")
    _run([str(interpreter), "-m", "compileall", "-q", "-j", "0", str(directory / "lib")], "compiler", check=False)
    tell("Trying it ...")
    _run([str(interpreter), "-c", recipe.trial], f"environment {recipe.name!r}", deadline=TRIAL_DEADLINE)
    (directory / INSTALLED).write_text(wanted, encoding="ascii")
    (directory / UNFINISHED).unlink()


def settings(recipe: Recipe, directory: Path) -> str:
    """Return the table of `sagews.toml` by which a site has the environment."""
    lines = (
        "[[environment]]",
        f'name = "{recipe.name}"',
        f'interpreter = "{directory / "bin" / "python"}"',
        f'preload = ["{recipe.preload}"]',
    )
    return "\n".join(lines)


def _make_room(directory: Path) -> None:
    """Have an empty directory there. Raises ConfigurationError for one with anything else than an environment."""
    is_ours = (directory / UNFINISHED).exists() or (directory / INSTALLED).exists()
    try:
        if is_ours:
            shutil.rmtree(directory)
        directory.mkdir(parents=True, exist_ok=True)
        # Whoever a session runs as reads it.
        directory.chmod(0o755)
        is_empty = not any(directory.iterdir())
    except OSError as error:
        raise ConfigurationError(
            f"cannot be made ({error.strerror})", str(directory), "give another one with --to"
        ) from error
    if not is_empty:
        raise ConfigurationError("holds something else", str(directory), "give an empty or a new one with --to")


def _fetch(recipe: Recipe, interpreter: Path, tell: Callable[[str], None]) -> None:
    """Have pip install the packages, and tell of each that it comes to."""
    command = [str(interpreter), "-m", "pip", "install", "--no-compile", "--only-binary", ":all:", "--no-input"]
    command += ["--disable-pip-version-check", "--progress-bar", "off", "--requirement", str(recipe.packages)]
    total = len(recipe.packages.read_text(encoding="ascii").split())
    last: list[str] = []
    # On a terminal one line that changes; elsewhere nothing until it is done.
    with Progress(
        *Progress.get_default_columns()[:2], TextColumn("{task.fields[now]}"), console=Console(stderr=True)
    ) as bar:
        fetching = bar.add_task("Fetching", total=total, now="")
        for line in _lines(command):
            last = [*last[1 - _LINES_KEPT :], line]
            if said := _SAID.match(line.strip()):
                bar.update(fetching, advance=1, now=said[1])
            elif line.startswith("Installing collected packages"):
                bar.update(fetching, completed=total, now="unpacking, which takes a minute")
    if last and last[-1].startswith("status "):
        raise ServiceError(
            f"pip ended with {last[-1]}: {' '.join(last[-3:-1])}", f"environment {recipe.name!r}", "try again"
        )


def _lines(command: list[str]) -> Iterator[str]:
    """Yield what a program says, line by line; at last `status N` if it failed."""
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield from (line.rstrip() for line in process.stdout)
        except BaseException:
            process.terminate()
            raise
    if process.returncode:
        yield f"status {process.returncode}"


def _run(command: list[str], noun: str, *, deadline: float | None = None, check: bool = True) -> None:
    environment = {**os.environ, "GC_MARKERS": "1", "OPENBLAS_NUM_THREADS": "1"}
    try:
        ran = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=deadline, env=environment
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ServiceError(f"cannot be made or started ({error})", noun, "see what is said, and try again") from error
    if check and ran.returncode:
        said = " ".join(ran.stderr.split()[-40:])
        raise ServiceError(f"ended with status {ran.returncode}: {said}", noun, "see what it says, and try again")


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except OSError:
        return ""
