"""Signing in again with a provider that knows the person already: what it is asked, and what it says of that.

Thinking only, no I/O. Whoever holds the browser can change the address on the way to the provider; that they were asked
is known by what the provider has signed, the time at which they signed in there.

Sources: OpenID Connect Core 1.0, 3.1.2.1 (`prompt`, `max_age`), 2 (`auth_time`); Initiating User Registration via
OpenID Connect 1.0, 4.2 (`prompt_values_supported`); Google, "OpenID Connect", authentication URI parameters.
"""

from collections.abc import Collection, Mapping
from typing import Any

from sagews.backend.sign_in.refused import Refused, Why

GOOGLE = "https://accounts.google.com"
LOGIN, CHOICE = "login", "select_account"
PROMPTS = {GOOGLE: frozenset({"none", "consent", CHOICE})}
"""What providers take that do not say it of themselves, but in their manuals."""


def asked(issuer: str, prompts: Collection[str] | None) -> dict[str, str]:
    """Return what goes to a provider besides; `prompts`: those that it says it takes, None: it does not say.

    One that does not know `max_age` passes over it, as the standard wants.
    """
    taken = prompts if prompts is not None else PROMPTS.get(issuer, (LOGIN,))
    fitting = [prompt for prompt in (LOGIN, CHOICE) if prompt in taken]
    return {"max_age": "0", **({"prompt": fitting[0]} if fitting else {})}


def check(claims: Mapping[str, Any], begun: float, now: float, leeway: float, *, needed: bool) -> None:
    """Refuse who was let pass without a sign-in of now. Raises Refused.

    `begun`: when the sign-in was, `now`, both in seconds since the epoch; `leeway`: seconds by which clocks may
    differ; `needed`: the provider always tells the time.
    """
    if (told := claims.get("auth_time")) is None:
        if needed:
            raise Refused(Why.NOT_AGAIN, "id_token: no auth_time")
        return
    if isinstance(told, bool) or not isinstance(told, int | float) or not told <= now + leeway:
        raise Refused(Why.TOKEN, "id_token: auth_time is no time until now")
    if told < begun - leeway:
        raise Refused(Why.NOT_AGAIN, "id_token: signed in before (auth_time)")
