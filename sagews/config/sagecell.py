"""The settings of SageMathCell's interfaces."""

from typing import Literal

import msgspec

from sagews.protocol import MAX_CODE


class SageCell(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Table `[sagecell]`: what pages and programs find that were made for SageMathCell."""

    environment: str = ""
    """Name of the environment in which their code runs. Empty: the first one that speaks Sage, or else the first."""
    autoeval: Literal["confined", "always", "never"] = "confined"
    """Whether the first page evaluates at once the code of a link to it, `/?c=`, `/?z=` or `/?q=`, unless that says
    `autoeval=false`. `confined`: where sessions are in tier A or B and have no network, for any page may lead here."""
    terms: str = ""
    """A file of HTML: the terms of service, to which readers of such pages agree before anything is evaluated, and
    programs by `accepted_tos=true`. Empty: there are none."""
    service_bytes: int = MAX_CODE
    """Bytes of the code that `POST /service` takes: 1 to 1,048,576. SageMathCell takes 65,000 characters."""
    service_seconds: float = 30.0
    """Seconds of wall time that an evaluation of `POST /service` may take, unless `wall_time` of `[limits]` is less."""
    service_rich: bool = True
    """Answers of `POST /service` have all outputs, such as pictures, beside the text that was written and the value of
    the last expression."""
    service_peers: list[str] = []
    """Addresses and networks (`10.0.0.5`, `10.1.0.0/16`) whose programs may use `POST /service`, without an access
    token or a login, and beside them whoever shows an API token. Empty: all who may use the site."""
