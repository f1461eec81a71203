"""The header `Cache-Status` (RFC 9211): what the cache of results did for one answer. Thinking only, no I/O."""

from dataclasses import dataclass

NAME = "sagews"
"""Of the cache, as the header calls it."""


@dataclass(slots=True)
class CacheStatus:
    """What became of one evaluation, as far as the cache is concerned."""

    hit: bool = False
    """A kept result was given."""
    ttl: float | None = None
    """Seconds for which it is good still; None: no end is set."""
    forwarded: str = ""
    """Why it was run: `miss`, `request` (the client wanted it fresh) or `bypass` (it cannot be kept here)."""
    collapsed: bool = False
    """It shared a run that somebody else had begun."""
    stored: bool = False
    """Its result was kept."""
    detail: str = ""
    """Where the result was found, or why it was not kept: one word."""

    def __str__(self) -> str:
        parameters = []
        if self.hit:
            parameters.append("hit")
            if self.ttl is not None:
                parameters.append(f"ttl={int(self.ttl)}")
        else:
            parameters.append(f"fwd={self.forwarded or 'miss'}")
            parameters += ["stored"] * self.stored + ["collapsed"] * self.collapsed
        if self.detail:
            parameters.append(f"detail={self.detail}")
        return "; ".join([NAME, *parameters])
