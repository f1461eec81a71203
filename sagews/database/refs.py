"""Names of the refs of a workspace: thinking only."""

import unicodedata
from collections.abc import Collection

MOST_NAME = 1000
"""Bytes of a name."""
MOST_PART = 250
"""Bytes of what is between two slashes: with `.lock` behind it, git makes a file of that name."""
_FORBIDDEN = frozenset(" ~^:?*[\\")


def allowed(name: str) -> bool:
    """Whether a ref may have this name: `refs/`, a kind, and what git-check-ref-format(1) allows after it."""
    parts = name.split("/")
    if len(parts) < 3 or parts[0] != "refs" or not all(map(_allowed_part, parts)):
        return False
    if ".." in name or "@{" in name or name.endswith(".") or _FORBIDDEN.intersection(name):
        return False
    # Those beyond ASCII, too, which git allows: they are shown in pages and logs.
    return len(name.encode()) <= MOST_NAME and not any(unicodedata.category(each) == "Cc" for each in name)


def within(names: Collection[str]) -> str:
    """Return one of these names under which there is another, as `a` beside `a/b`; or nothing. Git cannot have both."""
    known = set(names)
    for name in known:
        parts = name.split("/")
        for count in range(1, len(parts)):
            if (shorter := "/".join(parts[:count])) in known:
                return shorter
    return ""


def _allowed_part(part: str) -> bool:
    try:
        length = len(part.encode())
    except UnicodeEncodeError:
        return False
    return 0 < length <= MOST_PART and not part.startswith(".") and not part.endswith(".lock")
