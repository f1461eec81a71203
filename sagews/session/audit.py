"""Audit events (PEP 578) of the reader's code, and what they tell the witness.

A hook cannot be taken out again. It is put in when the first watched
evaluation of a session begins, and does nothing while nobody looks.
"""

import os
import sys
from collections.abc import Mapping
from typing import Any

from sagews.protocol import sagews_pb2 as pb
from sagews.session.own_paths import OwnPaths
from sagews.session.witness import Witness, serves

NETWORK = (
    "socket.bind", "socket.connect", "socket.getaddrinfo", "socket.gethostbyaddr", "socket.gethostbyname",
    "socket.gethostname", "socket.getnameinfo", "socket.getservbyname", "socket.getservbyport", "socket.sendmsg",
    "socket.sendto",
)  # fmt: skip
PROCESS = (
    "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.system", "pty.spawn", "subprocess.Popen",
)  # fmt: skip
FOREIGN_CODE = (
    "ctypes.addressof", "ctypes.call_function", "ctypes.cdata", "ctypes.cdata/buffer", "ctypes.dlopen", "ctypes.dlsym",
    "ctypes.dlsym/handle", "ctypes.string_at", "ctypes.wstring_at",
)  # fmt: skip
READING = frozenset(
    {"glob.glob", "open", "os.chdir", "os.getxattr", "os.link", "os.listdir", "os.listxattr", "os.scandir"}
    | {"os.symlink", "os.walk", "sqlite3.connect"}
)
"""Events whose first argument is a path that is read, or that something will lead to."""
IMPORTED_ANEW = {"_cffi_backend": pb.UNREPEATABLE_FOREIGN_CODE}
"""Modules that raise no event for what they do, so that their import counts."""

INNOCENT = frozenset({"pandas.compat._cpu"})
"""Modules that read of the machine what no result depends on: how many processors may be used."""

_REASONS: dict[str, pb.Unrepeatable] = (
    dict.fromkeys(NETWORK, pb.UNREPEATABLE_NETWORK)
    | dict.fromkeys(PROCESS, pb.UNREPEATABLE_PROCESS)
    | dict.fromkeys(FOREIGN_CODE, pb.UNREPEATABLE_FOREIGN_CODE)
)
_IN_MEMORY = ":memory:"


def listen(witness: Witness, own: OwnPaths, sources: Mapping[str, pb.Unrepeatable]) -> None:
    """Tell the witness of events from now on.

    `sources` are the modules of which functions have stand-ins, and what these
    tell: in a module that is imported anew, they have not.
    """
    imports = {**sources, **IMPORTED_ANEW}

    def hear(event: str, arguments: tuple[Any, ...]) -> None:
        if not witness.looks:
            return
        if (reason := _REASONS.get(event)) is not None:
            witness.note(reason)
        elif event in READING:
            if not _is_own(arguments[0], own) and not serves(sys._getframe(1), INNOCENT):
                witness.note(pb.UNREPEATABLE_FILES)
        elif event == "import" and (reason := imports.get(arguments[0])) is not None:
            witness.note(reason)

    sys.addaudithook(hear)


def _is_own(path: Any, own: OwnPaths) -> bool:
    """Whether the path of an event is one of the session's own. A descriptor was opened before, and judged then."""
    if isinstance(path, int):
        return True
    try:
        name = os.fsdecode("." if path is None else path)
        return name == _IN_MEMORY or (not name.startswith("file:") and own.holds(name))
    except Exception:
        # What is no path opens nothing; but an exception raised here would end what the reader does.
        return False
