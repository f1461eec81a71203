"""What a version of a workspace has, as the API answers about it."""

from collections.abc import Mapping

from sagews.backend.refusal import Refusal
from sagews.backend.workspaces.commits import unknown_version
from sagews.backend.workspaces.merge import File
from sagews.backend.workspaces.store import Store
from sagews.errors import WorkspaceError


async def files_of(store: Store, workspace: str, version: str | None) -> tuple[str, Mapping[str, File]]:
    """Return a version, or the newest one, and its files by path; of an empty workspace none. Raises Refusal."""
    version = version or await store.head(workspace)
    if version is None:
        return "", {}
    try:
        return version, await store.files(workspace, version)
    except WorkspaceError as error:
        raise Refusal(404, "unknown_version", *unknown_version().args) from error
