"""The settings of rates: how often somebody may ask."""

import msgspec

from sagews.config.source import Source
from sagews.errors import ConfigurationError

MOST = 1_000_000_000
"""The highest number of a rate."""


class Rates(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Table `[rates]`: how often one address, account or token may ask.

    A rate is a number and a time, such as `600/minute` or `20 per 10 seconds`; of several, parted by `;`, all hold. An
    empty text sets no limit. A school or an office is often one address: the defaults let a class of 60 evaluate
    every three seconds. An IPv6 address counts by its first 64 bits. A token is what a program shows in its header
    `Authorization`.
    """

    evaluations_per_address: str = "1200/minute"
    """Evaluations, in sessions and stateless ones."""
    evaluations_per_account: str = "300/minute"
    """The same, for an account."""
    evaluations_per_token: str = "600/minute"  # noqa: S105  # a rate
    """The same, for a token."""
    sessions_per_address: str = "300/minute"
    """Sessions that are opened. How many may live at once, `[worker]` says."""
    sessions_per_account: str = "60/minute"
    """The same, for an account."""
    sessions_per_token: str = "120/minute"  # noqa: S105  # a rate
    """The same, for a token."""
    tickets_per_address: str = "600/minute"
    """Tickets: one for each page that loads, or comes back after its connection was lost."""
    permalinks_per_address: str = "120/minute"
    """Permalinks that are made."""
    permalinks_per_account: str = "20/minute"
    """The same, for an account."""
    permalinks_per_token: str = "60/minute"  # noqa: S105  # a rate
    """The same, for a token."""
    workspaces_per_address: str = "300/minute"
    """Workspaces that are made, copied, imported or fetched whole, and changes of who may come into them."""
    workspaces_per_account: str = "60/minute"
    """The same, for an account."""
    workspaces_per_token: str = "60/minute"  # noqa: S105  # a rate
    """The same, for a token."""
    worksheets_per_address: str = "1200/minute"
    """Worksheets that are opened: one for each page of one that loads, or comes back after its connection was lost."""
    worksheets_per_account: str = "240/minute"
    """The same, for an account."""
    worksheets_per_token: str = "240/minute"  # noqa: S105  # a rate
    """The same, for a token."""
    edits_per_address: str = "60000/minute"
    """Edits of worksheets. A page gathers what is typed within 40 ms, and sends the next when one is durable."""
    edits_per_account: str = "6000/minute"
    """The same, for an account."""
    edits_per_token: str = "6000/minute"  # noqa: S105  # a rate
    """The same, for a token."""
    sign_ins_per_address: str = "300/minute"
    """Sign-ins with a provider that are begun, links that are used, and tokens of the API that are made."""
    owner: bool = False
    """They hold as well for the owner of a laptop: where the site listens on loopback, with neither `hosts` nor
    `trusted_proxies`."""


def check_rates(rates: Rates, source: Source) -> None:
    """Raise ConfigurationError, with its line, for a text that is no rate."""
    # Of use to backends that have limits, and too slow to load for everybody who reads a configuration.
    from limits import parse_many

    for name in rates.__struct_fields__:
        text = getattr(rates, name)
        if not isinstance(text, str) or not text.strip():
            continue
        try:
            amounts = [item.amount for item in parse_many(text)]
        except ValueError as error:
            raise ConfigurationError(
                f"setting 'rates.{name}': {text!r} is no rate",
                source("rates", name),
                "write it as 600/minute, or leave it empty for none",
            ) from error
        if not all(0 < amount <= MOST for amount in amounts):
            what = f"setting 'rates.{name}': {text!r} is not between 1 and {MOST:,}"
            raise ConfigurationError(what, source("rates", name), "leave it empty for no limit")
