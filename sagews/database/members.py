"""The table of members: who may come into which workspace, and as what.

A workspace is one account's, by its own row: that one is an owner, and has no
row here. Others are members. There may be several owners; there is always one.
"""

import enum
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, delete, exists, func, insert, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from sagews.database import audit
from sagews.database.account_tables import ACCOUNT
from sagews.database.audit import Act
from sagews.database.clock import Now
from sagews.database.database import Database
from sagews.database.token import hash_of
from sagews.database.workspace_tables import KEPT_SECONDS, WORKSPACE, WORKSPACE_LINK, WORKSPACE_MEMBER
from sagews.database.workspaces import MOST_OWN, Workspace, workspace_of
from sagews.errors import WorkspaceError

MOST = 500
"""Members of one workspace."""
MOST_HANDED = MOST_OWN // 2
"""Workspaces with which others can leave an account: it keeps room to make its own."""
PAGE = 100
"""Workspaces that a list gives at once."""
MEMBER = WORKSPACE_MEMBER.c


class Role(enum.StrEnum):
    """What somebody may do in a workspace; each may what those before it may."""

    VIEWER = "viewer"
    """Read all of it, and copy it."""
    EDITOR = "editor"
    """Save to it."""
    OWNER = "owner"
    """Rename and delete it, and say who else may come in."""

    def may(self, needed: "Role") -> bool:
        """Whether this is enough where `needed` is needed."""
        roles = list(Role)
        return roles.index(self) >= roles.index(needed)


class Which(enum.StrEnum):
    """Which workspaces somebody wants to see."""

    MINE = "mine"
    """Their own, and those of which they are an owner, too."""
    SHARED = "shared"
    """Those of others."""
    DELETED = "deleted"
    """Their own that are deleted, and can be brought back."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Somebody in a workspace."""

    workspace: Workspace
    role: Role
    called: str
    """What their account is called, as its owner wrote it; empty for who has a link alone."""
    member: bool
    """Whether they are one, or an owner: it is not by a link alone."""


@dataclass(frozen=True, slots=True)
class Member:
    """Who may come into a workspace by their account."""

    account: str
    name: str
    """As they wrote it; it may be empty."""
    role: Role
    since: float
    """Seconds since the epoch."""


