"""Makes one format of a notebook out of another for whoever asks, in threads of its own, since it may take seconds.

What is given up after DEADLINE goes on in its thread until the formats' own
limits end it; nothing else is converted there meanwhile. So however many
hostile files are sent, THREADS threads work on them.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from sagews.backend.formats.conversion import READERS, WRITERS, read_format
from sagews.backend.formats.opening import MOST_BYTES
from sagews.backend.workspaces import policy
from sagews.errors import ConfigurationError, FormatError, WorkspaceError

THREADS = 2
"""Notebooks that are converted at once."""
DEADLINE = 60.0
"""Seconds in which one must be done, the wait for a thread included."""

ENDS = {
    "ipynb": ".ipynb",
    "html": ".html",
    "pretext": ".ptx",
    "percent": ".py",
    "light": ".py",
    "markdown": ".md",
    "myst": ".md",
}
"""How the name of a file ends that is in one of WRITERS."""


class Converter:
    """Converts."""

    def __init__(self, deadline: float = DEADLINE) -> None:
        self._deadline = deadline
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="convert")

    async def convert(self, path: str, content: bytes, write_as: str) -> tuple[bytes, tuple[str, ...]]:
        """Return a file of a workspace in another format, one of WRITERS, and what was mended when it was read.

        Raises WorkspaceError, which names the cell and the cause, if it cannot be read or written so.
        """
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._deadline):
                return await loop.run_in_executor(self._threads, _converted, path, content, write_as)
        except TimeoutError as error:
            hint = "make it two, clear large outputs, or try again later"
            raise WorkspaceError("takes too long to be converted", policy.shown(path), hint) from error
        except ConfigurationError as error:
            raise unreadable(path) from error
        except FormatError as error:
            noun, hint = f"{policy.shown(path)}: {error.noun}", error.hint or "mend it, save, and try again"
            raise WorkspaceError(error.what, noun, hint) from error


def check_convertible(path: str, size: int) -> None:
    """Raise WorkspaceError if a file is too large to be looked at."""
    if size > MOST_BYTES:
        limit = MOST_BYTES >> 20
        raise WorkspaceError(f"is larger than {limit} MiB", policy.shown(path), "clear its outputs, or make it two")


def unreadable(path: str) -> WorkspaceError:
    """Return what is wrong with a file of no format that is read."""
    hint = "take one that ends with .ipynb, .sagews, .py, .md, .ptx or .xml"
    return WorkspaceError("is in no format of notebooks", policy.shown(path), hint)


def _converted(path: str, content: bytes, write_as: str) -> tuple[bytes, tuple[str, ...]]:
    notebook = READERS[read_format(path, content)](content)
    written = WRITERS[write_as](notebook)
    policy.check_size(path, len(written))
    return written, notebook.repairs
