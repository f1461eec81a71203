"""Whether a file holds a certificate and its key: `python -m sagews.admin.certificate_file FILE NAME`.

NAME is by which the operator knows it. One line on stderr and status 1 if it does not.
"""

import ssl
import sys
from pathlib import Path


def wrong(path: Path) -> str:
    """Say what is wrong with a file; empty for nothing."""
    try:
        if not path.read_bytes().strip():
            return "is missing, or empty, or cannot be read"
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(path, password="")
    except ssl.SSLError as error:
        return f"holds no certificate and its key, in PEM ({error.reason or 'unreadable'})"
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    return ""


if __name__ == "__main__":
    if said := wrong(Path(sys.argv[1])):
        sys.exit(f"the certificate {sys.argv[2]} {said}")
