"""Who may come to a workspace with git: by an API token, as the password of any name, and by their account's role."""

from aiohttp import web

from sagews.backend.api.workspaces.door import Door
from sagews.backend.reader import reader_of
from sagews.backend.refusal import CHALLENGES, Refusal
from sagews.database.members import Entry, Role


async def enter(door: Door, role: Role, request: web.Request) -> Entry:
    """Return as what the caller is there. Raises Refusal unless it is enough; 401 has git ask for name and password."""
    if not reader_of(request).account:
        raise Refusal(
            401,
            "wrong_token",
            "is for who shows an API token",
            "workspace",
            "make one on your page of accounts, and give it as the password; any user name will do",
            {"WWW-Authenticate": CHALLENGES["git"]},
        )
    return await door.still(role, request)


def answered(refusal: Refusal) -> web.Response:
    """Return a refusal as git shows it to people: a line of plain text."""
    return web.Response(status=refusal.status, text=f"{refusal}\n", headers=refusal.headers)
