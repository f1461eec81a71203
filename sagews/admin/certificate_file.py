"""A certificate in a file: read, looked at, and put in its place whole."""

import datetime
import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path

from cryptography import x509

from sagews.errors import ConfigurationError

RENEW_WITHIN = datetime.timedelta(days=60)
"""Before its end, a certificate of the site's own is named with the advice to renew it."""


def read_certificate(path: Path) -> x509.Certificate:
    """Return the first certificate of a file. Raises ConfigurationError."""
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError) as error:
        raise ConfigurationError("holds no certificate", str(path), "remove it, and it is made anew") from error


def names_of(certificate: x509.Certificate) -> set[str]:
    """Return the names and addresses that a certificate holds."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return set()
    return {str(name.value) for name in names}


def day(certificate: x509.Certificate) -> str:
    """Return the day on which a certificate ends."""
    return certificate.not_valid_after_utc.date().isoformat()


def soon(certificate: x509.Certificate, within: datetime.timedelta = RENEW_WITHIN) -> bool:
    """Whether a certificate ends soon, or has ended."""
    return certificate.not_valid_after_utc - datetime.datetime.now(datetime.UTC) < within


def write_whole(path: Path, data: bytes, mode: int) -> None:
    """Put a file in its place, whole and never readable by more than `mode` says, or those who read the old one.

    Raises OSError.
    """
    draft = path.with_name(f".{path.name}-{secrets.token_hex(4)}")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
        with open(descriptor, "wb") as file:
            file.write(data)
            with suppress(FileNotFoundError):
                old = path.lstat()
                if stat.S_ISREG(old.st_mode) and old.st_uid == os.getuid() == 0:
                    os.fchown(descriptor, -1, old.st_gid)
                    os.fchmod(descriptor, stat.S_IMODE(old.st_mode))
        draft.replace(path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
