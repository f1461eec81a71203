"""What a service tells its starter on stdout: one JSON line, that it is ready or why it is not."""

import sys
from typing import Any

import msgspec

from sagews.errors import SagewsError


def announce_ready(**facts: Any) -> None:
    """Tell that the service can be used, and what the starter cannot know, such as its port."""
    _announce({"ready": facts})


def announce_error(error: SagewsError) -> None:
    """Tell why the service ends."""
    _announce({"error": {"what": error.what, "noun": error.noun, "hint": error.hint}})


def _announce(announcement: dict[str, Any]) -> None:
    sys.stdout.write(msgspec.json.encode(announcement).decode() + "\n")
    sys.stdout.flush()
