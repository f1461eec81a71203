"""GitHub, which speaks OAuth 2 with PKCE: it tells who somebody is in answer to requests, unsigned.

Source: GitHub's documentation, "Authorizing OAuth apps", "Get the authenticated user", "List email addresses".
"""

import msgspec

from sagews.backend.sign_in import grant
from sagews.backend.sign_in.flow import Flow
from sagews.backend.sign_in.outgoing import Outgoing, decoded
from sagews.backend.sign_in.provider import address_of, text_of
from sagews.backend.sign_in.refused import Refused, Why
from sagews.backend.sign_in.secret import needed_secret_of
from sagews.config.provider import Provider as Settings
from sagews.database.registration import Claims

SITE, API = "https://github.com", "https://api.github.com"
ENTERPRISE_API = "/api/v3"
"""Where a GitHub Enterprise Server has its API, below its own address."""
SCOPE = "user:email"
_ASK = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}


class _User(msgspec.Struct, frozen=True):
    """Who somebody is. A login can be changed, and be given to somebody else then; an id cannot."""

    id: int
    login: str
    name: str | None = None


class _Email(msgspec.Struct, frozen=True):
    """One of their addresses."""

    email: str
    primary: bool
    verified: bool


class GitHub:
    """GitHub, or a GitHub Enterprise Server."""

    def __init__(self, settings: Settings, outgoing: Outgoing) -> None:
        """Raises ConfigurationError for a file of a secret that is not fit."""
        self.name, self.label = settings.name, settings.shown
        self._client_id = settings.client_id
        self._secret = needed_secret_of(settings)
        self._outgoing = outgoing
        self._site = settings.issuer.removesuffix("/") or SITE
        self._api = self._site + ENTERPRISE_API if settings.issuer else API

    async def begin(self, flow: Flow, state: str) -> str:
        """Return the address to which the browser goes."""
        parameters = {
            "client_id": self._client_id,
            "redirect_uri": flow.redirect_uri,
            "scope": SCOPE,
            "state": state,
            "code_challenge": grant.challenge_of(flow.verifier),
            "code_challenge_method": "S256",
        }
        return grant.authorization_url(f"{self._site}/login/oauth/authorize", parameters)

    async def check_issuer(self, issuer: str | None) -> None:
        """Pass over an issuer: GitHub has an address of its own to come back to."""

    async def finish(self, flow: Flow, code: str) -> Claims:
        """Return who has come back with a code. Raises Refused."""
        fields = {
            "client_id": self._client_id,
            "client_secret": self._secret.get(),
            "redirect_uri": flow.redirect_uri,
            "code": code,
            "code_verifier": flow.verifier,
        }
        address = f"{self._site}/login/oauth/access_token"
        status, body = await self._outgoing.post(address, fields, {})
        grant.check_answer(status, body)
        tokens = decoded(body, grant.Tokens, address)
        grant.check_tokens(tokens)
        user = await self._outgoing.get(f"{self._api}/user", _User, {**grant.bearer(tokens.access_token), **_ASK})
        if user.id <= 0:
            raise Refused(Why.GARBAGE, "no id of a person")
        email = await self._email(tokens.access_token)
        return Claims(
            provider=self.name,
            subject=str(user.id),
            name=text_of(user.name) or text_of(user.login),
            email=email.email if email is not None else "",
            verified=email is not None and email.verified,
        )

    async def _email(self, access_token: str) -> _Email | None:
        """Return the address that somebody uses; None if there is none, or if they do not allow that it is told."""
        address = f"{self._api}/user/emails"
        status, body = await self._outgoing.request("GET", address, {**grant.bearer(access_token), **_ASK})
        if status in (403, 404):
            return None
        if status != 200:
            raise Refused(Why.AWAY if status >= 500 else Why.GARBAGE, f"status {status} for addresses")
        emails = decoded(body, list[_Email], address)
        return next((each for each in emails if each.primary and address_of(each.email)), None)
