"""The settings of embedding: which pages of other sites may have cells of this one in them."""

import re

import msgspec

from sagews.config.source import Source
from sagews.errors import ConfigurationError

EVERY = "*"
"""Every origin of the web."""

_ORIGIN = re.compile(r"https?://(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.-]+)(:[0-9]{1,5})?", re.IGNORECASE)


class Embedding(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Table `[embedding]`: pages of other sites with cells of this one in them.

    See [how to](../how-to/embed.md).
    """

    origins: list[str] = []
    """Origins of the pages (`https://book.example.org`), or `["*"]` for every page of the web. None named: no other
    site's page has cells, since whoever opens it would evaluate here, unasked, from their own address. Such pages are
    served as if nobody were signed in: no cookie is read or set, and nothing of accounts, workspaces and operators
    answers them. On a site with an access token, or for people with an account alone, they are refused. Unlike pages of
    `backend.origins`, which use this site as its own pages do."""


def check_embedding(embedding: Embedding, source: Source) -> None:
    """Refuse what is no origin. Raises ConfigurationError, with the line."""
    for origin in embedding.origins:
        if origin != EVERY and not _ORIGIN.fullmatch(origin.rstrip("/")):
            what = f"setting 'embedding.origins': {origin!r} is no origin"
            hint = "write it as https://book.example.org, or '*' for every page"
            raise ConfigurationError(what, source("embedding", "origins"), hint)
