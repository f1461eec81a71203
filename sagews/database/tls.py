"""TLS of connections to PostgreSQL, where the site says who has signed its certificate."""

import ssl
from pathlib import Path

from sagews.errors import ConfigurationError


def client_tls(authority: Path) -> ssl.SSLContext:
    """Return a context that takes no certificate but one of this authority, for the host. Raises ConfigurationError."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    try:
        context.load_verify_locations(cafile=authority)
    except OSError as error:  # ssl.SSLError is one
        hint = "let `database.authority` name a file that can be read, or run sagews admin install"
        raise ConfigurationError(f"holds no certificate ({error.strerror})", str(authority), hint) from error
    return context
