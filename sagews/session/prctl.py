"""What a process tells the system about itself: prctl(2), which Python does not have."""

import ctypes
import errno
import os
from enum import IntEnum


class Option(IntEnum):
    """What is told, by its name and number in <linux/prctl.h>."""

    PR_SET_PDEATHSIG = 1
    PR_SET_DUMPABLE = 4
    PR_CAPBSET_READ = 23
    PR_CAPBSET_DROP = 24
    PR_SET_CHILD_SUBREAPER = 36
    PR_SET_NO_NEW_PRIVS = 38
    PR_GET_NO_NEW_PRIVS = 39
    PR_CAP_AMBIENT = 47


# Also where there is no such call this module is imported: by the worker, on its way to saying so.
_call = getattr(ctypes.CDLL(None, use_errno=True), "prctl", None)
if _call is not None:
    # The kernel demands zeros where an option takes nothing.
    _call.argtypes = [ctypes.c_int, *[ctypes.c_ulong] * 4]


def tell(option: Option, value: int) -> None:
    """Make the call, with one argument, and nothing else. Raises OSError that names the option."""
    ask(option, value)


def ask(option: Option, value: int = 0, more: int = 0) -> int:
    """Make the call, and return what the system answers. Raises OSError that names the option."""
    if _call is None:
        raise OSError(errno.ENOSYS, f"{option.name}: this system has no prctl")
    if (answer := int(_call(option, value, more, 0, 0))) < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{option.name}: {os.strerror(number)}")
    return answer
