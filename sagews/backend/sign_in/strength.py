"""How strongly a provider has made sure of a person: what is asked for, and what it says. Thinking only, no I/O.

Sources: OpenID Connect Core 1.0, 3.1.2.1 (`acr_values`) and 2 (`acr`); OWASP ASVS 5.0, 6.3.3 and 6.8.4.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sagews.backend.sign_in.refused import Refused, Why


def asked(wanted: Sequence[str]) -> dict[str, str]:
    """Return what goes to a provider besides; `wanted`: classes of authentication, the best first, or none."""
    return {"acr_values": " ".join(wanted)} if wanted else {}


def check(claims: Mapping[str, Any], wanted: Collection[str]) -> None:
    """Refuse who has signed in there in none of these ways. Raises Refused."""
    told = claims.get("acr")
    if wanted and not (isinstance(told, str) and told in wanted):
        # A provider may pass over what was asked for: it does not refuse by itself.
        raise Refused(Why.WEAK, "id_token: acr is none of 'provider.acr'")
