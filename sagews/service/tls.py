"""TLS of links between machines: version 1.3, and both ends show a certificate of the site's own authority.

Who may be what stands in the certificate's extended key usage (RFC 5280,
4.2.1.12), which OpenSSL checks in the handshake: a worker's has serverAuth
alone and a backend's clientAuth alone, so that neither can pass for the
other. A backend also checks that the worker's certificate names the host
that it connected to.
"""

import ssl
from pathlib import Path

from sagews.config.site import Site
from sagews.errors import ConfigurationError
from sagews.service.secret_file import read_secret
from sagews.service.watched import Watched

HINT = "make it with `sagews certificates`, or name it in [links]"
MAX_FILE = 1 << 20


def worker_tls(site: Site) -> Watched[ssl.SSLContext]:
    """Return the TLS of a worker's links, read again when its files change. Raises ConfigurationError."""
    return _watched(site, "worker", ssl.PROTOCOL_TLS_SERVER)


def backend_tls(site: Site) -> Watched[ssl.SSLContext]:
    """Return the TLS of a backend's links, read again when its files change. Raises ConfigurationError."""
    return _watched(site, "backend", ssl.PROTOCOL_TLS_CLIENT)


def _watched(site: Site, service: str, side: int) -> Watched[ssl.SSLContext]:
    files = [site.link_file(name) for name in ("authority", f"{service}_certificate", f"{service}_key")]
    return Watched(files, lambda: _context(side, *files))


def _context(side: int, authority: Path, certificate: Path, key: Path) -> ssl.SSLContext:
    read_secret(key, MAX_FILE, "chmod 600 it, or make it with `sagews certificates`")
    context = ssl.SSLContext(side)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.verify_mode = ssl.CERT_REQUIRED
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    context.check_hostname = side == ssl.PROTOCOL_TLS_CLIENT
    if side == ssl.PROTOCOL_TLS_SERVER:
        # A link lives for hours: nobody comes back with a ticket.
        context.num_tickets = 0
    try:
        context.load_verify_locations(cafile=authority)
    except OSError as error:  # ssl.SSLError is one
        raise ConfigurationError(f"holds no certificate ({error.strerror})", str(authority), HINT) from error
    try:
        context.load_cert_chain(certificate, key)
    except OSError as error:
        raise ConfigurationError(
            f"is no certificate with the key {key} ({error.strerror})", str(certificate), HINT
        ) from error
    return context


def said(error: BaseException) -> str:
    """Return in a few words why a handshake failed."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not accepted: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return f"TLS failed: {error.reason or error.strerror or 'no reason given'}"
    return f"TLS failed: {error}"
