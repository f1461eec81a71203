"""The secret that a provider has given to this site: in a file, read again when it has changed."""

from pathlib import Path

from sagews.config.provider import Provider
from sagews.errors import ConfigurationError
from sagews.service.secret_file import read_secret
from sagews.service.watched import Watched

MAX_SECRET = 1024
"""Bytes of the file."""
HINT = "put the provider's secret into it, alone, and chmod 600 it"


def secret_of(settings: Provider) -> Watched[str] | None:
    """Return the secret of a provider; None if it has none. Raises ConfigurationError for a file that is not fit."""
    if not settings.client_secret_file:
        return None
    path = Path(settings.client_secret_file).expanduser().absolute()
    return Watched([path], lambda: _read(path))


def needed_secret_of(settings: Provider) -> Watched[str]:
    """Return the secret of a provider that cannot do without. Raises ConfigurationError."""
    if (secret := secret_of(settings)) is None:
        what = f"setting 'provider.client_secret_file' of {settings.name!r}: is missing"
        raise ConfigurationError(what, "", "name a file with the secret, in mode 0600")
    return secret


def _read(path: Path) -> str:
    secret = read_secret(path, MAX_SECRET + 1, HINT).decode("ascii", "replace").strip()
    if not (1 <= len(secret) <= MAX_SECRET and secret.isascii() and secret.isprintable()):
        raise ConfigurationError("holds no secret", str(path), HINT)
    return secret