class Members:
    """Members in a database. Everything raises ServiceError while that is away."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def enter(self, workspace: str, account: str, link: str = "", *, deleted: bool = False) -> Entry | None:
        """Return as what an account, or whoever shows the token of a link, is in a workspace; None: they are not.

        `deleted`: in one that is deleted and can be brought back, in place of one that is there.
        """
        since = WORKSPACE.c.deleted
        state = since > Now() - KEPT_SECONDS if deleted else since.is_(None)
        # One of nobody is being made, or its account is gone.
        wanted = select(WORKSPACE).where(WORKSPACE.c.id == workspace, state, WORKSPACE.c.account.is_not(None))
        called = select(ACCOUNT.c.name).where(ACCOUNT.c.id == account)

        async def enter(connection: AsyncConnection) -> Entry | None:
            if (row := (await connection.execute(wanted)).one_or_none()) is None:
                return None
            found = workspace_of(row)
            own = await _role(connection, found, account) if account else None
            shown = await _role_of_link(connection, workspace, link) if link else None
            if own is None and shown is None:
                return None
            role = max((each for each in (own, shown) if each is not None), key=list(Role).index)
            name = await connection.scalar(called) if account else ""
            return Entry(found, role, name or "", member=own is not None)

        return await self._database.run(enter)

    async def of(self, workspace: str) -> list[Member]:
        """Return all members: whose the workspace is first, then the others in the order in which they came."""
        first = select(ACCOUNT.c.id, ACCOUNT.c.name, WORKSPACE.c.created).join(
            WORKSPACE, WORKSPACE.c.account == ACCOUNT.c.id
        )
        others = select(ACCOUNT.c.id, ACCOUNT.c.name, MEMBER.role, MEMBER.since).join(
            WORKSPACE_MEMBER, MEMBER.account == ACCOUNT.c.id
        )

        async def of(connection: AsyncConnection) -> list[Member]:
            owner = await connection.execute(first.where(WORKSPACE.c.id == workspace))
            rows = await connection.execute(others.where(MEMBER.workspace == workspace).order_by(MEMBER.since))
            members = [Member(row.id, row.name, Role.OWNER, row.created) for row in owner]
            return members + [Member(row.id, row.name, Role(row.role), row.since) for row in rows]

        return await self._database.run(of)

    async def listed(self, account: str, which: Which, after: str = "") -> list[tuple[Workspace, Role, str]]:
        """Return a page of workspaces, the newest first, after the one of an id, each with role and owner's name."""
        mine = (MEMBER.workspace == WORKSPACE.c.id) & (MEMBER.account == account)
        own = WORKSPACE.c.account == account
        states: Mapping[Which, ColumnElement[bool]] = {
            Which.MINE: WORKSPACE.c.deleted.is_(None) & or_(own, MEMBER.role == Role.OWNER),
            Which.SHARED: WORKSPACE.c.deleted.is_(None) & (MEMBER.role != Role.OWNER),
            Which.DELETED: (WORKSPACE.c.deleted > Now() - KEPT_SECONDS) & own,
        }
        place = tuple_(WORKSPACE.c.created, WORKSPACE.c.id)
        wanted = (
            select(WORKSPACE, MEMBER.role, ACCOUNT.c.name.label("owner"))
            .outerjoin(WORKSPACE_MEMBER, mine)
            .join(ACCOUNT, ACCOUNT.c.id == WORKSPACE.c.account)
            .where(states[which])
            .order_by(WORKSPACE.c.created.desc(), WORKSPACE.c.id.desc())
            .limit(PAGE)
        )
        if after:
            other = WORKSPACE.alias()
            last = select(other.c.created, other.c.id).where(other.c.id == after).scalar_subquery()
            wanted = wanted.where(place < last)

        async def listed(connection: AsyncConnection) -> list[tuple[Workspace, Role, str]]:
            rows = await connection.execute(wanted)
            return [(workspace_of(row), Role(row.role or Role.OWNER), row.owner) for row in rows]

        return await self._database.run(listed)

    async def without_others(self, account: str) -> list[str]:
        """Return the names of an account's workspaces that others may come into, and that have no other owner."""
        others = select(MEMBER.account).where(MEMBER.workspace == WORKSPACE.c.id)
        alone = exists(others) & ~exists(others.where(MEMBER.role == Role.OWNER))
        wanted = select(WORKSPACE.c.name).where(WORKSPACE.c.account == account, WORKSPACE.c.deleted.is_(None), alone)

        async def without_others(connection: AsyncConnection) -> list[str]:
            return list(await connection.scalars(wanted.order_by(WORKSPACE.c.created).limit(PAGE)))

        return await self._database.run(without_others)

    async def put(self, workspace: str, account: str, role: Role, act: Act) -> None:
        """Let an account come in as this from now on.

        Raises WorkspaceError if that would leave no owner, the members are too
        many, workspace or account are not there, or whose act it is is no owner now.
        """

        async def put(connection: AsyncConnection) -> None:
            _require_owner(await _caller(connection, workspace, act))
            await _change(connection, workspace, account, role, act)

        await self._database.run(put)

    async def join(self, workspace: str, account: str, link: str, act: Act) -> Role | None:
        """Make who shows a link a member, as what the link is for or what they are already; None if it is none."""

        async def join(connection: AsyncConnection) -> Role | None:
            if (row := await _held(connection, workspace)) is None:
                return None
            shown = await _role_of_link(connection, workspace, link)
            own = await _role(connection, workspace_of(row), account)
            if shown is not None and (own is None or not own.may(shown)):
                made = replace(act, data={**act.data, "role": shown})
                await _change(connection, workspace, account, shown, made)
                return shown
            return own

        return await self._database.run(join)

    async def remove(self, workspace: str, account: str, act: Act) -> bool:
        """Let an account come in no more; return whether it could.

        Raises WorkspaceError if that leaves no owner, or it is the act of another who is no owner now.
        """

        async def remove(connection: AsyncConnection) -> bool:
            if act.by:
                _require_owner(await _caller(connection, workspace, act))
            return await _change(connection, workspace, account, None, act)

        return await self._database.run(remove)

    async def hand_over(self, workspace: str, account: str, to: str, act: Act) -> None:
        """Make a workspace another account's, and who had it an editor.

        Raises WorkspaceError as `put`, and if it is not this account's: another owner has nothing to hand over.
        """

        async def hand_over(connection: AsyncConnection) -> None:
            if (row := await _held(connection, workspace)) is None:
                raise _not_there(workspace)
            if row.account != account:
                hint = "ask them to hand it over, or be an owner beside them"
                raise WorkspaceError("is another account's to hand over", f"workspace {workspace}", hint)
            changed = await _change(connection, workspace, to, Role.OWNER, None)
            if account != to:
                changed |= await _change(connection, workspace, account, Role.EDITOR, None, successor=to)
            if changed:
                await audit.write(connection, act)

        await self._database.run(hand_over)


