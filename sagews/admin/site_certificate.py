"""The certificate that browsers see: checked, and put where the balancers read it."""

import datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from sagews.config.site import Site
from sagews.errors import ConfigurationError

LARGEST = 1 << 18


def whole_certificate(chain: Path, key: Path | None) -> str:
    """Return certificate, chain and key in one PEM text, from a file or two. Raises ConfigurationError.

    The key has to be the certificate's, and today within its time.
    """
    text = _read(chain)
    keys = text if key is None else _read(key)
    try:
        certificates = x509.load_pem_x509_certificates(text)
    except ValueError as error:
        raise ConfigurationError("holds no certificate", str(chain), "give the file with the full chain") from error
    try:
        private = serialization.load_pem_private_key(keys, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        hint = "give its file with --key" if key is None else "give a key that is not encrypted"
        raise ConfigurationError("holds no key", str(key or chain), hint) from error
    form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if private.public_key().public_bytes(*form) != certificates[0].public_key().public_bytes(*form):
        hint = "give the key with which the certificate was asked for; the site's own certificate comes first"
        raise ConfigurationError("is not the key of the certificate", str(key or chain), hint)
    now = datetime.datetime.now(datetime.UTC)
    if not certificates[0].not_valid_before_utc <= now < certificates[0].not_valid_after_utc:
        until = certificates[0].not_valid_after_utc.date().isoformat()
        raise ConfigurationError(f"is not good today; it ends on {until}", str(chain), "renew it")
    secret = private.private_bytes(Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return (b"".join(each.public_bytes(Encoding.PEM) for each in certificates) + secret).decode()


def place(site: Site) -> str:
    """Return where the balancers read the certificate. Raises ConfigurationError if the site has none."""
    if not site.haproxy.certificate:
        hint = "name the file there from which the balancers are to read it"
        raise ConfigurationError("is not set", "haproxy.certificate", hint)
    return site.haproxy.certificate


def _read(path: Path) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read(LARGEST)
    except OSError as error:
        raise ConfigurationError(f"cannot be read ({error.strerror})", str(path), "see its owner and mode") from error
