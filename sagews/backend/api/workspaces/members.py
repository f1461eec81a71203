"""Members of a workspace over HTTP: who may come in by their account, and whose it is."""

from typing import Any

from aiohttp import web

from sagews.backend.api.form import JSON
from sagews.backend.api.route import LINK_HEADER, Asked, Reply, Route
from sagews.backend.api.shapes import Nothing
from sagews.backend.api.workspaces import answers
from sagews.backend.api.workspaces.door import Door, act, may_be_id, require
from sagews.backend.api.workspaces.shapes import NewMember, NewOwner
from sagews.backend.api.workspaces.workspaces import ONE
from sagews.backend.rates import WORKSPACES
from sagews.backend.refusal import Refusal
from sagews.backend.workspaces.shelf import Shelf
from sagews.database.members import Role
from sagews.protocol.json_events import encode

MEMBERS = ONE + "/members"
ME = "me"
"""As which the caller may name their own account; no account has such a short id."""
PEOPLE = "It is for people, not for tokens of the API."
REFUSED = {422: "It would leave no owner, or there is no such account; nothing is changed."}


class MemberRoutes:
    """Answers what is about members."""

    def __init__(self, shelf: Shelf, door: Door) -> None:
        self._shelf = shelf
        self._door = door

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            self._door.route(
                Role.VIEWER,
                account=True,
                method="GET",
                path=MEMBERS,
                name="list_members",
                summary="See who may come into a workspace",
                text="For its members.",
                serve=self._list,
                replies=(Reply(200, "They may.", answers.Members),),
            ),
            self._door.route(
                Role.OWNER,
                method="POST",
                path=MEMBERS,
                name="put_member",
                summary="Let somebody into a workspace",
                text=f"Or have them be something else there. {PEOPLE}",
                body=NewMember,
                rate=WORKSPACES,
                serve=self._put,
                replies=(Reply(200, "They may come in.", answers.Members),),
                refusals=REFUSED,
            ),
            self._door.route(
                Role.VIEWER,
                account=True,
                method="DELETE",
                path=MEMBERS + "/{account}",
                name="remove_member",
                summary="Let somebody in no more, or leave",
                text=f"Owners remove others; everybody can leave but the last owner, as `{ME}`. The links that"
                f" somebody made end when they are let in no more. {PEOPLE}",
                serve=self._remove,
                replies=(Reply(204, "They may come in no more."),),
                refusals=REFUSED | {404: "There is no such workspace or member, or not for the caller."},
            ),
            self._door.route(
                Role.OWNER,
                method="POST",
                path=ONE + "/owner",
                name="hand_over_workspace",
                summary="Hand a workspace over",
                text=f"It is the other account's from then on, and the caller is an editor. {PEOPLE}",
                body=NewOwner,
                rate=WORKSPACES,
                serve=self._hand_over,
                replies=(Reply(200, "It is theirs.", answers.Members),),
                refusals=REFUSED,
            ),
            self._door.route(
                Role.VIEWER,
                account=True,
                method="POST",
                path=ONE + "/join",
                name="join_workspace",
                summary="Become a member by a link",
                text=f"The workspace is in the caller's list from then on, also when the link has expired. {PEOPLE}",
                rate=WORKSPACES,
                headers={LINK_HEADER: str},
                serve=self._join,
                replies=(Reply(200, "The caller is a member.", answers.Joined),),
            ),
        ]

    async def _list(self, asked: Asked[Any, Nothing]) -> web.Response:
        require(asked.entry, Role.VIEWER, member=True)
        found = await self._shelf.members.of(asked.entry.workspace.id)
        said = {"members": [{name: getattr(each, name) for name in _FIELDS} for each in found]}
        return web.Response(text=encode(said), content_type=JSON)

    async def _put(self, asked: Asked[NewMember, Nothing]) -> web.Response:
        account, role = await self._account(asked.body.account), Role(asked.body.role)
        made = act("workspace shared", asked, account, role=role)
        await self._shelf.members.put(asked.entry.workspace.id, account, role, made)
        return await self._list(asked)

    async def _remove(self, asked: Asked[None, Nothing]) -> web.Response:
        account = asked.request.match_info["account"]
        if account == ME:
            account = asked.account
        require(asked.entry, Role.VIEWER if account == asked.account else Role.OWNER, member=True)
        what = "workspace left" if account == asked.account else "workspace no more shared"
        workspace = asked.entry.workspace.id
        if not may_be_id(account) or not await self._shelf.members.remove(
            workspace, account, act(what, asked, account)
        ):
            raise Refusal(404, "unknown_member", "is no member", "account", "look at the list of members")
        return web.Response(status=204)

    async def _hand_over(self, asked: Asked[NewOwner, Nothing]) -> web.Response:
        account = await self._account(asked.body.account)
        made = act("workspace handed over", asked, account)
        await self._shelf.members.hand_over(asked.entry.workspace.id, asked.account, account, made)
        return await self._list(asked)

    async def _join(self, asked: Asked[None, Nothing]) -> web.Response:
        link = asked.request.headers.get(LINK_HEADER, "")
        made = act("workspace joined", asked, asked.account)
        role = await self._shelf.members.join(asked.entry.workspace.id, asked.account, link, made)
        return web.Response(text=encode({"role": role or asked.entry.role}), content_type=JSON)

    async def _account(self, word: str) -> str:
        """Return the account that is meant. An address that nobody has confirmed may be somebody else's."""
        found = await self._shelf.accounts.named(word) if word.isprintable() else []
        known = [each for each in found if each.id == word] or [each for each in found if each.verified]
        if len(known) != 1:
            hint = "ask them for the id of their account, or make a link"
            raise Refusal(422, "unknown_account", "is not known by this id or address", "account", hint)
        return known[0].id


_FIELDS = ("account", "name", "role", "since")
