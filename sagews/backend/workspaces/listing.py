"""The list of the files of a commit, as `git ls-tree -r -z -l` gives it: thinking only."""

from collections.abc import Mapping

from sagews.backend.workspaces import policy
from sagews.backend.workspaces.merge import File
from sagews.errors import WorkspaceError

WORDS = ("ls-tree", "-r", "-z", "-l", "--full-tree")
"""After which the commit is named."""
MOST = policy.MOST_FILES * (policy.MOST_PATH + 80)
"""Bytes of a list."""


def files_of(listed: bytes) -> dict[str, File]:
    """Return the files of a list by path; bytes that are no UTF-8 are lone surrogates. Raises WorkspaceError."""
    files: dict[str, File] = {}
    for line in listed.decode("utf-8", "surrogateescape").split("\0")[:-1]:
        said, _, path = line.partition("\t")
        mode, _, oid, size = said.split()
        if path in files:
            raise WorkspaceError("is there twice", policy.shown(path), "leave one of them out")
        files[path] = File(mode, oid, int(size) if size != "-" else 0)
    return files


def check_files(listed: bytes) -> dict[str, File]:
    """Return the files of a list that somebody else made, once it is known that a workspace may have them.

    Raises WorkspaceError, which names the file and why, for links, submodules,
    names that are git's own or differ only in case, and what is too large.
    """
    files = files_of(listed)
    policy.check_tree({path: file.mode for path, file in files.items()})
    for path, file in files.items():
        policy.check_size(path, file.size)
    return files


def check_newer(listed: bytes, before: Mapping[str, File]) -> dict[str, File]:
    """Return the files of a list that takes the place of files that are there, once it is known that it may.

    As `check_files`; two names alike that were there before may stay.
    """
    files = files_of(listed)
    for path, file in files.items():
        policy.check_path(path)
        policy.check_mode(path, file.mode)
        policy.check_size(path, file.size)
    policy.check_places(files)
    policy.check_alike(files, files.keys() - before.keys())
    return files
