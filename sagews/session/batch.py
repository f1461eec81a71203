"""Many small files put at once, for the session by its own process. What its code has changed stays as it is."""

import os
import secrets

from sagews.errors import SagewsError
from sagews.protocol import paths
from sagews.protocol import sagews_pb2 as pb
from sagews.session import file_errors
from sagews.session.folder import check_regular, entered, look
from sagews.session.scan import UPLOAD, content_of, name_of

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def put_all(root: int, wish: pb.PutFiles) -> pb.FilesPut:
    """Put files, and then enter a directory; return those that were not put, and why. Raises FileError, OSError."""
    put = pb.FilesPut()
    for file in wish.files:
        try:
            _put(root, file)
        except SagewsError as error:
            put.refused.add(path=file.path, what=error.what)
        except OSError as error:
            put.refused.add(path=file.path, what=file_errors.of_system(error).what)
    if wish.enters:
        with entered(root, paths.parts(wish.enter), make=True) as directory:
            os.fchdir(directory)
    return put


def _put(root: int, file: pb.WholeFile) -> None:
    *above, name = paths.parts(file.path) or [b""]
    if not name:
        raise file_errors.unusable("is the session's directory itself")
    with entered(root, above, make=not file.removed) as directory:
        try:
            check_regular(look(directory, name))
            there = content_of(directory, name)
        except FileNotFoundError:
            there = b""
        if file.removed:
            if there == file.before and there:
                os.unlink(name, dir_fd=directory)
            elif there:
                raise file_errors.changed("was changed by the session's code")
            return
        if there == name_of(file.content):
            return
        if there != file.before and there:
            raise file_errors.exists()
        _write(directory, name, file.content)


def _write(directory: int, name: bytes, content: bytes) -> None:
    """Let a file appear under its name at once, whole."""
    gathered = UPLOAD + secrets.token_hex(8).encode()
    fd = os.open(gathered, _NEW, 0o666, dir_fd=directory)
    try:
        rest = memoryview(content)
        while rest:
            rest = rest[os.write(fd, rest) :]
        os.rename(gathered, name, src_dir_fd=directory, dst_dir_fd=directory)
    except BaseException:
        os.unlink(gathered, dir_fd=directory)
        raise
    finally:
        os.close(fd)
