"""The commits of a workspace, as they are found in a copy of it."""

from asyncio import to_thread

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


def unknown_version() -> WorkspaceError:
    """Return the refusal of a version that a workspace has not."""
    return WorkspaceError("has not the version that was asked for", "workspace", "load what it has now")
