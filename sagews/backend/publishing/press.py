"""Makes the page of a publication out of a notebook: in a thread, since it may take seconds."""

import asyncio
import gzip
import hashlib
from dataclasses import dataclass

from sagews.backend.formats import html, notebook
from sagews.backend.formats.imprint import Imprint
from sagews.database.accounts import plain
from sagews.database.publications import Pages
from sagews.errors import FormatError, WorkspaceError

LEVEL = 6
"""Of compression: what is above takes much longer and gains little."""
DEADLINE = 120.0
"""Seconds that a page may take; the formats' own limits make it less."""


@dataclass(frozen=True, slots=True)
class Printed:
    """A page, ready to be kept."""

    title: str
    pages: Pages


async def printed(content: bytes, imprint: Imprint, most: int) -> Printed:
    """Return the page of a notebook by the bytes of its file; `most`: bytes that it may have.

    Raises WorkspaceError if the file is no notebook, or the page would be too large.
    """
    try:
        async with asyncio.timeout(DEADLINE):
            return await asyncio.to_thread(_printed, content, imprint, most)
    except TimeoutError as error:
        raise WorkspaceError("takes too long to be made", "page of the worksheet", "clear large outputs") from error
    except FormatError as error:
        raise WorkspaceError(error.what, error.noun, error.hint or "mend it, save, and publish again") from error


def _printed(content: bytes, imprint: Imprint, most: int) -> Printed:
    title, page = html.publication(notebook.read(content), imprint)
    if len(page) > most:
        raise WorkspaceError(
            f"would have {len(page) >> 20:,} MiB, and may have {most >> 20:,}",
            "page of the worksheet",
            "clear large outputs, save, and publish again",
        )
    packed = gzip.compress(page, LEVEL, mtime=0)
    original = gzip.compress(content, LEVEL, mtime=0)
    return Printed(plain(title), Pages(packed, original, hashlib.sha256(packed).digest()))
