"""Who somebody is who signs in with a provider, and whether they get an account. Thinking only, no I/O."""

import enum
from collections.abc import Sequence
from dataclasses import dataclass

from sagews.config.accounts import Accounts as Rules
from sagews.database.accounts import Account


@dataclass(frozen=True, slots=True)
class Claims:
    """What a provider says of somebody. Their account is found by provider and subject alone."""

    provider: str
    """Name of the `[[provider]]`."""
    subject: str
    """By which it knows them, for ever."""
    name: str = ""
    email: str = ""
    verified: bool = False
    """Whether it says that the address is theirs."""
    proved: float | None = None
    """When they last showed it who they are, in seconds since the epoch; None: it is not said, and taken for now."""

    @property
    def domain(self) -> str:
        """Of the address, if it is known to be theirs; otherwise empty."""
        # Other letters may become ASCII ones in lower case, such as the sign of the Kelvin.
        known = self.verified and self.email.isascii() and "@" in self.email
        return self.email.rpartition("@")[2].lower() if known else ""


@dataclass(frozen=True, slots=True)
class Invitation:
    """A word of an operator that somebody may have an account."""

    email: str = ""
    """Whose it is; empty: whoever has it."""
    operator: bool = False


class Refusal(enum.StrEnum):
    """Why somebody does not come in."""

    DISABLED = "the account is disabled"
    CLOSED = "registration is closed"
    UNINVITED = "an invitation is needed"
    OTHERS = "the invitation is for another address"
    DOMAIN = "the address is not of a domain that may register"
    TAKEN = "this way to sign in is another account's"
    OTHER_PERSON = "this is no way to sign in of the account that is signed in here"
    ENDED = "you were signed out meanwhile"
    USED = "the link was used already, or is too old"


@dataclass(frozen=True, slots=True)
class Registered:
    """They get a new account."""

    operator: bool


Decision = Account | Registered | Refusal


def decide(
    claims: Claims,
    rules: Rules,
    *,
    owner: Account | None,
    linking: Account | None,
    same_address: Sequence[Account],
    invitation: Invitation | None,
    again: str = "",
) -> Decision:
    """Return the account as which somebody comes in, that they get a new one, or why neither.

    `owner`: whose account has this identity; `linking`: who is signed in and
    wants it; `same_address`: accounts that are known to have the same address;
    `again`: the account that shows once more that it is them, and as which alone
    somebody comes in then.
    """
    if again and (owner is None or owner.id != again):
        return Refusal.OTHER_PERSON
    if linking is not None and owner is not None and owner.id != linking.id:
        return Refusal.TAKEN
    found = owner or linking
    if found is None and rules.join_by_email and claims.domain and len(same_address) == 1:
        found = same_address[0]
    if found is not None:
        return Refusal.DISABLED if found.disabled is not None else found
    if rules.registration == "closed":
        return Refusal.CLOSED
    if invitation is not None:
        fits = not invitation.email or (claims.domain != "" and invitation.email == claims.email.lower())
        return Registered(invitation.operator) if fits else Refusal.OTHERS
    if rules.registration == "invitation":
        return Refusal.UNINVITED
    if rules.domains and claims.domain not in {domain.lower() for domain in rules.domains}:
        return Refusal.DOMAIN
    return Registered(operator=False)
