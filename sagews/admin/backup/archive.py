"""The file of a backup: a compressed tar archive whose every member has its digest in a manifest.

It comes into being beside its place, is read back whole, and only then gets
its name. What is read from one is checked: names, sizes, digests.
"""

import hashlib
import io
import os
import re
import shutil
import stat
import tarfile
import time
import zlib
from collections.abc import Mapping
from pathlib import Path

import msgspec

from sagews import __version__
from sagews.errors import ConfigurationError, ServiceError

MANIFEST = "manifest.json"
MAX_MANIFEST = 4 * 1024 * 1024
BLOCK = 1 << 20
_NAME = re.compile(r"(?!.*(?:^|/)\.\.?(?:/|$))[^/\0][^\0]*")
"""Names below a directory, and nothing above it."""


class Member(msgspec.Struct, frozen=True):
    """A file of the backup."""

    size: int
    """Bytes."""
    mode: int
    """Its permissions."""
    digest: str
    """SHA-256."""


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What is in a backup."""

    version: str
    """The version of sagews that wrote it."""
    at: float
    """When, in seconds since 1970."""
    members: dict[str, Member]


def write(target: Path, files: Mapping[str, Path]) -> Manifest:
    """Write files into a backup, each under its name, and read it back. Raises ServiceError."""
    new = target.with_name(f".{target.name}.new")
    try:
        members = {name: _member(path) for name, path in files.items()}
        manifest = Manifest(version=__version__, at=time.time(), members=members)
        with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600), "wb") as file:
            with tarfile.open(fileobj=file, mode="w:gz") as archive:
                text = msgspec.json.encode(manifest)
                archive.addfile(_info(MANIFEST, len(text)), io.BytesIO(text))
                for name, path in files.items():
                    with path.open("rb") as content:
                        archive.addfile(_info(name, members[name].size), content)
            file.flush()
            os.fsync(file.fileno())
        if read(new) != manifest:
            raise ServiceError("reads back as something else", str(target), "try again on another volume")
        new.replace(target)
    except OSError as error:
        raise ServiceError(f"cannot be written ({error.strerror or error})", str(target), "see its volume") from error
    finally:
        new.unlink(missing_ok=True)
    return manifest


def read(source: Path, into: Path | None = None) -> Manifest:
    """Read a backup whole, check it, and put its files below a directory, if one is given.

    Raises ConfigurationError for a file that is none, or that is damaged.
    """
    try:
        with tarfile.open(source, mode="r:gz") as archive:
            first = archive.next()
            if first is None or first.name != MANIFEST or first.size > MAX_MANIFEST:
                raise ConfigurationError("is no backup of a site", str(source), "give a file that backup has written")
            manifest = msgspec.json.decode(_content(archive, first).read(MAX_MANIFEST), type=Manifest)
            left = dict(manifest.members)
            while (info := archive.next()) is not None:
                member = left.pop(info.name, None)
                if member is None or not _NAME.fullmatch(info.name) or not info.isreg() or info.size != member.size:
                    raise damaged(source, info.name)
                if _copy(_content(archive, info), None if into is None else into / info.name) != member.digest:
                    raise damaged(source, info.name)
    except (tarfile.TarError, EOFError, zlib.error, msgspec.MsgspecError) as error:
        raise damaged(source, str(error)) from error
    except OSError as error:
        raise ConfigurationError(f"cannot be read ({error.strerror or error})", str(source), "") from error
    if left:
        raise damaged(source, f"{next(iter(left))} is missing")
    return manifest


def put(source: Path, target: Path, mode: int) -> None:
    """Put a file that was read in its place, also on another volume: whole, or not at all. Raises ServiceError.

    It belongs to whom its directory belongs to.
    """
    new = target.with_name(f".{target.name}.new")
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600), "wb") as file:
            with source.open("rb") as content:
                shutil.copyfileobj(content, file, BLOCK)
            file.flush()
            folder = target.parent.stat()
            if os.getuid() == 0:
                os.fchown(file.fileno(), folder.st_uid, folder.st_gid)
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        new.replace(target)
    except OSError as error:
        hint = "restore again once that is corrected"
        raise ServiceError(f"cannot be restored ({error.strerror})", str(target), hint) from error
    finally:
        new.unlink(missing_ok=True)


def damaged(source: Path, what: str) -> ConfigurationError:
    """Return the error that says that a backup cannot be used."""
    return ConfigurationError(f"is damaged ({what})", str(source), "nothing was restored; take another one")


def _content(archive: tarfile.TarFile, info: tarfile.TarInfo) -> io.BufferedIOBase:
    content = archive.extractfile(info)
    if content is None:
        raise tarfile.TarError(f"{info.name} is no file")
    return content  # type: ignore[return-value]  # typeshed has it as IO[bytes]


def _copy(content: io.BufferedIOBase, target: Path | None) -> str:
    digest = hashlib.sha256()
    if target is not None:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    number = os.open("/dev/null" if target is None else target, os.O_WRONLY | os.O_CREAT, 0o600)
    with open(number, "wb") as file:
        while block := content.read(BLOCK):
            digest.update(block)
            file.write(block)
    return digest.hexdigest()


def _member(path: Path) -> Member:
    with path.open("rb") as file:
        found = os.fstat(file.fileno())
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Member(found.st_size, stat.S_IMODE(found.st_mode) & 0o755, digest)


def _info(name: str, size: int) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size, info.mode, info.mtime = size, 0o600, int(time.time())
    return info
