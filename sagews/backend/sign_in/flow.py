"""One sign-in under way: begun in one browser, with one provider, and come back once.

What is known of it lies in the database, under the hash of its state, so that
any backend can take it up again. The browser has the other half: a cookie of
this sign-in alone, so that two tabs at once do not disturb each other, and so
that nobody can be made to go on with what somebody else has begun.
"""

import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import msgspec

from sagews.backend.sign_in.callback import Callback
from sagews.backend.sign_in.next import HOME, own_path
from sagews.backend.sign_in.refused import Refused, Why

LIFE = 600.0
"""Seconds that somebody has to sign in at a provider."""
RANDOM_BYTES = 32
"""Of a state, a nonce, a verifier, a cookie: 256 bits, which nobody guesses."""
COOKIE = "sagews-sign-in-"
"""How the names of cookies begin; the state's hash follows."""
MOST_COOKIES = 8
"""Sign-ins that one browser has under way at once: all its cookies together have to fit into a header."""
_INVITATION = re.compile(r"[A-Za-z0-9_-]{1,128}")


class Flow(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a sign-in under way."""

    provider: str
    """Name of the provider that it was begun with."""
    nonce: str
    verifier: str
    browser: str
    """Hash of the cookie."""
    redirect_uri: str
    """Where the provider sends the browser back to."""
    next: str = HOME
    """Path of ours to go on with, as `own_path` lets it through."""
    account: str = ""
    """Who is signed in, and wants this as one more way to sign in; empty: somebody comes in."""
    again: str = ""
    """Who is signed in, and shows once more that it is them: nobody else comes in by it; empty: not that."""
    expires: float
    """Seconds since the epoch."""
    invitation: str = ""
    """That somebody brings; it is kept in the browser's cookie, and nowhere else."""

    @property
    def whose(self) -> str:
        """Who has to be signed in when it comes back; empty: nobody."""
        return self.account or self.again

    @property
    def begun(self) -> float:
        """When it was begun, in seconds since the epoch."""
        return self.expires - LIFE

    def __repr__(self) -> str:
        """Return nothing that is secret, for whoever logs it."""
        return f"Flow(provider={self.provider!r})"


class Store(Protocol):
    """Where sign-ins under way are kept. Everything raises ServiceError while it is away."""

    async def put(self, state_hash: bytes, content: bytes, expires: float) -> None:
        """Keep what belongs to a state until a moment, in seconds since the epoch."""

    async def take(self, state_hash: bytes) -> bytes | None:
        """Return what belongs to a state, to the first who asks; None to others."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A sign-in that begins, and what the browser is given."""

    flow: Flow
    state: str = field(repr=False)
    cookie: str = field(repr=False)

    @property
    def cookie_name(self) -> str:
        """Name of the cookie, without the `__Host-`."""
        return cookie_name(self.state)


def begin(
    provider: str,
    redirect_uri: str,
    *,
    onward: str = HOME,
    account: str = "",
    again: str = "",
    invitation: str = "",
) -> Begun:
    """Return a sign-in that begins; `onward` is where a request asks to go on: believed if it is a path of ours."""
    state, cookie = _random(), _random()
    if _INVITATION.fullmatch(invitation):
        cookie = f"{cookie}.{invitation}"
    flow = Flow(
        provider=provider,
        nonce=_random(),
        verifier=_random(),
        browser=_hash(cookie).hex(),
        redirect_uri=redirect_uri,
        next=own_path(onward),
        account=account,
        again=again,
        expires=time.time() + LIFE,
    )
    return Begun(flow, state, cookie)


class Flows:
    """The sign-ins under way of a site."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def keep(self, begun: Begun) -> None:
        """Have one that begins taken up again, by any backend."""
        await self._store.put(_hash(begun.state), msgspec.json.encode(begun.flow), begun.flow.expires)

    async def take(self, provider: str, callback: Callback, cookies: Mapping[str, str]) -> Flow:
        """Return the sign-in that an answer of a provider belongs to, and forget it. Raises Refused.

        `cookies` are those of the browser by their names without `__Host-`.
        Without the cookie nothing is forgotten: whoever looks at the address
        alone does not end the sign-in.
        """
        if (cookie := cookies.get(cookie_name(callback.state))) is None:
            raise Refused(Why.NO_COOKIE)
        if (content := await self._store.take(_hash(callback.state))) is None:
            raise Refused(Why.UNKNOWN)
        flow = msgspec.json.decode(content, type=Flow)
        if not hmac.compare_digest(_hash(cookie).hex(), flow.browser):
            raise Refused(Why.OTHER_BROWSER)
        if flow.expires <= time.time():
            raise Refused(Why.EXPIRED)
        if flow.provider != provider:
            raise Refused(Why.OTHER_PROVIDER, "another provider's address")
        return msgspec.structs.replace(flow, invitation=cookie.partition(".")[2])


def cookie_name(state: str) -> str:
    """Return the name of the cookie of a sign-in, without the `__Host-`."""
    return COOKIE + _hash(state).hex()[:16]


def _random() -> str:
    return secrets.token_urlsafe(RANDOM_BYTES)


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
