"""The password of the site's database: from a file, or from the environment, never from `sagews.toml`."""

import os
from collections.abc import Callable
from pathlib import Path

from sagews.config.site import Site
from sagews.service.secret_file import read_secret
from sagews.service.watched import Watched

VARIABLE = "SAGEWS_DATABASE_PASSWORD"
MAX_PASSWORD = 1024
"""Bytes of the file."""
HINT = "let `database.password_file` name a file that only the service's user can read, or root and group sagews (0640)"


def database_password(site: Site) -> str:
    """Return the password, empty if there is none. Raises ConfigurationError for a file that cannot be used."""
    if not site.database.password_file:
        return os.environ.get(VARIABLE, "")
    path = Path(site.database.password_file).expanduser().absolute()
    return read_secret(path, MAX_PASSWORD, HINT).decode("utf-8", "surrogateescape").rstrip("\r\n")


def watched_password(site: Site) -> str | Callable[[], str]:
    """Return what gives the password for each connection, read again when its file changes.

    Raises ConfigurationError for a file that cannot be used.
    """
    if not site.database.password_file:
        return database_password(site)
    path = Path(site.database.password_file).expanduser().absolute()
    return Watched([path], lambda: database_password(site)).get
