"""The files of a session: listed, fetched and put for its reader, by this very process and with its rights.

The service opens no file of a session. It asks here, piece by piece, and the
session answers between two evaluations. What can be had is what lies below
the directory in which the session started, wherever its code has gone since.
"""

import os
import struct

from sagews.errors import ProtocolError
from sagews.protocol import MAX_PIECE, paths
from sagews.protocol import sagews_pb2 as pb
from sagews.session import descriptors, file_errors
from sagews.session.batch import put_all
from sagews.session.file_errors import FileError
from sagews.session.folder import check_regular, entered, entries, look, open_regular
from sagews.session.scan import Scan

_VERSION = struct.Struct(">QQQqq")
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class Files:
    """What is below one directory."""

    def __init__(self) -> None:
        self._root = -1
        self._scan = Scan()

    def open(self, lowest: int) -> None:
        """Take the working directory, by a descriptor numbered `lowest` or higher."""
        fd = os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        self._root = descriptors.out_of_the_way(fd, lowest)
        os.close(fd)

    def answer(self, request: pb.Request) -> pb.FileReply:
        """Do what a request about files asks, and return what is to be told. Raises nothing."""
        reply = pb.FileReply(request=request.id)
        try:
            match request.WhichOneof("kind"):
                case "list_files":
                    reply.files_listed = self._list(request.list_files).SerializeToString()
                case "get_file":
                    reply.file_piece.CopyFrom(self._get(request.get_file))
                case "put_file":
                    reply.file_put.CopyFrom(self._put(request.put_file))
                case "put_files":
                    reply.files_put = put_all(self._root, request.put_files).SerializeToString()
                case "scan_files":
                    reply.files_scanned = self._scan.of(self._root, request.scan_files.after).SerializeToString()
        except Exception as error:
            _tell(reply.failure, error)
        return reply

    # ---------------------------------------------------------------- out

    def _list(self, wish: pb.ListFiles) -> pb.FilesListed:
        with entered(self._root, paths.parts(wish.path)) as directory:
            found, cut = entries(directory)
        return pb.FilesListed(entries=found, cut=cut)

    def _get(self, wish: pb.GetFile) -> pb.FilePiece:
        *above, name = _file_parts(wish.path)
        with entered(self._root, above) as directory:
            fd = open_regular(directory, name, os.O_RDONLY)
        try:
            return _piece(fd, wish)
        finally:
            os.close(fd)

    # ----------------------------------------------------------------- in

    def _put(self, wish: pb.PutFile) -> pb.FilePut:
        *above, name = _file_parts(wish.path)
        with entered(self._root, above, make=wish.with_folders) as directory:
            gathered = f".upload-{wish.upload}".encode()
            if wish.abandon:
                _remove(directory, gathered)
                return pb.FilePut()
            try:
                is_there = _check_target(directory, name, only_new=wish.only_new)
                _write(directory, gathered, wish)
                if wish.last:
                    _give_name(directory, gathered, name, only_new=wish.only_new)
            except BaseException:
                # What is left of it would take the space that is wanting.
                _remove(directory, gathered)
                raise
        return pb.FilePut(replaced=wish.last and is_there)


def _file_parts(path: bytes) -> list[bytes]:
    """Return the names of a path, at least one."""
    if not path:
        raise file_errors.unusable("is the session's directory itself")
    return paths.parts(path)


def _piece(fd: int, wish: pb.GetFile) -> pb.FilePiece:
    """Read a piece, and see that it is of the same file as those before it."""
    facts = os.fstat(fd)
    version = _version(facts)
    if wish.version and wish.version != version:
        raise file_errors.changed()
    wanted = min(wish.size, MAX_PIECE, max(0, facts.st_size - wish.offset))
    piece = os.pread(fd, wanted, wish.offset) if wanted else b""
    if len(piece) != wanted or _version(os.fstat(fd)) != version:
        raise file_errors.changed()
    return pb.FilePiece(piece=piece, size=facts.st_size, version=version)


def _version(facts: os.stat_result) -> bytes:
    """Return what is another whenever a file, or another of its name, has other content."""
    return _VERSION.pack(facts.st_dev, facts.st_ino, facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns)


def _check_target(directory: int, name: bytes, *, only_new: bool) -> bool:
    """Return whether a file of this name is there; raise FileError if nothing may be put in its place."""
    try:
        facts = look(directory, name)
    except FileNotFoundError:
        return False
    check_regular(facts)
    if only_new:
        raise file_errors.exists()
    return True


def _write(directory: int, gathered: bytes, wish: pb.PutFile) -> None:
    """Write a piece where the one before it ended."""
    fd = _gathering(directory, gathered, is_first=wish.offset == 0)
    try:
        if os.fstat(fd).st_size != wish.offset:
            raise file_errors.changed("changed while it was put")
        rest, offset = memoryview(wish.piece), wish.offset
        while rest:
            written = os.pwrite(fd, rest, offset)
            rest, offset = rest[written:], offset + written
    finally:
        os.close(fd)


def _gathering(directory: int, gathered: bytes, *, is_first: bool) -> int:
    """Return a descriptor of the file under its temporary name, made if nothing has been put yet."""
    if is_first:
        try:
            return os.open(gathered, _NEW, 0o666, dir_fd=directory)
        except FileExistsError:
            pass  # An empty piece came before.
    return open_regular(directory, gathered, os.O_WRONLY)


def _give_name(directory: int, gathered: bytes, name: bytes, *, only_new: bool) -> None:
    """Let the whole file appear under its name, at once."""
    if only_new:
        # Unlike a renaming, a link replaces nothing.
        os.link(gathered, name, src_dir_fd=directory, dst_dir_fd=directory, follow_symlinks=False)
        os.unlink(gathered, dir_fd=directory)
    else:
        os.rename(gathered, name, src_dir_fd=directory, dst_dir_fd=directory)


def _remove(directory: int, name: bytes) -> None:
    try:
        os.unlink(name, dir_fd=directory)
    except OSError:
        return  # It was not there, or the directory is not to be changed; nothing more can be done.


def _tell(failure: pb.Failure, error: Exception) -> None:
    """Put an error into words."""
    match error:
        case FileError():
            told = error
        case ProtocolError():
            told = FileError(pb.FAILURE_CODE_BAD_MESSAGE, error.what, error.hint)
        case OSError():
            told = file_errors.of_system(error)
        case _:
            # The reader's code may have replaced whatever was called here.
            told = FileError(
                pb.FAILURE_CODE_INTERNAL, f"could not be used ({type(error).__name__})", "restart the session"
            )
    failure.code, failure.what, failure.hint = told.code, told.what, told.hint
