"""Puts a wheel into a virtual environment of its own; sent to a machine that does not have the program yet.

Standard library only. Read from stdin by a Python there, after which come one
line of JSON and the wheel; or the line alone, to say what is there. Below HOME, each build has a directory in
`versions`, and `bin` is a symbolic link to that of one of them: its switch is
what installs. What runs keeps the build that it was started from. Each line
of stdout is a JSON object: `said`, `error` with a `hint`, or `done`.
"""

import fcntl
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, BinaryIO

COMPLETE = ".complete"
"""File of a build that is whole."""
TAIL = 400
LEAST = 100 << 20
"""Bytes that have to be free for a machine's data."""


class _Refused(Exception):
    """What is wrong, and what to do."""


def main(stdin: BinaryIO) -> None:
    """Do what the line says, and tell how it went."""
    os.umask(0o022)
    order = json.loads(stdin.readline())
    wheel = stdin.read(order["size"])
    try:
        if order["probe"]:
            probe(order)
        elif len(wheel) == order["size"]:
            install(order, wheel)
    except _Refused as refused:
        _say(error=refused.args[0], hint=refused.args[1])
    except OSError as error:
        _say(
            error=f"{error.filename or order['home']}: {error.strerror}", hint="see its owner, its mode and its volume"
        )


def probe(order: dict[str, Any]) -> None:
    """Say what is here, and change nothing."""
    home = Path(order["home"])
    link = _link(home)
    there = _there(home)
    if not os.access(there, os.W_OK):
        raise _Refused(f"{there} cannot be written to", "see its owner, its mode and its volume")
    if not (home / "versions" / order["build"] / COMPLETE).exists():
        _see_space(there, order["space"])
    if short := lacking(Path(order["data"])):
        raise _Refused(short, "free some")
    build = Path(os.readlink(link)).parent.name if link.is_symlink() else "no build"
    _say(done=f"can be reached, has {build}")


def lacking(data: Path) -> str:
    """Say that too little is free for a machine's data directory; empty where it is enough."""
    there = _there(data)
    if (free := shutil.disk_usage(there).free) < LEAST:
        return f"{free >> 20} MB are free on the volume of {there}, and {LEAST >> 20} are needed"
    return ""


def _there(path: Path) -> Path:
    """Return the deepest directory of a path that is there."""
    return next(each for each in (path, *path.parents) if each.is_dir())


def _link(home: Path) -> Path:
    """Return the link to the build that is installed, which may be missing."""
    link = home / "bin"
    if link.exists() and not link.is_symlink():
        hint = "move it away, or name another place by `program`"
        raise _Refused(f"{link} is a directory that was not made by sagews admin install", hint)
    return link


def _see_space(home: Path, space: int) -> None:
    if (free := shutil.disk_usage(home).free) < space:
        raise _Refused(f"{free >> 20} MB are free on the volume of {home}, and {space >> 20} are needed", "free some")


def install(order: dict[str, Any], wheel: bytes) -> None:
    """Make the build's directory unless it is whole, and switch to it."""
    home = Path(order["home"])
    link = _link(home)
    (home / "versions").mkdir(parents=True, exist_ok=True)
    with open(home / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        before = os.readlink(link) if link.is_symlink() else ""
        new = _place(order, home / "versions")
        if not (new / COMPLETE).exists():
            _see_space(home, order["space"])
            _build(order, wheel, new)
        wanted = f"versions/{new.name}/bin"
        if before == wanted:
            _say(done=f"{order['build']} is there")
            return
        draft = home / ".bin"
        draft.unlink(missing_ok=True)
        draft.symlink_to(wanted)
        draft.replace(link)
        _sweep(new, home / Path(before).parent if before else new)
        _say(done=f"{order['build']} is installed")


def _place(order: dict[str, Any], versions: Path) -> Path:
    """Return where the build is whole, or is to be: something may run from one that was altered."""
    number = 0
    while True:
        path = versions / (order["build"] + (f".{number}" if number else ""))
        if not (path / COMPLETE).exists() or _found(path) == order["build"]:
            return Path(path)
        number += 1


def _found(path: Path) -> str:
    """Return which build is at a place, by what its files are now."""
    asking = "from sagews.admin.build import build; print(build())"
    done = subprocess.run(
        [str(path / "bin/python"), "-I", "-c", asking],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        timeout=60,
        check=False,
    )
    return done.stdout.decode(errors="replace").strip()


def _build(order: dict[str, Any], wheel: bytes, new: Path) -> None:
    _say(said=f"Python {sys.version.split()[0]}: a virtual environment is made")
    shutil.rmtree(new, ignore_errors=True)
    _run(order, "cannot make a virtual environment", "install python3-venv", sys.executable, "-m", "venv", str(new))
    with tempfile.TemporaryDirectory() as folder:
        packed, pinned = Path(folder, order["name"]), Path(folder, "constraints.txt")
        packed.write_bytes(wheel)
        pinned.write_text(order["constraints"])
        _say(said="pip installs what the program needs")
        pip = (str(new / "bin/python"), "-m", "pip", "install", "--no-input", "--disable-pip-version-check", "--quiet")
        arguments = ("--constraint", str(pinned), f"{packed}{order['extra']}")
        _run(order, "pip could not install it", "see whether pip reaches its index there", *pip, *arguments)
    _run(order, "was installed, and does not start", "see its message", str(new / "bin/sagews"), "--version")
    (new / COMPLETE).touch()


def _run(order: dict[str, Any], what: str, hint: str, *command: str) -> None:
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=order["seconds"],
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise _Refused(f"{what} within {order['seconds']:.0f} s", "give it more with --timeout") from None
    if done.returncode:
        said = " ".join(done.stdout.decode(errors="replace").split())[-TAIL:]
        raise _Refused(f"{what}: {said}", hint)


def _sweep(*kept: Path) -> None:
    """Remove builds other than these that nothing runs from."""
    commands = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            commands.append(path.read_bytes())
        except OSError:
            continue
    for old in kept[0].parent.iterdir():
        if old not in kept and not any(bytes(old) + b"/" in command for command in commands):
            shutil.rmtree(old, ignore_errors=True)


def _say(**what: str) -> None:
    print(json.dumps(what), flush=True)


if __name__ == "__main__":
    main(sys.stdin.buffer)
