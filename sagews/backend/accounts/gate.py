"""Who is signed in, of every request, and where nobody has to be."""

import dataclasses

from aiohttp import web

from sagews.backend.accounts.known import Known
from sagews.backend.accounts.login_cookie import token_of
from sagews.backend.reader import ACCOUNT, ANONYMOUS, READER, Reader, reader_of

SIGN_IN = "/sign-in"
"""The page on which one signs in; what is below it is the way in as well."""


class Gate:
    """Finds logins."""

    def __init__(self, known: Known, *, anonymous: bool) -> None:
        """`anonymous`: whether readers who are not signed in may evaluate."""
        self._known = known
        self._anonymous = anonymous

    async def identify(self, request: web.Request) -> None:
        """Leave with the request who is signed in. Raises ServiceError if that cannot be known now."""
        token = token_of(request)
        if not token or (found := await self._known.find(token)) is None:
            return
        request[READER] = dataclasses.replace(
            reader_of(request),
            subject=ACCOUNT + found.account,
            login=found.login,
            login_expires=found.expires,
            called=found.called,
            operator=found.operator,
        )

    def keeps_out(self, reader: Reader) -> bool:
        """Whether somebody has to sign in first."""
        return not self._anonymous and reader.subject == ANONYMOUS


def is_way_in(path: str) -> bool:
    """Whether a path is there for those who are not in yet."""
    return path == SIGN_IN or path.startswith(SIGN_IN + "/")
