"""What a published page says of itself: who wrote it, when, under which licence, and how it is cited."""

import base64
import time
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

LONGEST_LINK = 30_000
"""Characters of a link that carries the code of a cell; a cell with more has none."""
LICENCES: Mapping[str, tuple[str, str]] = {
    "": ("All rights reserved", ""),
    "CC0-1.0": ("CC0 1.0", "https://creativecommons.org/publicdomain/zero/1.0/"),
    "CC-BY-4.0": ("CC BY 4.0", "https://creativecommons.org/licenses/by/4.0/"),
    "CC-BY-SA-4.0": ("CC BY-SA 4.0", "https://creativecommons.org/licenses/by-sa/4.0/"),
    "CC-BY-NC-SA-4.0": ("CC BY-NC-SA 4.0", "https://creativecommons.org/licenses/by-nc-sa/4.0/"),
    "MIT": ("MIT License", "https://spdx.org/licenses/MIT.html"),
    "BSD-3-Clause": ("BSD 3-Clause License", "https://spdx.org/licenses/BSD-3-Clause.html"),
    "GPL-3.0-or-later": ("GNU GPL 3 or later", "https://www.gnu.org/licenses/gpl-3.0.html"),
}
"""Licences that can be chosen, by their SPDX identifier, each with its name and where its text is."""


@dataclass(frozen=True, slots=True)
class Imprint:
    """What its author says of a publication, and where it is."""

    name: str
    """What it is called if neither its author nor its headings say."""
    title: str
    authors: str
    licence: str
    """One of LICENCES."""
    address: str
    """Where it is read, as a whole URL."""
    copy: str
    """Where a copy of it is made, as a path."""
    script: str
    """Address of the script that makes cells live."""
    updated: float
    """Seconds since the epoch."""
    listed: bool

    @property
    def licence_name(self) -> str:
        """The licence in words."""
        return LICENCES[self.licence][0]

    @property
    def licence_url(self) -> str:
        """Where its text is; empty if there is none."""
        return LICENCES[self.licence][1]

    @property
    def date(self) -> str:
        """The day of its version, in UTC, as `2026-11-27`."""
        return time.strftime("%Y-%m-%d", time.gmtime(self.updated))


def live_link(code: str) -> str:
    """Return the path of the page of cells with this code, packed as a link has it; empty if there is no room."""
    if not code.strip():
        return ""
    packed = base64.urlsafe_b64encode(zlib.compress(code.encode("utf-8", "replace"), 9)).decode().rstrip("=")
    return f"/?z={packed}" if len(packed) <= LONGEST_LINK else ""
