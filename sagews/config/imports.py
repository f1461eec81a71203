"""The settings of imports: from which other sites workspaces may be made."""

import re

import msgspec

from sagews.config.source import Source
from sagews.errors import ConfigurationError

ANY = "*"
"""In the place of a host: every one of the public Internet."""
_HOST = re.compile(r"(?P<name>[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?)(:(?P<port>[0-9]{1,5}))?")


class Imports(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Table `[imports]`: from where people may have a workspace made of a repository of git.

    A backend fetches it by HTTPS, in the name of nobody. See [how to](../how-to/keep-your-work.md#from-a-git-address).
    """

    clone_from: list[str] = []
    """Hosts from which repositories may be fetched: `github.com`, at port 443 and at public addresses alone;
    `git.example.org:8443`, with its port, at any address, also one of a private network; `*`, every host at port 443
    and at public addresses. None named: none."""
    clone_authorities: str = ""
    """File with certificates, in PEM, of the authorities that vouch for these hosts. Empty: those of the system."""
    clone_seconds: float = 50.0
    """Seconds in which a repository has to be fetched, checked and kept. A balancer of `[[machine]]` waits 60 seconds
    for an answer."""


def check_imports(imports: Imports, source: Source) -> None:
    """Refuse hosts that are none. Raises ConfigurationError."""
    for text in imports.clone_from:
        found = _HOST.fullmatch(text)
        if text != ANY and (found is None or not 0 < int(found["port"] or 443) < 1 << 16):
            raise ConfigurationError(
                f"setting 'imports.clone_from': {text!r} is no host",
                source("imports", "clone_from"),
                "write it as github.com, git.example.org:8443 or *",
            )
    if not 0 < imports.clone_seconds <= 3600:
        raise ConfigurationError(
            f"setting 'imports.clone_seconds': {imports.clone_seconds} is no time for it",
            source("imports", "clone_seconds"),
            "use more than 0 and at most 3600",
        )
