"""Who is signed in with a token, or asks with one of the API: asked of the database, and remembered for a moment.

What is remembered is forgotten as soon as the login ends (`presence.py`). A
database that is away does not sign out who was known shortly before.
"""

import time
from collections import OrderedDict
from collections.abc import Iterable

from sagews.database.api_tokens import PREFIX, APITokens
from sagews.database.logins import Logins, SignedIn, changed_account
from sagews.database.token import hash_of
from sagews.errors import ServiceError

FRESH = 20.0
"""Seconds for which it is not asked again."""
STALE = 120.0
"""Seconds for which it is believed while the database is away."""
MOST = 10_000
"""Tokens that are remembered."""
ENDED = 3600.0
"""Seconds for which it is known that a login has ended; a ticket of it is good for a minute."""


class Known:
    """The logins of those who came lately."""

    def __init__(self, logins: Logins, tokens: APITokens) -> None:
        self._logins = logins
        self._tokens = tokens
        self._found: OrderedDict[bytes, tuple[SignedIn, float]] = OrderedDict()
        self._ended: OrderedDict[str, float] = OrderedDict()
        self._changed: dict[str, str] = {}
        """What was told last of a change, by account: of `_ended`, which keeps no earlier one."""
        self._heard = 0
        """How often something was told that was not known."""

    def __len__(self) -> int:
        return len(self._found)

    async def find(self, token: str) -> SignedIn | None:
        """Return who is signed in with a token. Raises ServiceError if that cannot be known now."""
        key, now = hash_of(token), time.monotonic()
        remembered = self._found.get(key)
        if remembered is not None and now - remembered[1] < FRESH:
            return remembered[0]
        heard = self._heard
        try:
            found = await (self._tokens if token.startswith(PREFIX) else self._logins).find(token)
        except ServiceError:
            if remembered is not None and now - remembered[1] < STALE:
                return remembered[0]
            raise
        if found is None or found.login in self._ended:
            self._found.pop(key, None)
            return None
        if heard != self._heard:
            # What was read may be from before the change that was told meanwhile: the next one asks again.
            return found
        self._found[key] = (found, now)
        self._found.move_to_end(key)
        if len(self._found) > MOST:
            self._found.popitem(last=False)
        return found

    def has_ended(self, login: str) -> bool:
        """Whether a login is known to have ended."""
        return login in self._ended

    def end(self, logins: Iterable[str]) -> set[str]:
        """Believe no more in logins that have ended; return those of which that was not known yet.

        Where it is told instead that an account has changed, its logins are asked for anew.
        """
        now = time.monotonic()
        # By what is told, which is little, and not by all that has ended.
        new = {each for each in logins if each not in self._ended}
        changed = {account: each for each in new if (account := changed_account(each))}
        for account in changed.keys() & self._changed.keys():
            del self._ended[self._changed.pop(account)]
        for login in new:
            self._ended[login] = now
        self._changed |= changed
        while self._ended and next(iter(self._ended.values())) < now - ENDED:
            self._changed.pop(changed_account(self._ended.popitem(last=False)[0]), None)
        if new:
            self._heard += 1
            old = [key for key, (found, _) in self._found.items() if found.login in new or found.account in changed]
            for key in old:
                del self._found[key]
        return new
