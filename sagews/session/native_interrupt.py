"""Interrupts of compiled code: those that cysignals delivers where Python would only see them afterwards.

cysignals, on which all of Sage's libraries stand, has a handler of its own in
C. Inside a computation that it guards (`sig_on`) it jumps out of that and
raises KeyboardInterrupt. Anywhere else it notes the signal and asks Python to
call its handler; whoever stands there has to take the note back, or the next
guarded computation would be interrupted without a reason.
"""

import ctypes
import signal
from collections.abc import Callable

_SIGACTION = 256
"""Bytes: `struct sigaction` has 152 with the C library of Linux on x86-64 and on AArch64."""

_libc = ctypes.CDLL(None, use_errno=True)


class NativeInterrupt:
    """The handler in C below ours."""

    def __init__(self, take_back: Callable[..., object]) -> None:
        """Keep what is in force now; `take_back` raises KeyboardInterrupt if a signal is noted, and drops the note."""
        self._take_back = take_back
        self._action = ctypes.create_string_buffer(_SIGACTION)
        _sigaction(None, self._action)

    def put_below(self) -> None:
        """Put it in force again after `signal.signal`, whose handler Python goes on calling."""
        _sigaction(self._action, None)

    def was_noted(self) -> bool:
        """Whether a signal is noted that no compiled code has met; it no longer is."""
        try:
            self._take_back(signal.SIGINT, None)
        except KeyboardInterrupt:
            return True
        return False


def taken_over() -> NativeInterrupt:
    """Take over from cysignals, which has made itself the handler when it was imported. Raises OSError."""
    take_back = signal.getsignal(signal.SIGINT)
    assert callable(take_back)
    return NativeInterrupt(take_back)


def _sigaction(new: "ctypes.Array[ctypes.c_char] | None", old: "ctypes.Array[ctypes.c_char] | None") -> None:
    if _libc.sigaction(int(signal.SIGINT), new, old) != 0:
        raise OSError(ctypes.get_errno(), "sigaction")
