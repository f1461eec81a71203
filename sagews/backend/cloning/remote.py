"""Fetches a repository of another site, as its smart protocol over HTTP has it (gitprotocol-http(5), version 0).

Two requests: the first line of what the other side tells first is its main
branch, and what that needs comes as the answer to a second one, as one pack,
into a file. Git itself is not asked to do this: where the other side
answers as an old one, it would fetch file by file, however much, and from any
other site that is named there. Here redirects are not followed, no cookie,
proxy or password is used, what is compressed is not taken, since it says
nothing of its true size, and every byte is counted as it comes.
"""

import asyncio
import re
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import BinaryIO

import aiohttp

from sagews.backend.cloning.address import Place
from sagews.backend.cloning.resolver import PublicResolver
from sagews.backend.workspaces.pkt_lines import FLUSH, LENGTH, MOST_LINE, line
from sagews.database.packs import OID
from sagews.errors import WorkspaceError

SERVICE = "git-upload-pack"
CONNECTING, READING = 10.0, 30.0
"""Seconds in which a connection has to stand, and in which at least one more byte has to come."""
BATCH = 1 << 20
"""Bytes that are written at once."""
MOST_SAID = 300
"""Characters of what the other side says that are shown."""
PACK, PROGRESS = 1, 2
"""Which part of the answer a line belongs to."""
_NUMBER = re.compile(rb"[0-9a-f]{4}")
NOTHING = "0" * 40


class Remote:
    """A repository of another site."""

    def __init__(self, place: Place, authorities: str = "") -> None:
        """`authorities`: file of those that vouch for its host; empty: the system's."""
        self._place = place
        self._authorities = authorities
        self._at = str(place.url).rstrip("/")

    async def fetch(self, file: BinaryIO, most: int) -> str:
        """Write a pack of the main branch and all that it needs; return its newest commit.

        Raises WorkspaceError, which says why, if there is none that can be fetched, or it has more than `most` bytes.
        """
        try:
            async with await self._client() as client:
                head = await self._head(client)
                await self._pack(client, head, file, most)
                return head
        except ssl.SSLError as error:
            raise _refused("cannot be trusted: its certificate is not good", "ask who runs it") from error
        except aiohttp.ClientSSLError as error:
            raise _refused("cannot be trusted: its certificate is not good", "ask who runs it") from error
        except asyncio.IncompleteReadError as error:
            raise _refused("cut the connection", "try again in a while") from error
        except (aiohttp.ClientError, OSError) as error:
            if isinstance(error.__cause__, WorkspaceError):
                raise error.__cause__ from None
            raise _refused("cannot be reached", "look at the address, and try again in a while") from error

    # ---------------------------------------------------------------- within

    async def _client(self) -> aiohttp.ClientSession:
        trusted = await asyncio.to_thread(ssl.create_default_context, cafile=self._authorities or None)
        resolver = PublicResolver(is_trusted=self._place.is_trusted)
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=trusted, resolver=resolver, use_dns_cache=False, force_close=True),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECTING, connect=CONNECTING, sock_read=READING),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": "git/sagews", "Accept-Encoding": "identity"},
            auto_decompress=False,
            trust_env=False,
        )

    @asynccontextmanager
    async def _answer(
        self, client: aiohttp.ClientSession, method: str, path: str, kind: str, body: bytes | None = None
    ) -> AsyncIterator[aiohttp.StreamReader]:
        headers = {"Accept": f"application/x-{SERVICE}-{kind}"}
        if body is not None:
            headers["Content-Type"] = f"application/x-{SERVICE}-request"
        asked = client.request(method, self._at + path, data=body, headers=headers, allow_redirects=False)
        async with asked as answer:
            if 300 <= answer.status < 400:
                raise _refused(
                    "leads to another address", "give that one; of some sites it ends with .git, of others not"
                )
            if answer.status != 200:
                raise _refused(f"answers with {answer.status}", "see that everybody can read it, without a password")
            if answer.content_type != headers["Accept"] or "Content-Encoding" in answer.headers:
                raise _refused("does not answer as a repository of git does", "see that it is the address of one")
            try:
                yield answer.content
            finally:
                # To close it politely would be to read on, for as long as the other side sends.
                if answer.connection is not None and answer.connection.transport is not None:
                    answer.connection.transport.abort()

    async def _head(self, client: aiohttp.ClientSession) -> str:
        async with self._answer(client, "GET", f"/info/refs?service={SERVICE}", "advertisement") as content:
            first = await _line(content)
            if first is None or not first.startswith(b"# service="):
                raise _garbled()
            if await _line(content) is not None:
                raise _garbled()
            # Some say nothing of what is not there.
            told = await _line(content) or NOTHING.encode()
        _raise_if_said(told)
        ref, _, said = told.rstrip(b"\n").partition(b"\0")
        oid, _, name = ref.decode("utf-8", "replace").partition(" ")
        if not OID.fullmatch(oid):
            raise _garbled()
        if oid == NOTHING or name != "HEAD":
            raise _refused("has no main branch, or nothing in it", "push something there first")
        if b"side-band-64k" not in said.split():
            raise _refused("is of a server that is too old", "import a bundle of it")
        return oid

    async def _pack(self, client: aiohttp.ClientSession, head: str, file: BinaryIO, most: int) -> None:
        asked = line(f"want {head} side-band-64k ofs-delta no-progress agent=sagews\n") + FLUSH + line("done\n")
        came = 0
        async with self._answer(client, "POST", f"/{SERVICE}", "result", asked) as content:
            answer = await _line(content) or b""
            _raise_if_said(answer)
            if answer.rstrip(b"\n") != b"NAK":
                raise _garbled()
            batch = bytearray()
            while (piece := await _line(content)) is not None:
                if not piece or piece[0] not in (PACK, PROGRESS):
                    _raise_if_said(b"ERR " + piece[1:])
                if piece[0] == PROGRESS:
                    continue
                came += len(piece) - 1
                if came > most:
                    raise _refused(f"has more than {most:,} bytes, for which there is no room", "delete something here")
                batch += piece[1:]
                if len(batch) >= BATCH:
                    await asyncio.to_thread(file.write, bytes(batch))
                    batch.clear()
            await asyncio.to_thread(file.write, bytes(batch))
            await asyncio.to_thread(file.flush)


async def _line(content: aiohttp.StreamReader) -> bytes | None:
    """Return the next line without its length; None: the end of a part."""
    digits = await content.readexactly(LENGTH)
    if digits == FLUSH:
        return None
    if not _NUMBER.fullmatch(digits) or not LENGTH <= int(digits, 16) <= MOST_LINE:
        raise _garbled()
    return await content.readexactly(int(digits, 16) - LENGTH)


def _raise_if_said(told: bytes) -> None:
    """Raise what the other side says of a fault, if it does."""
    if told.startswith(b"ERR "):
        text = told[4:].decode("utf-8", "replace").strip()[:MOST_SAID]
        said = "".join(each if each.isprintable() else "?" for each in text)
        raise _refused(f"refuses: {said}", "look at what it says")


def _garbled() -> WorkspaceError:
    return _refused("does not answer as a repository of git does", "see that it is the address of one")


def _refused(what: str, hint: str) -> WorkspaceError:
    return WorkspaceError(what, "git address", hint)
