"""Low priority: whoever serves readers comes first, at the processor (nice(2)) and at the disk (ioprio_set(2))."""

import ctypes
import os

NICENESS = 19
_CALLS = {"x86_64": 251, "aarch64": 30}
"""The number of ioprio_set."""
_THIS_PROCESS = 1
_IDLE = 3 << 13
"""The class of those who get the disk when nobody else wants it."""


def yield_to_everybody() -> None:
    """Give this process the lowest priority; where the system does not allow it, go on without."""
    os.nice(NICENESS)
    number = _CALLS.get(os.uname().machine)
    if number is not None:
        libc = ctypes.CDLL(None, use_errno=True)
        libc.syscall(ctypes.c_long(number), ctypes.c_int(_THIS_PROCESS), ctypes.c_int(0), ctypes.c_int(_IDLE))
