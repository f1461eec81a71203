"""Limits as they are in force: the site's, lowered by an environment's, or by a wish. Thinking only, no I/O."""

from sagews.config.environment import Environment
from sagews.config.limits import Limits as SiteLimits
from sagews.protocol import sagews_pb2 as pb

NAMES = tuple(field.name for field in pb.Limits.DESCRIPTOR.fields)
"""Of all limits that the wire knows."""


def site_limits(limits: SiteLimits) -> pb.Limits:
    """Return the site's limits as the wire carries them."""
    return pb.Limits(**{name: getattr(limits, name) for name in NAMES})


def environment_limits(limits: SiteLimits, environment: Environment) -> pb.Limits:
    """Return the limits of an environment's sessions: the site's, lowered by its own."""
    own = pb.Limits()
    for name, value in environment.limits.items():
        setattr(own, name, type(getattr(own, name))(value))
    return lowered(site_limits(limits), own)


def lowered(limits: pb.Limits, wish: pb.Limits) -> pb.Limits:
    """Return `limits`, each lowered to the wish where there is one; never raised. 0 means no limit, or no wish."""
    result = pb.Limits()
    result.CopyFrom(limits)
    for name in NAMES:
        limit, wished = getattr(limits, name), getattr(wish, name)
        is_unlimited = limit == 0 and name != "grace"  # no grace is none at all
        if wished > 0 and (wished < limit or is_unlimited):
            setattr(result, name, wished)
    return result
