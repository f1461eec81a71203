"""Which files of a session can be saved to its worksheet's workspace, and why others cannot. Thinking only.

By the same rules as an upload, each file for itself: one that cannot be saved
is told of, and the others are saved.
"""

from collections.abc import Mapping

from sagews.backend.workspaces import policy
from sagews.backend.workspaces.merge import File
from sagews.errors import WorkspaceError
from sagews.protocol import sagews_pb2 as pb

MOST_AT_ONCE = 2000
"""Files of one save."""
OWN = "is this worksheet itself, which keeps what people write in it; what code writes there is not taken in"
_KINDS = {
    pb.FILE_KIND_DIRECTORY: "is a folder that is not looked into: git's own, of another disk, or too deep",
    pb.FILE_KIND_LINK: "is a symbolic link; a workspace has files alone",
    pb.FILE_KIND_OTHER: "is a device, a FIFO or a socket; a workspace has files alone",
}


class Choice:
    """What is saved at once, beside what the workspace has."""

    def __init__(self, worksheet: str, files: Mapping[str, File]) -> None:
        """`worksheet`: the path of the one whose session it is; `files`: those of the newest version."""
        self._worksheet = worksheet
        self._spelled: dict[str, str] = {}
        self._files: set[str] = set()
        self._folders: set[str] = set()
        self._count = 0
        self._size = 0
        for path in files:
            self._enter(path)

    def refusal(self, path: bytes, file: pb.ScannedFile | None) -> str:
        """Return why a file cannot be saved, whatever else is; None: it is to be deleted. Empty: it can."""
        try:
            text = path.decode()
        except UnicodeDecodeError:
            return "its name is not Unicode text"
        if text == self._worksheet:
            return OWN
        if file is not None and file.kind != pb.FILE_KIND_FILE:
            return _KINDS.get(file.kind, "is no file")
        try:
            if file is not None:
                policy.check_path(text)
                policy.check_size(text, file.size)
        except WorkspaceError as error:
            return error.what
        return ""

    def taken(self, path: bytes, file: pb.ScannedFile | None) -> str:
        """Return why a file cannot be saved beside those before it. Empty: it can, and counts from now on."""
        if why := self.refusal(path, file):
            return why
        text, size = path.decode(), file.size if file is not None else 0
        if self._count >= MOST_AT_ONCE:
            return f"is beyond {MOST_AT_ONCE:,} files at once: save it in another step"
        if self._size + size > policy.MOST_SAVED:
            return f"is beyond {policy.MOST_SAVED >> 20} MiB at once: save it in another step"
        try:
            if file is not None and text not in self._files:
                self._check(text)
                self._enter(text)
        except WorkspaceError as error:
            return error.what
        self._count += 1
        self._size += size
        return ""

    # ---------------------------------------------------------------- within

    def _enter(self, path: str) -> None:
        self._files.add(path)
        self._folders.update(policy.folders(path))
        for each in (path, *policy.folders(path)):
            self._spelled.setdefault(policy.alike(each), each)

    def _check(self, path: str) -> None:
        """Raise WorkspaceError if a new path cannot be beside the others."""
        if len(self._files) >= policy.MOST_FILES:
            raise WorkspaceError(f"would be more than {policy.MOST_FILES} files", policy.shown(path), "")
        if path in self._folders or not self._files.isdisjoint(policy.folders(path)):
            raise WorkspaceError("would be a file and a folder", policy.shown(path), "give it another name")
        for each in (*policy.folders(path), path):
            policy.check_alike([self._spelled.get(policy.alike(each), each), path], [path])


def decoded(path: bytes) -> str:
    """Return a path as the workspace would have it; what is no text is no path of one."""
    return path.decode("utf-8", "surrogateescape")
