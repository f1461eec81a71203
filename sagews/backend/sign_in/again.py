"""Signing in again with a provider that knows the person already: what it is asked, and what it says of that.

Thinking only, no I/O. Whoever holds the browser can change the address on the way to the provider; that they were asked
is known by what the provider has signed, the time at which they signed in there.

Sources: OpenID Connect Core 1.0, 3.1.2.1 (`prompt`, `max_age`), 2 (`auth_time`); Initiating User Registration via
OpenID Connect 1.0, 4.2 (`prompt_values_supported`); Google, "OpenID Connect", authentication URI parameters.
"""

from collections.abc import Collection, Mapping
from typing import Any, TypeGuard

from sagews.backend.sign_in.refused import Refused, Why

GOOGLE = "https://accounts.google.com"
LOGIN, CHOICE = "login", "select_account"
PROMPTS = {GOOGLE: frozenset({"none", "consent", CHOICE})}
"""What providers take that do not say it of themselves, but in their manuals."""
ANY_AGE = 10 * 365 * 86_400
"""Seconds since a sign-in there that are never too many: who is asked for a `max_age` has to say the time."""
MOST = 1 << 53
"""Seconds since the epoch, or before it, that are a time: a float holds them exactly."""


def asked(issuer: str, prompts: Collection[str] | None) -> dict[str, str]:
    """Return what goes to a provider besides; `prompts`: those that it says it takes, None: it does not say.

    One that does not know `max_age` passes over it, as the standard wants.
    """
    taken = prompts if prompts is not None else PROMPTS.get(issuer, (LOGIN,))
    fitting = [prompt for prompt in (LOGIN, CHOICE) if prompt in taken]
    return {"max_age": "0", **({"prompt": fitting[0]} if fitting else {})}


def asked_for_time() -> dict[str, str]:
    """Return what goes besides to a provider that may let somebody pass, but shall say when they signed in there."""
    return {"max_age": str(ANY_AGE)}


def check(claims: Mapping[str, Any], begun: float, now: float, leeway: float, *, needed: bool) -> None:
    """Refuse who was let pass without a sign-in of now. Raises Refused.

    `begun`: when the sign-in was, `now`, both in seconds since the epoch; `leeway`: seconds by which clocks may
    differ; `needed`: the provider always tells the time.
    """
    if (age := _age(claims, leeway)) is None:
        if needed:
            raise Refused(Why.NOT_AGAIN, "id_token: no auth_time")
    elif age > now - begun + leeway:
        raise Refused(Why.NOT_AGAIN, "id_token: signed in before (auth_time)")


def proved(claims: Mapping[str, Any], now: float, leeway: float, *, needed: bool) -> float | None:
    """Return when somebody signed in there, in seconds since the epoch by the clock of `now`; None: it is not told.

    Where it should be told (`needed`) and is not, or is no time, that was long ago.
    """
    try:
        age = _age(claims, leeway)
    except Refused:
        return 0.0
    if age is None:
        return 0.0 if needed else None
    return now - age


def _age(claims: Mapping[str, Any], leeway: float) -> float | None:
    """Return how many seconds before the token somebody signed in there; None: it is not told. Raises Refused.

    Both times are of the provider's own clock, which may differ from that of this machine.
    """
    told, issued = claims.get("auth_time"), claims.get("iat")
    if told is None:
        return None
    if not _is_time(told) or not _is_time(issued) or told > issued + leeway:
        raise Refused(Why.TOKEN, "id_token: auth_time is no time until iat")
    return max(0.0, float(issued - told))


def _is_time(said: object) -> TypeGuard[int | float]:
    return isinstance(said, int | float) and not isinstance(said, bool) and -MOST < said < MOST
