"""Who is signed in, of every request, what they may with a token of the API, and where nobody has to be.

A token of the API is for programs, and opens what its scopes say and nothing
else: no page of accounts, whatever it is for.
"""

import asyncio
import base64
import binascii
import dataclasses
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from sagews.backend.accounts.known import Known
from sagews.backend.accounts.login_cookie import token_of
from sagews.backend.accounts.presence import Presence
from sagews.backend.origin import SAFE_METHODS
from sagews.backend.reader import ACCOUNT, ANONYMOUS, READER, Reader, reader_of
from sagews.database.api_tokens import PREFIX, Scope

SIGN_IN = "/sign-in"
"""The page on which one signs in; what is below it is the way in as well."""

WORKSPACES = ("/api/v1/workspaces", "/api/v1/imports")
"""What is about workspaces, with what is below."""

GIT = "/git"
"""Below which workspaces are remotes of git."""

RECEIVE = "git-receive-pack"
"""What git asks for that pushes."""

SCOPES = {
    Scope.PERMALINKS: ("/api/v1/permalinks", "/permalink"),
    Scope.READ_WORKSPACES: (*WORKSPACES, GIT),
    Scope.OPERATE: ("/status", "/status.json", "/metrics"),
    Scope.EVALUATE: (
        *("/service", "/ticket", "/socket", "/sockjs", "/api", "/openapi.json"),
        *("/kernel", "/tos.html", "/help.html"),
    ),
}
"""For which paths, and what is below them, a token has to have which scope; the first that fits."""

SHARING = re.compile(r"/api/v1/workspaces/\{workspace\}/(members|links|owner|join)(/|$)")
"""Routes that say who may come into a workspace: to change that is for people, not for tokens."""

ACCOUNTS = "/accounts"
"""The page of the accounts of others."""

LANGUAGE = "/language"
"""The page on which anybody chooses a language, also before they are in."""

PUBLISHED = "/published"
"""The gallery of what is published, and below it each page."""

PEOPLE = ("/account", ACCOUNTS, SIGN_IN, LANGUAGE, "/sign-out", "/workspaces", *WORKSPACES, GIT)
"""What is for this site's own pages: the pages of accounts and workspaces, and what is below them."""

LONG = ("/service", "/api/", "/account/export", GIT + "/")
"""What requests begin with that may take long; connections know of their login themselves."""


@dataclass(frozen=True, slots=True)
class UnderWay:
    """A request that is being answered."""

    task: "asyncio.Task[Any]"

    def sign_out(self) -> None:
        """Answer it no further."""
        self.task.cancel()


class Gate:
    """Finds logins."""

    def __init__(self, known: Known, presence: Presence, *, anonymous: bool) -> None:
        """`anonymous`: whether readers who are not signed in may evaluate."""
        self._known = known
        self._presence = presence
        self._anonymous = anonymous

    async def identify(self, request: web.Request) -> None:
        """Leave with the request who is signed in.

        Raises ServiceError if that cannot be known now, HTTPException for a
        token of the API that is none, or is not for this.
        """
        shown = api_token_of(request)
        token = shown or ("" if is_for_git(request.path) else token_of(request))
        if not token:
            return
        if (found := await self._known.find(token)) is None:
            if shown:
                raise web.HTTPUnauthorized(text="The API token is none of this site's, or too old: make another one.")
            return
        needed = scope_of(request) if found.scopes is not None else ""
        if found.scopes is not None and not found.scopes & granting(needed):
            what = f"needs the scope `{needed}`, which it has not" if needed else "is for people, not for tokens"
            raise web.HTTPForbidden(text=f"The API token is of no use here: this {what}.")
        request[READER] = dataclasses.replace(
            reader_of(request),
            subject=ACCOUNT + found.account,
            login=found.login,
            login_expires=found.expires,
            login_begun=found.begun,
            called=found.called,
            operator=found.operator,
            appearance=found.appearance,
            language=found.language,
        )

    @contextmanager
    def while_signed_in(self, request: web.Request) -> Iterator[None]:
        """End what is done for a request when its login ends, if it may take long: an evaluation, a stream."""
        reader, task = reader_of(request), asyncio.current_task()
        if not reader.login or task is None or not request.path.startswith(LONG):
            yield
            return
        under_way = UnderWay(task)
        self._presence.enter(reader.login, under_way, reader.login_expires)
        try:
            yield
        finally:
            self._presence.leave(reader.login, under_way)

    def keeps_out(self, reader: Reader) -> bool:
        """Whether somebody has to sign in first."""
        return not self._anonymous and reader.subject == ANONYMOUS


def api_token_of(request: web.Request) -> str:
    """Return the API token that a program shows; empty if it shows none."""
    scheme, _, token = request.headers.get("Authorization", "").strip().partition(" ")
    token = token.strip()
    if scheme.lower() == "basic" and is_for_git(request.path):
        token = _password(token)
    elif scheme.lower() != "bearer":
        return ""
    return token if token.startswith(PREFIX) else ""


def scope_of(request: web.Request) -> str:
    """Return the scope that a token has to have for a request; empty: it is not for tokens."""
    scope = next((scope for scope, paths in SCOPES.items() if _is_below(request.path, paths)), "")
    if is_for_git(request.path):
        pushes = RECEIVE in (request.path.rpartition("/")[2], request.query.get("service"))
        return Scope.WRITE_WORKSPACES if pushes else scope
    if scope != Scope.READ_WORKSPACES or request.method in SAFE_METHODS:
        return scope
    resource = request.match_info.route.resource
    return "" if resource is None or SHARING.match(resource.canonical) else Scope.WRITE_WORKSPACES


def granting(scope: str) -> frozenset[str]:
    """Return the scopes of which one is enough where a scope is needed."""
    more = {Scope.WRITE_WORKSPACES} if scope == Scope.READ_WORKSPACES else set()
    return frozenset({scope} - {""} | more)


def is_for_people(path: str) -> bool:
    """Whether a path is for people on this site's own pages, whatever other origins may ask."""
    return _is_below(path, PEOPLE)


def is_for_git(path: str) -> bool:
    """Whether a path is for git, which shows a password and hears no other challenge."""
    return _is_below(path, (GIT,))


def _password(shown: str) -> str:
    """Return the password of a header (RFC 7617); empty if it has none."""
    try:
        return base64.b64decode(shown, validate=True).decode().partition(":")[2]
    except (binascii.Error, ValueError):
        return ""


def _is_below(path: str, paths: Iterable[str]) -> bool:
    return any(path == each or path.startswith(each + "/") for each in paths)


def is_for_operators(path: str) -> bool:
    """Whether a path is a page of accounts of others."""
    return path == ACCOUNTS or path.startswith(ACCOUNTS + "/")


def is_published(path: str) -> bool:
    """Whether a path is of what is published, which takes no account to read."""
    return path == PUBLISHED or path.startswith(PUBLISHED + "/")


def is_way_in(path: str) -> bool:
    """Whether a path is there for those who are not in yet."""
    return path in (SIGN_IN, LANGUAGE) or path.startswith(SIGN_IN + "/")
