"""Facebook, which speaks OAuth 2 in a way of its own: it tells who somebody is in answer to a request, unsigned.

An address that it gives is never taken for verified, since it does not say so.

No PKCE is sent: Facebook documents it for its flow with the scope `openid` alone, which it calls "still in testing",
and not for this one. A parameter that is passed over would look like protection. What there is: the state, the cookie
of the sign-in, the address of its own to come back to, and the secret without which a code is of no use.

Sources: Facebook Login, "Manually Build a Login Flow" and "Re-Authentication"; Graph API, "Secure Graph API Calls";
"OIDC Code Flow with PKCE for Manually Built Facebook Login Flows".
"""

import hashlib
import hmac

import msgspec

from sagews.backend.sign_in import grant
from sagews.backend.sign_in.flow import Flow
from sagews.backend.sign_in.outgoing import Outgoing, decoded
from sagews.backend.sign_in.provider import address_of, is_subject, text_of
from sagews.backend.sign_in.refused import Refused, Why
from sagews.backend.sign_in.secret import needed_secret_of
from sagews.config.provider import Provider as Settings
from sagews.database.registration import Claims

DIALOG = "https://www.facebook.com/v23.0/dialog/oauth"
GRAPH = "https://graph.facebook.com/v23.0"
SCOPE = "public_profile,email"


class _Me(msgspec.Struct, frozen=True):
    """Who somebody is."""

    id: str
    name: str = ""
    email: str = ""


class Facebook:
    """Facebook."""

    def __init__(self, settings: Settings, outgoing: Outgoing, *, dialog: str = DIALOG, graph: str = GRAPH) -> None:
        """Raises ConfigurationError for a file of a secret that is not fit."""
        self.name, self.label = settings.name, settings.shown
        self._client_id = settings.client_id
        self._secret = needed_secret_of(settings)
        self._outgoing = outgoing
        self._dialog, self._graph = dialog, graph

    async def begin(self, flow: Flow, state: str) -> str:
        """Return the address to which the browser goes."""
        parameters = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": flow.redirect_uri,
            "scope": SCOPE,
            "state": state,
        }
        if flow.again:
            # It asks for the password; it does not say afterwards that it did.
            parameters["auth_type"] = "reauthenticate"
        return grant.authorization_url(self._dialog, parameters)

    async def check_issuer(self, issuer: str | None) -> None:
        """Pass over an issuer: Facebook names none, and has an address of its own to come back to."""

    async def finish(self, flow: Flow, code: str) -> Claims:
        """Return who has come back with a code. Raises Refused."""
        secret = self._secret.get()
        fields = {
            "client_id": self._client_id,
            "client_secret": secret,
            "redirect_uri": flow.redirect_uri,
            "code": code,
        }
        address = f"{self._graph}/oauth/access_token"
        status, body = await self._outgoing.post(address, fields, {})
        grant.check_answer(status, body)
        tokens = decoded(body, grant.Tokens, address)
        grant.check_tokens(tokens)
        # By this Facebook knows that the token has not been taken from somebody else.
        proof = hmac.new(secret.encode(), tokens.access_token.encode(), hashlib.sha256).hexdigest()
        me = f"{self._graph}/me?fields=id%2Cname%2Cemail&appsecret_proof={proof}"
        said = await self._outgoing.get(me, _Me, grant.bearer(tokens.access_token))
        if not is_subject(said.id):
            raise Refused(Why.GARBAGE, "no id of a person")
        return Claims(self.name, said.id, text_of(said.name), address_of(said.email), verified=False)
