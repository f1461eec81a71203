"""All that the database of a site knows of people."""

from sagews.config.site import Site
from sagews.database.accounts import Accounts
from sagews.database.api_tokens import APITokens
from sagews.database.audit import Audit
from sagews.database.database import Database
from sagews.database.entries import Entries
from sagews.database.identities import Identities
from sagews.database.invitations import Invitations
from sagews.database.logins import Logins
from sagews.database.quotas import OwnQuotas
from sagews.database.sign_ins import SignIns
from sagews.database.usage import Usage


class People:
    """Its tables. Everything of them raises ServiceError while the database is away."""

    def __init__(self, site: Site, database: Database) -> None:
        self.accounts = Accounts(database)
        self.identities = Identities(database)
        self.invitations = Invitations(database)
        self.logins = Logins(database, idle=site.accounts.login_idle, life=site.accounts.login_life)
        self.tokens = APITokens(database)
        self.entries = Entries(database, self.logins, site.accounts)
        self.sign_ins = SignIns(database)
        self.audit = Audit(database)
        self.quotas = OwnQuotas(database)
        self.usage = Usage(database)
        self._audit_days = site.accounts.audit_days

    async def sweep(self) -> int:
        """Delete a batch of what is over; return how many rows it were, 0 if nothing is left."""
        return sum(
            [
                await self.logins.sweep(),
                await self.tokens.sweep(),
                await self.invitations.sweep(),
                await self.audit.sweep(self._audit_days),
                await self.usage.sweep(),
            ]
        )
