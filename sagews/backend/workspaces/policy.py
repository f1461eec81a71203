"""Which files a workspace may have: thinking only.

What git itself refuses on some systems is refused on all, so that a workspace
can be cloned anywhere: `.git` in every spelling that HFS+ or NTFS take for it
(see `verify_path` in git's read-cache.c, and CVE-2014-9390, CVE-2019-1353).
So are two names that such systems take for one, as they differ only in case,
in how Unicode composes them, or in dots and spaces at their end: a clone there
would have one of the two files. Two that differ only in letters that nobody
sees (of no width, or of the direction of writing) people would take for one.
A workspace that has such files is read and saved to as any other; only no
further ones come.
"""

import posixpath
import unicodedata
from collections.abc import Collection, Iterable, Mapping

from sagews.errors import WorkspaceError

MOST_NAME = 255
"""Bytes of one name, as of most file systems."""
MOST_PATH = 1000
"""Bytes of a path."""
MOST_FOLDERS = 50
"""Folders that one file is in."""
MOST_FILES = 20_000
"""Files of a workspace."""
MOST_NAMES = 32 << 20
"""Characters of all paths of a workspace, each counted once more for each of its folders: their names are in memory."""
MOST_FILE = 64 << 20
"""Bytes of one file."""
MOST_SAVED = 128 << 20
"""Bytes of all files of one save."""
MOST_BESIDE = 100
"""Names that are tried for a file beside those that are there."""
FILE_MODES = {"100644", "100755"}
"""As git writes them: a file, and one that can be run. 120000 is a link, 160000 a module of another repository."""
UNSEEN = "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u3164\uffa0"
"""Letters that are not shown, beside those of format and selectors of variants (DerivedCoreProperties.txt,
Default_Ignorable_Code_Point)."""
GIT_NAMES = {".git", "git~1"}
GIT_FILES = {".gitmodules"}
"""By which git would fetch other repositories."""


def check_path(path: str) -> None:
    """Raise WorkspaceError, which names the path and why, unless a file may have it."""
    if why := _wrong(path):
        raise WorkspaceError(f"a file cannot have this name: {why}", shown(path), "give it another name")


def check_mode(path: str, mode: str) -> None:
    """Raise WorkspaceError unless a file may be of this kind."""
    if mode in FILE_MODES:
        return
    what = {"120000": "a symbolic link", "160000": "a submodule"}.get(mode, f"of mode {mode}")
    raise WorkspaceError(f"is {what}; a workspace has files alone", shown(path), "leave it out")


def check_places(paths: Iterable[str]) -> None:
    """Raise WorkspaceError if one of these files would have to be a folder, too, or there is too much of them."""
    files = set(paths)
    if len(files) > MOST_FILES:
        raise WorkspaceError(f"would have more than {MOST_FILES} files", "workspace", "keep some of them in an archive")
    if sum(len(path) * (path.count("/") + 1) for path in files) > MOST_NAMES:
        raise WorkspaceError("would have too many long names", "workspace", "use shorter ones, or fewer folders")
    for path in files:
        for folder in folders(path):
            if folder in files:
                raise WorkspaceError("would be a file and a folder", shown(folder), "give one of them another name")


def check_alike(paths: Iterable[str], fresh: Collection[str]) -> None:
    """Raise WorkspaceError if one of the fresh paths, or a folder of it, differs from another only in spelling."""
    if not fresh:
        return
    spelled: dict[str, set[str]] = {}
    for path in paths:
        for each in (path, *folders(path)):
            spelled.setdefault(alike(each), set()).add(each)
    for path in fresh:
        for each in (*folders(path), path):
            if others := spelled.get(alike(each), set()) - {each}:
                what = f"cannot be beside {shown(min(others))}: they differ only in case, in how letters are composed,"
                what += " in letters that nobody sees, or in dots and spaces at the end"
                raise WorkspaceError(what, shown(each), "give it another name")


def check_tree(modes: Mapping[str, str]) -> None:
    """Raise WorkspaceError unless a workspace may have all of these files: their modes, as git writes them, by path.

    For what others made, as by a push or an import: it is not asked what was there before.
    """
    for path, mode in modes.items():
        check_path(path)
        check_mode(path, mode)
    check_places(modes)
    check_alike(modes, modes.keys())


def check_size(path: str, size: int) -> None:
    """Raise WorkspaceError if a file has too many bytes."""
    if size > MOST_FILE:
        raise WorkspaceError(f"has more than {MOST_FILE >> 20} MiB", shown(path), "keep it elsewhere")


def alike(path: str) -> str:
    """Return what is the same for all paths that some file system, or somebody who reads, takes for this one.

    Unicode 3.13, D145, without what is not seen; Windows leaves dots and spaces at the end of a name away.
    """
    if not path.isascii():
        seen = "".join(each for each in path if not _is_unseen(each))
        path = unicodedata.normalize("NFD", unicodedata.normalize("NFD", seen).casefold())
    return "/".join(name.rstrip(". ") for name in path.lower().split("/"))


def free(path: str, there: Collection[str]) -> str | None:
    """Return a path that is not there: this one, or with a number, as `a (2).ipynb`; None: all of them are."""
    stem, suffix = posixpath.splitext(path)
    names = (path, *(f"{stem} ({number}){suffix}" for number in range(2, MOST_BESIDE)))
    return next((each for each in names if each not in there), None)


def folders(path: str) -> list[str]:
    """Return the folders that a file is in, the outermost first."""
    parts = path.split("/")
    return ["/".join(parts[:count]) for count in range(1, len(parts))]


def shown(path: str) -> str:
    """Return a path as a message can have it."""
    text = "".join(each if each.isprintable() else f"\\u{ord(each):04x}" for each in path[:200])
    return f"file {text}" + ("…" if len(path) > 200 else "")


def _is_unseen(letter: str) -> bool:
    return unicodedata.category(letter) == "Cf" or letter in UNSEEN or "\ufe00" <= letter <= "\ufe0f"


def _wrong(path: str) -> str:
    try:
        length = len(path.encode())
    except UnicodeEncodeError:
        return "it is not Unicode text"
    if not path or path.startswith("/") or path.endswith("/") or "//" in path:
        return "it begins or ends with a slash, or has two of them together, or is empty"
    if length > MOST_PATH:
        return f"it has more than {MOST_PATH} bytes"
    if path.count("/") > MOST_FOLDERS:
        return f"it is in more than {MOST_FOLDERS} folders"
    return next((why for name in path.split("/") if (why := _wrong_name(name))), "")


def _wrong_name(name: str) -> str:
    if len(name.encode()) > MOST_NAME:
        return f"a part of it has more than {MOST_NAME} bytes"
    if name in {".", ".."}:
        return f"{name} is no name"
    if any(unicodedata.category(each) == "Cc" or each in "\u2028\u2029" for each in name):
        return "it has control characters"
    if "\\" in name:
        return "it has a backslash, which is a slash on some systems"
    if _folded(name) in GIT_NAMES:
        return "it is git's own"
    if _folded(name) in GIT_FILES:
        return "git would look there for other repositories"
    return ""


def _folded(name: str) -> str:
    """Return what a file system may take a name for: without case, skipped characters, streams, dots at the end."""
    kept = "".join(each for each in name if unicodedata.category(each) != "Cf")
    kept = unicodedata.normalize("NFKC", kept).casefold().partition(":")[0]
    return kept.rstrip(". ")
