"""The one way into pycrdt for what it may fail at: whatever it raises becomes an error that can be caught.

A fault of the library below it comes as a `PanicException`, which is no
`Exception` but a `BaseException`: let through, it would end the whole task. A
document in which one occurred is not used any further.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from sagews.errors import WorksheetError

_NOT_OURS = (KeyboardInterrupt, SystemExit, GeneratorExit, asyncio.CancelledError, MemoryError)


class GarbledError(WorksheetError):
    """What was sent is no update of a worksheet."""


@contextmanager
def checked(what: str = "update") -> Iterator[None]:
    """Raise GarbledError about `what` for whatever pycrdt raises."""
    try:
        yield
    except (WorksheetError, *_NOT_OURS):
        raise
    except BaseException as error:
        raise GarbledError("cannot be read", what, "reload the page") from error
