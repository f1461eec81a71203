"""Table `[accounts]`: who gets an account, and how long a browser stays signed in."""

from typing import Literal

import msgspec


class Accounts(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Table `[accounts]`: people who sign in. See [how to](../how-to/accounts.md)."""

    registration: Literal["open", "invitation", "closed"] = "open"
    """Who gets an account: whoever can sign in with a `[[provider]]`, whoever shows an invitation of
    `sagews admin users invite`, or nobody who has none yet. An operator still makes one: `sagews admin users add`."""
    domains: list[str] = []
    """Domains of e-mail addresses (`example.org`) of which one must be known to be a person's own, by the word of the
    provider, who gets an account without an invitation. Empty: it does not matter."""
    join_by_email: bool = False
    """Whether somebody who signs in in a new way is taken for the account that is known to have the same e-mail
    address, where the provider says that it is theirs. Only for providers that you trust with every account."""
    anonymous: bool = True
    """Whether a reader who is not signed in may evaluate."""
    login_idle: float = 14 * 86400.0
    """Seconds without use after which a browser is signed out."""
    login_life: float = 90 * 86400.0
    """Seconds after which it is signed out in any case."""
    recent_minutes: float = 30.0
    """Minutes after a sign-in in which a browser may do what gives others a way in: add or remove a way to sign in,
    make a token, delete the account, change the rights of others. Later it is asked to sign in again first.
    At most 1440, which is a day."""
    audit_days: float = 365.0
    """Days for which it is kept who signed in and what was done to rights."""
