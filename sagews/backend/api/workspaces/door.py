"""Who may do what with a workspace: found out here, for every route, before anything of a request is read.

It is found out again when a body has come, before anything is done with it.

A workspace that somebody may not come into is not told from one that is not
there. Whoever has a link shows its token in a header, with or without an
account; on a site that lets nobody in without one, they have to sign in first.
"""

from functools import partial
from typing import Any

from aiohttp import web

from sagews.backend.api.route import LINK_HEADER, Asked, Route
from sagews.backend.reader import reader_of
from sagews.backend.refusal import CHALLENGES, Refusal
from sagews.backend.workspaces.commit import Author
from sagews.database.audit import Act
from sagews.database.members import Entry, Members, Role

LONGEST_ID = 64
"""Characters of what is looked at as an id: of a workspace, an account or a link."""


class Door:
    """Lets people into workspaces."""

    def __init__(self, members: Members) -> None:
        self._members = members

    def route(self, role: Role, *, deleted: bool = False, account: bool = False, **declared: Any) -> Route:
        """Return a route about a workspace for who has this role in it, or more.

        `deleted`: about one that is deleted and can be brought back; `account`: a link is not enough.
        """
        enter = partial(self._enter, role, deleted=deleted, account=account)
        return Route(role=role, account=account or role is Role.OWNER, enter=enter, **declared)

    def own(self, **declared: Any) -> Route:
        """Return a route that is about no workspace, for who is signed in."""
        return Route(account=True, enter=_signed_in, **declared)

    async def still(self, role: Role, request: web.Request) -> Entry:
        """Return as what the caller is there now, when a body has come. Raises Refusal unless it is enough."""
        return await self._enter(role, request, deleted=False, account=False)

    async def _enter(self, role: Role, request: web.Request, *, deleted: bool, account: bool) -> Entry:
        reader, link = reader_of(request), request.headers.get(LINK_HEADER, "")
        if not reader.account and (account or not link):
            raise _nobody()
        identifier = request.match_info["workspace"]
        known = may_be_id(identifier)
        entry = await self._members.enter(identifier, reader.account, link, deleted=deleted) if known else None
        if entry is None:
            # Without an account there is only one thing that can be shown, and it is none.
            raise unknown_workspace() if reader.account else _nobody()
        require(entry, role)
        return entry


def may_be_id(word: str) -> bool:
    """Whether a word of an address can be an id of anything; a database does not even take every other one."""
    return word.isascii() and word.isprintable() and len(word) <= LONGEST_ID


def require(entry: Entry, role: Role, *, member: bool = False) -> None:
    """Raise Refusal unless somebody is this much in a workspace; `member`: by their account, not by a link alone."""
    if not entry.role.may(role):
        raise Refusal(
            403, "not_allowed", f"you are a {entry.role} there; this takes an {role}", "workspace", "ask an owner of it"
        )
    if member and not entry.member:
        raise Refusal(403, "not_allowed", "is shown to its members alone", "workspace", "join it first")


def unknown_workspace() -> Refusal:
    """Return the refusal of a workspace that is not there, or not for who asks."""
    return Refusal(
        404, "unknown_workspace", "is not there, or not for you", "workspace", "look at the list of your workspaces"
    )


def author_of(asked: Asked[Any, Any]) -> Author:
    """Return who saves: by the name of their account; no address of theirs is told to others."""
    if not asked.account:
        return Author("somebody with a link")
    return Author(asked.entry.called or asked.account, asked.account)


def act(what: str, asked: Asked[Any, Any], account: str, **data: str) -> Act:
    """Return what the caller does to the right of an account to a workspace."""
    reader = reader_of(asked.request)
    by = "" if account == reader.account else reader.account
    return Act(what, account, by, reader.address, {"workspace": asked.entry.workspace.id, **data})


async def _signed_in(request: web.Request) -> None:
    if not reader_of(request).account:
        raise _nobody()


def _nobody() -> Refusal:
    challenge = {"WWW-Authenticate": CHALLENGES["token"]}
    return Refusal(401, "wrong_token", "is for who is signed in", "workspace", "sign in, or show a token", challenge)
