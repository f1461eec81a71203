"""Only one command at a time changes a machine: the others wait for it, within their time."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sagews.admin.deadline import Deadline
from sagews.admin.here.files import told
from sagews.errors import TimeLimitError


@contextmanager
def locked(path: Path, deadline: Deadline) -> Iterator[None]:
    """Hold the lock, which the system takes back however its holder ends. Raises TimeLimitError, ServiceError."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise told(error, path) from error
    try:
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if deadline.over:
                    busy = "another command works on this machine"
                    raise TimeLimitError(busy, str(path), "try again when it has ended") from None
                time.sleep(min(0.05, deadline.left))
        yield
    finally:
        os.close(descriptor)
