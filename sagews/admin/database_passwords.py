"""The passwords of roles whose services are not on the machine of the site's own PostgreSQL: made, and kept.

Services get the password, and PostgreSQL's machine what it needs to know it by.
"""

import re
import secrets
from collections.abc import Callable
from pathlib import Path

from sagews.admin.certificate_file import write_whole
from sagews.admin.program import SECRET_MODE
from sagews.admin.scram import fits, verifier
from sagews.config.placement import for_machine, here, placed
from sagews.config.servers import comers, password_file, verifier_file
from sagews.config.site import Site
from sagews.errors import ConfigurationError

HINT = "remove it, and it is made anew"
_SQL = "ALTER ROLE {role} PASSWORD '{verifier}';\n"


def make(site: Site, tell: Callable[[str], None], *, renew: bool) -> None:
    """Make what is missing, or new passwords, in the secrets of this machine. Raises ConfigurationError."""
    own = for_machine(site, here(site))
    for role in comers(placed(site)):
        path, known = password_file(own, role), verifier_file(own, role)
        password = "" if renew else _read(path).strip()
        kept = bool(password)
        password = password or secrets.token_urlsafe(32)
        found = re.fullmatch(_SQL.format(role=role, verifier="(.*)").replace("$", r"\$"), _read(known))
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not kept:
                write_whole(path, password.encode() + b"\n", SECRET_MODE)
            if found is None or not fits(found[1], password):
                text = _SQL.format(role=role, verifier=verifier(password))
                write_whole(known, text.encode(), SECRET_MODE)
        except OSError as error:
            raise ConfigurationError(
                f"cannot be written ({error.strerror})", str(path), "see its owner, its mode and its volume"
            ) from error
        tell(f"{path}: {'kept' if kept else 'made'}")


def missing(site: Site) -> list[Path]:
    """Return the files that have to be made."""
    own = for_machine(site, here(site))
    files = [file(own, role) for role in comers(placed(site)) for file in (password_file, verifier_file)]
    return [path for path in files if not path.is_file()]


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError("cannot be read", str(path), HINT) from error
