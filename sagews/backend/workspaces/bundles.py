"""What stands at the head of a git bundle (gitformat-bundle(5)), of which no more is read than a head may have."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import BinaryIO

from sagews.backend.workspaces.store import BRANCH
from sagews.database import refs as names
from sagews.database.packs import MOST_REFS, OID
from sagews.errors import WorkspaceError

SIGNATURES = {b"# v2 git bundle\n", b"# v3 git bundle\n"}
CAPABILITIES = {b"@object-format=sha1\n"}
"""What a v3 may ask of who reads it; a filter would mean that objects are missing."""
MOST_LINE = 2048
"""Bytes of a line."""
KINDS = ("refs/heads/", "refs/tags/")
"""Refs that are taken; others are of tools."""
OTHER_MAINS = ("HEAD", "refs/heads/master")
"""What becomes the main branch where a bundle has none."""


@dataclass(frozen=True, slots=True)
class Head:
    """What a bundle says of itself."""

    refs: Mapping[str, str]
    size: int
    """Bytes after which its pack begins."""


def read_head(file: BinaryIO) -> Head:
    """Return the head of a bundle. Raises WorkspaceError if it is none, or needs what it has not."""
    if file.readline(MOST_LINE) not in SIGNATURES:
        raise _refused("is not a git bundle of version 2 or 3", "make one with `git bundle create FILE --all`")
    refs: dict[str, str] = {}
    while (line := file.readline(MOST_LINE)) != b"\n":
        if not line.endswith(b"\n"):
            raise _refused("ends before its pack, or has a line that is too long", "see that all of it was sent")
        if line.startswith(b"-"):
            raise _refused(
                "needs commits that it has not", "make one of the whole history: `git bundle create FILE --all`"
            )
        if line.startswith(b"@"):
            if line not in CAPABILITIES:
                raise _refused(
                    "leaves objects out, or names them in another way", "make one without filters, with SHA-1"
                )
            continue
        oid, _, name = line.decode("utf-8", "replace").rstrip("\n").partition(" ")
        if not OID.fullmatch(oid) or (name != "HEAD" and not names.allowed(name)):
            raise _refused(f"has a ref that cannot be: {name[:100]!r}", "give it another name")
        refs[name] = oid
        if len(refs) > MOST_REFS:
            raise _refused(f"has more than {MOST_REFS} refs", "leave some out")
    return Head(refs, file.tell())


def wanted(refs: Mapping[str, str]) -> dict[str, str]:
    """Return the refs that a workspace takes of a bundle: branches and tags, one of which is the main branch."""
    found = {name: oid for name, oid in refs.items() if name.startswith(KINDS)}
    branches = [name for name in found if name.startswith("refs/heads/")]
    mains = [refs[name] for name in (BRANCH, *OTHER_MAINS, *(branches if len(branches) == 1 else ())) if name in refs]
    if not mains:
        raise _refused("does not say which branch is the main one", "name it `main`, or include HEAD")
    if shorter := names.within(found | {BRANCH: ""}):
        raise _refused(f"has a ref {shorter} beside one under it", "give one of them another name")
    return found | {BRANCH: mains[0]}


def _refused(what: str, hint: str) -> WorkspaceError:
    return WorkspaceError(what, "bundle", hint)
