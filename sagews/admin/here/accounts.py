"""Unix users and groups of services: looked up, and made where they are the site's own."""

import grp
import os
import pwd
import subprocess
from collections.abc import Iterable

from sagews.admin.program import Program
from sagews.config.users import GROUP
from sagews.errors import ConfigurationError, ServiceError

OWN = "sagews-"
"""What the names of users begin with that are made here; others come with Debian's packages."""


def user_of(name: str) -> pwd.struct_passwd:
    """Return a Unix user; the one who runs this for an empty name. Raises ConfigurationError."""
    try:
        return pwd.getpwnam(name) if name else pwd.getpwuid(os.getuid())
    except KeyError:
        if not name:
            return pwd.struct_passwd(("", "x", os.getuid(), os.getgid(), "", "/", "/bin/sh"))
        raise ConfigurationError("is no user of this machine", name, "install the package that brings it") from None


def group_of(name: str, owner: str) -> int:
    """Return the id of a Unix group; for an empty name, the group of its owner. Raises ConfigurationError."""
    if not name:
        return user_of(owner).pw_gid
    try:
        return grp.getgrnam(name).gr_gid
    except KeyError:
        raise ConfigurationError("is no group of this machine", name, "install the package that brings it") from None


def needed(chosen: Iterable[Program], every: Iterable[Program]) -> set[str]:
    """Return the users whom some programs of a machine need: their own, and all of the site's own, whose groups files
    of others may have.
    """
    return {each.user for each in chosen} | {each.user for each in every if each.user.startswith(OWN)}


def see_to_users(names: Iterable[str]) -> list[str]:
    """See that these users are there, and the site's own group; return those that were made.

    Raises ConfigurationError, ServiceError.
    """
    made = []
    if not os.getuid():
        own_group()
    for name in sorted(set(names) - {""}):
        if os.getuid():
            if name != user_of("").pw_name:
                raise ConfigurationError("only root can start a service as this user", name, "start the site as root")
            continue
        try:
            user_of(name)
        except ConfigurationError:
            if not name.startswith(OWN):
                raise
            _make(name)
            made.append(name)
        if name.startswith(OWN) and name not in own_group().gr_mem:
            _run("usermod", "--append", "--groups", GROUP, name)
    return made


def own_group() -> grp.struct_group:
    """Return the group of the site's own users, made if it is missing. Raises ServiceError."""
    try:
        return grp.getgrnam(GROUP)
    except KeyError:
        _run("groupadd", "--system", GROUP)
        return grp.getgrnam(GROUP)


def _make(name: str) -> None:
    plain = ("--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent")
    _run("useradd", *plain, "--shell", "/usr/sbin/nologin", name)


def _run(program: str, *arguments: str) -> None:
    done = subprocess.run(
        [program, *arguments],
        capture_output=True,
        timeout=30,
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
    )
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip()
        raise ServiceError(f"failed: {said}", f"{program} {' '.join(arguments)}", "do it by hand, then start again")