async def _role(connection: AsyncConnection, workspace: Workspace, account: str) -> Role | None:
    if account == workspace.account:
        return Role.OWNER
    wanted = select(MEMBER.role).where(MEMBER.workspace == workspace.id, MEMBER.account == account)
    role = await connection.scalar(wanted)
    return None if role is None else Role(role)


async def _role_of_link(connection: AsyncConnection, workspace: str, token: str) -> Role | None:
    link = WORKSPACE_LINK.c
    good = (link.hash == hash_of(token)) & (link.workspace == workspace) & (link.expires > Now())
    role = await connection.scalar(select(link.role).where(good))
    return None if role is None else Role(role)


async def _held(connection: AsyncConnection, workspace: str) -> Any:
    """Return the row of a workspace that is there, whose members nobody else changes until the transaction ends."""
    wanted = select(WORKSPACE).where(WORKSPACE.c.id == workspace, WORKSPACE.c.deleted.is_(None))
    return (await connection.execute(wanted.with_for_update())).one_or_none()


async def _caller(connection: AsyncConnection, workspace: str, act: Act) -> Role | None:
    """Return what whose act it is may do there, which nobody else changes until the transaction ends."""
    if (row := await _held(connection, workspace)) is None:
        raise _not_there(workspace)
    return await _role(connection, workspace_of(row), act.by or act.account)


def _require_owner(role: Role | None) -> None:
    """Raise WorkspaceError unless it is an owner's: it may have been one's when the request came."""
    if role is not Role.OWNER:
        raise WorkspaceError("you are no owner of it any more", "workspace", "ask an owner of it")


def _not_there(workspace: str) -> WorkspaceError:
    return WorkspaceError("is not there", f"workspace {workspace}", "look whether it was deleted")


async def _change(
    connection: AsyncConnection, workspace: str, account: str, role: Role | None, act: Act | None, successor: str = ""
) -> bool:
    """Make an account a member of this role, or none; return whether anything is changed, of which `act` tells."""
    if (row := await _held(connection, workspace)) is None:
        raise _not_there(workspace)
    before = await _role(connection, workspace_of(row), account)
    if before is role:
        return False
    if row.account == account:
        await _pass_on(connection, workspace, account, successor)
    mine = (MEMBER.workspace == workspace) & (MEMBER.account == account)
    await connection.execute(delete(WORKSPACE_MEMBER).where(mine))
    if role is not None:
        known = select(ACCOUNT.c.id).where(ACCOUNT.c.id == account).with_for_update(read=True)
        if await connection.scalar(known) is None:
            raise WorkspaceError("is not there", f"account {account}", "ask whom you mean for the id of their account")
        count = select(func.count()).select_from(WORKSPACE_MEMBER).where(MEMBER.workspace == workspace)
        if (await connection.scalar(count) or 0) >= MOST:
            raise WorkspaceError(f"would have more than {MOST} members", "workspace", "make a link in their place")
        new = {"workspace": workspace, "account": account, "role": role, "since": time.time()}
        await connection.execute(insert(WORKSPACE_MEMBER).values(new))
    if role is None:
        # Nobody comes in any more by somebody who does not.
        links = (WORKSPACE_LINK.c.workspace == workspace) & (WORKSPACE_LINK.c.by == account)
        await connection.execute(delete(WORKSPACE_LINK).where(links))
    if act is not None:
        await audit.write(connection, act)
    return True


async def _pass_on(connection: AsyncConnection, workspace: str, account: str, successor: str) -> None:
    """Have a workspace be that of its owner who came first after this one. Raises WorkspaceError if there is none."""
    owners = select(MEMBER.account).where(MEMBER.workspace == workspace, MEMBER.role == Role.OWNER)
    owners = owners.order_by((MEMBER.account == successor).desc(), MEMBER.since, MEMBER.account).limit(1)
    if (other := await connection.scalar(owners)) is None:
        raise WorkspaceError(
            "would have no owner", f"workspace {workspace}", "hand it over to somebody first, or delete it"
        )
    count = select(func.count()).select_from(WORKSPACE).where(WORKSPACE.c.account == other)
    if (await connection.scalar(count) or 0) >= MOST_HANDED:
        hint = "be owners of it together, or have them delete some of theirs"
        raise WorkspaceError(f"has {MOST_HANDED} workspaces: none can be handed to it", f"account {other}", hint)
    mine = (MEMBER.workspace == workspace) & (MEMBER.account == other)
    await connection.execute(delete(WORKSPACE_MEMBER).where(mine))
    await connection.execute(update(WORKSPACE).where(WORKSPACE.c.id == workspace).values(account=other))
