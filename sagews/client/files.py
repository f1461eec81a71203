"""The files of a session, over HTTP: listed, fetched and put by its client.

A path is text; a name that is no UTF-8 stands in it as Python writes such
names (PEP 383), so that what `files()` tells can be given back to `get()`.
"""

import asyncio
from collections.abc import AsyncIterable
from typing import Any
from urllib.parse import quote, unquote

import aiohttp
import msgspec
from yarl import URL

from sagews.client.address import Address
from sagews.errors import ProtocolError, ServiceError

SILENCE = 90.0
"""Seconds without a byte after which a transfer counts as dead; a session answers when its evaluation has ended."""
PIECE = 256 << 10
"""Bytes sent at once."""


class File(msgspec.Struct, frozen=True, kw_only=True):
    """What a session says of one file; hostile, as all that comes from a session."""

    name: str
    """For eyes: what cannot be seen in it is escaped."""
    path: str
    """What to give to `get()`; of a directory, with a `/` at its end, to `files()`."""
    kind: str
    """`file`, `directory`, `link`, `other`."""
    size: int = 0
    modified: float = 0.0
    """Seconds since the epoch."""


class FileList(msgspec.Struct, frozen=True, kw_only=True):
    """What is in a directory."""

    files: list[File]
    cut: bool = False
    """There is more, and this is not all."""


class Files:
    """The HTTP side of a client."""

    def __init__(self, http: aiohttp.ClientSession, address: Address) -> None:
        self._http = http
        self._address = address

    async def list(self, session: str, token: str, directory: str) -> FileList:
        """Return what is in a directory. Raises ServiceError, ProtocolError."""
        path = directory if not directory or directory.endswith("/") else directory + "/"
        try:
            listed = msgspec.json.decode(await self._ask("GET", session, token, path), type=FileList)
        except msgspec.DecodeError as error:
            raise ProtocolError("is no list of files", "the site's answer", "try again") from error
        named = [
            msgspec.structs.replace(file, path=unquote(file.path, errors="surrogateescape")) for file in listed.files
        ]
        return FileList(files=named, cut=listed.cut)

    async def get(self, session: str, token: str, path: str) -> bytes:
        """Return the content of a file. Raises ServiceError."""
        return await self._ask("GET", session, token, path)

    async def put(
        self, session: str, token: str, path: str, content: bytes | AsyncIterable[bytes], *, replace: bool
    ) -> None:
        """Make a file of this content. Raises ServiceError."""
        headers = {} if replace else {"If-None-Match": "*"}
        body = _pieces(content) if isinstance(content, bytes) else content
        await self._ask("PUT", session, token, path, data=body, headers=headers)

    async def _ask(
        self, method: str, session: str, token: str, path: str, *, headers: dict[str, str] | None = None, **more: Any
    ) -> bytes:
        """Return the body of the answer; whatever is not a success becomes a ServiceError."""
        noun = f"file {path!r}" if path else f"session {session}"
        whole = {"Sagews-Session-Token": token, **(headers or {})}
        if self._address.token:
            whole["Authorization"] = f"Bearer {self._address.token}"
        page = f"{self._address.page}api/v1/sessions/{session}/files/"
        url = URL(page + quote(path, safe="/", errors="surrogateescape"), encoded=True)
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=SILENCE)
        try:
            async with self._http.request(method, url, headers=whole, timeout=timeout, **more) as response:
                if response.status >= 300:
                    raise _refused(noun, await response.read())
                return await response.read()
        except TimeoutError:
            raise ServiceError(f"no answer within {SILENCE:.0f} s", noun, "try again when no evaluation runs") from None
        except aiohttp.ClientPayloadError as error:
            raise ServiceError("did not arrive whole", noun, "try again when nothing writes to it") from error
        except (aiohttp.ClientError, OSError) as error:
            raise ServiceError(
                f"could not be moved ({error})", noun, "see that the site runs, and try again"
            ) from error


async def _pieces(content: bytes) -> AsyncIterable[bytes]:
    for start in range(0, len(content), PIECE):
        yield content[start : start + PIECE]
        await asyncio.sleep(0)


class _Failure(msgspec.Struct):
    what: str
    noun: str = ""
    hint: str = ""


class _Refusal(msgspec.Struct):
    error: _Failure


def _refused(noun: str, body: bytes) -> ServiceError:
    """Return the error of a refusal, as the site words it."""
    try:
        failure = msgspec.json.decode(body, type=_Refusal).error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ServiceError("was refused", noun, "see that this is the address of the site")
    return ServiceError(failure.what, failure.noun or noun, failure.hint)
