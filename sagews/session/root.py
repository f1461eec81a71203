"""The file system that a sandbox shows: chosen directories of the machine, read-only, and nothing else.

`build` makes it once, in the builder; each sandbox adds a home directory, a
/tmp and a /dev/shm of its own (`init.py`).
"""

import os
from collections.abc import Iterable

from sagews.session import namespaces
from sagews.session.namespaces import NO_DEVICES, NO_PROGRAMS, NO_SETUID, READ_ONLY, RECURSIVE

SYSTEM = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/var/cache/fontconfig", "/var/lib/texmf"]
"""What programs and libraries are made of, where a system has it."""
SETTINGS = [
    "alternatives", "bash.bashrc", "debian_version", "fonts", "group", "host.conf", "hosts", "inputrc",
    "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "locale.alias", "localtime", "magic", "maxima", "mime.types",
    "nsswitch.conf", "os-release", "pki/ca-trust", "pki/tls/certs", "profile", "protocols", "python3",
    "R", "resolv.conf", "services", "ssl/certs", "ssl/openssl.cnf", "terminfo", "texmf", "timezone",
]  # fmt: skip
"""What of /etc they need. Passwords, keys and the machine's own configuration are not among it."""
DEVICES = ["null", "zero", "full", "random", "urandom"]
WRITABLE = ["/tmp", "/home", "/dev/shm"]  # noqa: S108  # places in the sandbox's own file system
"""Where each sandbox mounts its own."""
COVERED = "/.shown"
"""What is to be shown below a writable place lies here, for the sandbox to bind it there."""

TERMINALS = "/dev/pts"
"""Where each sandbox mounts terminals of its own: of Sage, the interfaces to other programs talk to them by one."""

_LINKS = {"fd": "/proc/self/fd", "stdin": "fd/0", "stdout": "fd/1", "stderr": "fd/2", "ptmx": "pts/ptmx"}


def build(shown: Iterable[str], *, keep_processes: bool) -> dict[str, str]:
    """Leave the machine's file system for one that shows the system and these paths only.

    `keep_processes` leaves the machine's own /proc, for each sandbox to mount
    its own over it: in a user namespace the system allows that only where one
    is to be seen (mount_too_revealing in the kernel's fs/namespace.c).
    Returns what is to be bound below writable places: the path, and where it
    lies now. Raises OSError.
    """
    shown = [path for path in dict.fromkeys(map(os.path.abspath, shown)) if os.path.exists(path)]
    namespaces.unshare(namespaces.NEW_MOUNTS)
    namespaces.make_private()
    staging = _staging(shown)
    namespaces.mount("tmpfs", staging, NO_SETUID | NO_DEVICES, "mode=755,size=1m,nr_inodes=4096")
    os.umask(0o022)
    for path in SYSTEM:
        _show(path, staging)
    for name in SETTINGS:
        _show(f"/etc/{name}", staging)
    # Each sandbox binds its own over it. The machine's would not do: whoever adds a user there puts a new file
    # in its place, and nothing can be mounted on the old one, which is gone.
    _touch(f"{staging}/etc/passwd")
    covered: dict[str, str] = {}
    for path in shown:
        if any(path.startswith(f"{place}/") for place in WRITABLE):
            covered[path] = f"{COVERED}/{len(covered)}"
            _bind(path, staging + covered[path])
        elif not any(_is_in(path, place) for place in SYSTEM):
            _show(path, staging)
    for directory in ("/proc", "/mnt", TERMINALS, *WRITABLE):
        os.makedirs(staging + directory, exist_ok=True)
    if keep_processes:
        namespaces.bind("/proc", f"{staging}/proc", RECURSIVE)
    for name, target in _LINKS.items():
        os.symlink(target, f"{staging}/dev/{name}")
    for name in DEVICES:
        _touch(f"{staging}/dev/{name}")
    namespaces.restrict(staging, READ_ONLY | NO_SETUID | NO_DEVICES)
    for name in DEVICES:
        namespaces.bind(f"/dev/{name}", f"{staging}/dev/{name}")
        namespaces.restrict(f"{staging}/dev/{name}", NO_SETUID | NO_PROGRAMS)
    namespaces.change_root(staging)
    return covered


def _show(path: str, staging: str) -> None:
    """Show one path of the machine where it is; a link to what is shown stays a link."""
    if os.path.islink(path):
        target = os.path.realpath(path)
        if any(_is_in(target, place) for place in SYSTEM):
            os.makedirs(os.path.dirname(staging + path), exist_ok=True)
            os.symlink(os.readlink(path), staging + path)
            return
    if os.path.exists(path):
        _bind(os.path.realpath(path), staging + path)


def _bind(source: str, target: str) -> None:
    if os.path.isdir(source):
        os.makedirs(target, exist_ok=True)
    else:
        _touch(target)
    namespaces.bind(source, target, RECURSIVE)


def _touch(path: str) -> None:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o644))


def _is_in(path: str, directory: str) -> bool:
    return path == directory or path.startswith(f"{directory}/")


def _staging(shown: list[str]) -> str:
    """Return a directory to mount the new root on, below which nothing is to be shown."""
    for place in ("/mnt", "/media", "/srv", "/sys"):
        if os.path.isdir(place) and not any(_is_in(path, place) for path in shown):
            return place
    raise OSError("there is no directory to build the sandbox's root on")
