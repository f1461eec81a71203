"""The commits of a workspace, as they are found in a copy of it."""

from asyncio import to_thread
from collections.abc import Iterable

from sagews.backend.workspaces import listing, policy
from sagews.backend.workspaces.cache import Copy
from sagews.backend.workspaces.git import Git
from sagews.backend.workspaces.merge import File
from sagews.database.packs import OID
from sagews.errors import WorkspaceError

BRANCH = "refs/heads/main"
"""Whose head is what the workspace has now."""


class Commits:
    """What `git` says of them."""

    def __init__(self, git: Git) -> None:
        self._git = git

    async def known(self, copy: Copy, commit: str | None) -> str | None:
        """Return a commit that is the head or one of those before it; None is the head. Raises WorkspaceError."""
        head = copy.contents.refs.get(BRANCH)
        if commit is None or commit == head:
            return head
        if head is None or not OID.fullmatch(commit):
            raise unknown_version()
        try:
            await self._git.run(copy.folder, "merge-base", "--is-ancestor", commit, head, whose=copy.whose)
        except WorkspaceError as error:
            raise unknown_version() from error
        return commit

    async def files(self, copy: Copy, commit: str | None) -> dict[str, File]:
        """Return the files of a commit that is known, by path; none of None."""
        if commit is None:
            return {}
        listed = await self._git.run(copy.folder, *listing.WORDS, commit, most=listing.MOST, whose=copy.whose)
        return await to_thread(listing.files_of, listed)

    async def content(self, copy: Copy, path: str, commit: str | None) -> bytes:
        """Return the content of a file of a commit that is known. Raises WorkspaceError if there is none."""
        file = (await self.files(copy, commit)).get(path)
        if file is None:
            raise WorkspaceError("is not in the workspace", policy.shown(path), "look at its list of files")
        if file.size > policy.MOST_FILE:
            raise WorkspaceError("is too large to be read", policy.shown(path), "clone the workspace")
        return await self.object(copy, file.oid)

    async def object(self, copy: Copy, oid: str) -> bytes:
        """Return the content by which git knows it. Raises WorkspaceError if there is none."""
        words = ("cat-file", "blob", oid)
        return await self._git.run(copy.folder, *words, most=policy.MOST_FILE, whose=copy.whose)

    async def objects(self, copy: Copy, oids: Iterable[str], most: int) -> dict[str, bytes]:
        """Return several contents, of `most` bytes together, by one run of git. Raises WorkspaceError if one is not."""
        wanted = list(dict.fromkeys(oids))
        given = [f"{oid}\n".encode() for oid in wanted]
        said = await self._git.run(
            copy.folder, "cat-file", "--batch", given=given, most=most + 100 * len(wanted), whose=copy.whose
        )
        return await to_thread(_objects_of, said)


def _objects_of(said: bytes) -> dict[str, bytes]:
    """Return what `git cat-file --batch` said (its manual, BATCH OUTPUT): a line of oid, type and size before each."""
    found, place = {}, 0
    while place < len(said):
        end = said.index(b"\n", place)
        oid, *words = said[place:end].decode("ascii").split(" ")
        if len(words) != 2 or words[0] != "blob":
            raise WorkspaceError("is not in the workspace", f"content {oid}", "load what it has now")
        size = int(words[1])
        found[oid] = said[end + 1 : end + 1 + size]
        place = end + size + 2
    return found


def unknown_version() -> WorkspaceError:
    """Return the refusal of a version that a workspace has not."""
    return WorkspaceError("has not the version that was asked for", "workspace", "load what it has now")
