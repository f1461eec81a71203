"""A provider that speaks OpenID Connect: found out about, asked, and believed as far as it has signed.

Source: OpenID Connect Core 1.0, 3.1 (code flow) and 5.3 (userinfo).
"""

import time
from collections.abc import Mapping
from typing import Any

from sagews.backend.sign_in import again, discovery, grant, id_token, strength
from sagews.backend.sign_in.cached import Cached
from sagews.backend.sign_in.discovery import Discovery
from sagews.backend.sign_in.flow import Flow
from sagews.backend.sign_in.keys import Key, KeySet, usable
from sagews.backend.sign_in.outgoing import Outgoing, decoded
from sagews.backend.sign_in.provider import address_of, name_of
from sagews.backend.sign_in.refused import Refused, Why
from sagews.backend.sign_in.secret import secret_of
from sagews.config.provider import Provider as Settings
from sagews.database.registration import Claims

SCOPE = "openid profile email"


class IDTokens(grant.Tokens, frozen=True):
    """What such a provider gives for a code."""

    id_token: str


class OpenID:
    """A provider that speaks OpenID Connect."""

    def __init__(self, settings: Settings, outgoing: Outgoing) -> None:
        """Raises ConfigurationError for a file of a secret that is not fit."""
        self.name, self.label = settings.name, settings.shown
        self._issuer, self._client_id = settings.issuer, settings.client_id
        self._secret = secret_of(settings)
        self._tells_time = settings.auth_time
        self._strength = settings.acr
        self._outgoing = outgoing
        self._discovery = Cached(self._discover)
        self._keys = Cached(self._fetch_keys)

    async def begin(self, flow: Flow, state: str) -> str:
        """Return the address to which the browser goes. Raises Refused."""
        found = await self._discovery.get()
        parameters = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": flow.redirect_uri,
            "scope": SCOPE,
            "state": state,
            "nonce": flow.nonce,
            "code_challenge": grant.challenge_of(flow.verifier),
            "code_challenge_method": "S256",
            **strength.asked(self._strength),
        }
        if flow.again:
            parameters |= again.asked(self._issuer, found.prompts)
        elif self._tells_time:
            parameters |= again.asked_for_time()
        return grant.authorization_url(found.authorization_endpoint, parameters)

    async def check_issuer(self, issuer: str | None) -> None:
        """Refuse an answer that is another provider's, by the issuer that it names or does not name (RFC 9207)."""
        found = await self._discovery.get()
        expected = issuer is not None or found.authorization_response_iss_parameter_supported
        if expected and issuer != self._issuer:
            raise Refused(Why.OTHER_PROVIDER, "another issuer")

    async def finish(self, flow: Flow, code: str) -> Claims:
        """Return who has come back with a code. Raises Refused."""
        found = await self._discovery.get()
        tokens = await self._exchange(found, flow, code)
        said = await self._verified(tokens, flow)
        strength.check(said, self._strength)
        now = time.time()
        if flow.again:
            again.check(said, flow.begun, now, id_token.LEEWAY, needed=self._tells_time)
        more: Mapping[str, Any] = {}
        if found.userinfo_endpoint and not all(name in said for name in ("name", "email", "email_verified")):
            more = await self._more(found.userinfo_endpoint, tokens.access_token, said["sub"])
        # Whether an address is verified is said where the address is said.
        source = more if "email" in more else said
        email = address_of(source.get("email"))
        return Claims(
            provider=self.name,
            subject=said["sub"],
            name=name_of(said) or name_of(more),
            email=email,
            # True and nothing that is like it: a text can be "false".
            verified=bool(email) and source.get("email_verified") is True,
            proved=again.proved(said, now, id_token.LEEWAY, needed=self._tells_time),
        )

    async def _exchange(self, found: Discovery, flow: Flow, code: str) -> IDTokens:
        fields = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": flow.redirect_uri,
            "code_verifier": flow.verifier,
        }
        headers = {}
        if self._secret is None:
            fields["client_id"] = self._client_id
        elif found.secret_in_header:
            headers["Authorization"] = grant.basic(self._client_id, self._secret.get())
        else:
            fields |= {"client_id": self._client_id, "client_secret": self._secret.get()}
        status, body = await self._outgoing.post(found.token_endpoint, fields, headers)
        grant.check_answer(status, body)
        tokens = decoded(body, IDTokens, found.token_endpoint)
        grant.check_tokens(tokens)
        return tokens

    async def _verified(self, tokens: IDTokens, flow: Flow) -> Mapping[str, Any]:
        """Return the claims of the signed token; where no key fits, with the keys as they are now."""
        keys = await self._keys.get()
        try:
            return self._checked(tokens, flow, keys)
        except id_token.UnknownKey:
            newer = await self._keys.get_newer(keys)
        try:
            return self._checked(tokens, flow, newer or ())
        except id_token.UnknownKey as error:
            raise Refused(Why.TOKEN, "id_token: not signed by a key of the provider's") from error

    def _checked(self, tokens: IDTokens, flow: Flow, keys: tuple[Key, ...]) -> Mapping[str, Any]:
        return id_token.checked(
            tokens.id_token,
            keys,
            issuer=self._issuer,
            client_id=self._client_id,
            nonce=flow.nonce,
            access_token=tokens.access_token,
            now=time.time(),
        )

    async def _more(self, endpoint: str, access_token: str, subject: str) -> Mapping[str, Any]:
        """Return what the provider says besides, if it is of the same person."""
        more = await self._outgoing.get(endpoint, dict[str, Any], grant.bearer(access_token))
        if more.get("sub") != subject:
            raise Refused(Why.TOKEN, "userinfo: of another person")
        return more

    async def _discover(self) -> Discovery:
        address = discovery.address_of(self._issuer)
        return discovery.checked(await self._outgoing.get(address, Discovery), self._issuer)

    async def _fetch_keys(self) -> tuple[Key, ...]:
        found = await self._discovery.get()
        if not (keys := usable(await self._outgoing.get(found.jwks_uri, KeySet))):
            raise Refused(Why.GARBAGE, "the provider has no key that can be used")
        return keys
