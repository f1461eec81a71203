"""Writing what is generated, whole or not at all, with its owner and mode; making directories, and checking them."""

import errno
import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path

from sagews.admin.here.accounts import group_of, user_of
from sagews.admin.program import OwnedDirectory, WrittenFile
from sagews.errors import ConfigurationError, SagewsError, ServiceError


def write(file: WrittenFile, at: Path | None = None) -> bool:
    """Write a file, at its own path or at another; return whether anything changed. Raises ServiceError.

    Nobody ever sees half of it, and it never has a wider mode than its own.
    """
    path = at or file.path
    owner, group = user_of(file.owner).pw_uid, group_of(file.group, file.owner)
    wanted = (file.text.encode(), file.mode, owner, group)
    try:
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            if _there(folder, path.name, len(wanted[0])) == wanted:
                return False
            _replace(folder, path.name, *wanted)
        finally:
            os.close(folder)
    except OSError as error:
        raise told(error, path) from error
    return True


def see_to(directory: OwnedDirectory) -> bool:
    """Make a directory, or check the one that is there; return whether it was made. Raises ConfigurationError."""
    made = _see_to(directory)
    for path in directory.adopts:
        _adopt(path, directory)
    return made


def give(path: Path, group: int) -> None:
    """Let a group read a file of root's that is there, and its directory's names be found. Raises ServiceError."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    except OSError as error:
        raise told(error, path) from error
    try:
        found = os.fstat(descriptor)
        if stat.S_ISREG(found.st_mode) and found.st_uid == 0:
            os.fchown(descriptor, -1, group)
            os.fchmod(descriptor, 0o640)
            path.parent.chmod(0o711)
    except OSError as error:
        raise told(error, path) from error
    finally:
        os.close(descriptor)


def _adopt(path: Path, directory: OwnedDirectory) -> None:
    """Move a file into a directory, which its owner gets with it. Raises ServiceError."""
    target = directory.path / path.name
    if not path.is_file() or path.is_symlink() or target.exists():
        return
    owner = user_of(directory.owner)
    try:
        os.chown(path, owner.pw_uid, owner.pw_gid, follow_symlinks=False)
        path.rename(target)
    except OSError as error:
        raise told(error, target) from error


def _see_to(directory: OwnedDirectory) -> bool:
    path = directory.path
    owner, group = user_of(directory.owner).pw_uid, group_of(directory.group, directory.owner)
    try:
        if check(directory):
            found = path.stat()
            if (found.st_gid, stat.S_IMODE(found.st_mode)) != (group, directory.mode):
                if found.st_gid != group:
                    os.chown(path, -1, group, follow_symlinks=False)
                path.chmod(directory.mode)
            return False
        path.parent.mkdir(parents=True, exist_ok=True)
        mask = os.umask(0)
        try:
            path.mkdir(mode=directory.mode)
        finally:
            os.umask(mask)
        if (os.getuid(), os.getgid()) != (owner, group):
            os.chown(path, owner, group, follow_symlinks=False)
        if stat.S_IMODE(path.stat().st_mode) != directory.mode:
            path.chmod(directory.mode)
    except FileExistsError:
        return not check(directory)
    except OSError as error:
        raise told(error, path) from error
    return True


def check(directory: OwnedDirectory) -> bool:
    """Return whether a directory is there. Raises ConfigurationError if it has another owner or a wider mode."""
    path = directory.path
    try:
        found = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise told(error, path) from error
    owner = user_of(directory.owner)
    if not stat.S_ISDIR(found.st_mode):
        raise ConfigurationError("is not a directory", str(path), "move it away")
    if found.st_uid != owner.pw_uid:
        whose = f"belongs to user {found.st_uid}, not to {owner.pw_name or owner.pw_uid}"
        raise ConfigurationError(whose, str(path), "move it away, or give it to them with chown")
    mode = stat.S_IMODE(found.st_mode)
    if mode & ~directory.mode:
        wrong = f"has mode {mode:04o}, not {directory.mode:04o}"
        raise ConfigurationError(wrong, str(path), f"chmod {directory.mode:04o} it, once you know why")
    return True


def told(error: OSError, path: Path) -> SagewsError:
    """Return the error that says what the system has against a path; a full volume is called by its name."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return ServiceError("no space is left", f"volume {_volume(path)}", f"free some; {path} was not written")
    return ServiceError(f"cannot be written ({error.strerror})", str(path), "see its owner, its mode and its volume")


def _there(folder: int, name: str, size: int) -> tuple[bytes, int, int, int] | None:
    """Return content, mode, owner and group of a file; None if there is none of that size."""
    try:
        descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    except OSError:
        return None
    with os.fdopen(descriptor, "rb") as file:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or found.st_size != size:
            return None
        return file.read(size), stat.S_IMODE(found.st_mode), found.st_uid, found.st_gid


def _replace(folder: int, name: str, content: bytes, mode: int, owner: int, group: int) -> None:
    new = f".{name}.{secrets.token_hex(4)}"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        with os.fdopen(os.open(new, flags, 0o600, dir_fd=folder), "wb") as file:
            file.write(content)
            file.flush()
            os.fchown(file.fileno(), owner, group)
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        os.rename(new, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        with suppress(OSError):
            os.unlink(new, dir_fd=folder)
        raise


def _volume(path: Path) -> Path:
    while not path.is_mount() and path != path.parent:
        path = path.parent
    return path
