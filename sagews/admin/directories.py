"""The directories of a site on this machine: what outlives the services, and what dies with them."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from sagews.admin.kinds.own import BACKEND_DIRECTORY
from sagews.config.load import load
from sagews.config.placement import for_machine, here, named, with_role
from sagews.config.postgresql import OWNER
from sagews.config.site import Site
from sagews.errors import ConfigurationError

LONGEST_RUNTIME_DIRECTORY = 80
"""Bytes; a Unix socket's whole path may have 107 (unix(7))."""


def site_at(config: Path | None, data: Path | None, service: str | None = None) -> Site:
    """Return the configured site as the operator's commands see it on this machine, as the owner of its database.

    This machine is the one from which they reach the others, or that of a service. Its data is in another directory if
    one is given. Raises ConfigurationError.
    """
    return own_site(load(config), data, service)


def own_site(loaded: Site, data: Path | None, service: str | None = None) -> Site:
    """Return a site, as its file has it, as `site_at` does. Raises ConfigurationError."""
    there = here(loaded) if service is None else named(loaded, service).machine
    site = with_role(for_machine(loaded, there), OWNER, there)
    return with_backend_directory(
        site if data is None else msgspec.structs.replace(site, data_directory=str(data.absolute()))
    )


def with_backend_directory(site: Site) -> Site:
    """Return the site with the directory in which its backends have their own files on this machine."""
    folder = site.data / BACKEND_DIRECTORY
    if site.backend.directory or os.getuid() or not folder.is_dir():
        return site
    return msgspec.structs.replace(site, backend=msgspec.structs.replace(site.backend, directory=str(folder)))


def make_data_directory(data: Path) -> None:
    """Make the data directory and its `logs`, for this user alone, and see that they can be written.

    Raises ConfigurationError, which names the directory.
    """
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        logs = data / "logs"
        logs.mkdir(mode=0o700, exist_ok=True)
        with tempfile.TemporaryFile(dir=data), tempfile.TemporaryFile(dir=logs):
            pass
    except FileExistsError as error:
        raise unusable(data, "is not a directory") from error
    except OSError as error:
        raise unusable(data, f"cannot be written ({error.strerror})") from error
    # In a folder that all users share, somebody may have made it first.
    if os.getuid() and data.stat().st_uid not in (os.getuid(), 0):
        raise unusable(data, "belongs to another user")


def unusable(data: Path, what: str) -> ConfigurationError:
    """Return the error that says why a data directory is of no use."""
    return ConfigurationError(what, str(data), "choose another with --data")


@contextmanager
def runtime_directory() -> Iterator[Path]:
    """Give a new directory for sockets, for this user alone, which is removed at the end."""
    base = os.environ.get("XDG_RUNTIME_DIR", "")
    if not os.access(base, os.W_OK | os.X_OK) or len(os.fsencode(base)) > LONGEST_RUNTIME_DIRECTORY - 20:
        base = "/tmp"  # noqa: S108  # TMPDIR may be too long for a socket; mkdtemp is safe in a shared directory
    try:
        directory = tempfile.mkdtemp(prefix="sagews-", dir=base)
    except OSError as error:
        raise ConfigurationError(
            f"no directory can be made there ({error.strerror})", base, "set XDG_RUNTIME_DIR to one that can be written"
        ) from error
    try:
        yield Path(directory)
    finally:
        shutil.rmtree(directory, ignore_errors=True)
