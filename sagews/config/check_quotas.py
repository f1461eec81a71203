"""What is wrong with quotas whose settings have the right types. Thinking only, no I/O."""

from sagews.config.limits import Limits
from sagews.config.quotas import BYTES, LIMITS, MOST, Quota, Quotas
from sagews.config.source import Source
from sagews.errors import ConfigurationError


def check_quotas(quotas: Quotas, limits: Limits, source: Source) -> None:
    """Refuse a quota that is no number of its kind, or above what the site allows. Raises ConfigurationError."""
    for role in quotas.__struct_fields__:
        for name, fault in faults_of(getattr(quotas, role), limits):
            hint = "lower it, or use 0 for none"
            raise ConfigurationError(f"setting 'quotas.{role}.{name}': {fault}", source("quotas", role, name), hint)


def faults_of(quota: Quota, limits: Limits) -> list[tuple[str, str]]:
    """Return what is wrong with a quota: names of its settings, each with the fault in words."""
    found = []
    for name in quota.__struct_fields__:
        value = getattr(quota, name)
        site = getattr(limits, name) if name in LIMITS else 0
        if not value >= 0:
            found.append((name, "is negative, or no number"))
        elif site and value > site:
            found.append((name, f"{value} is above the site's {site}"))
        elif value > (1 << 62 if name in (*LIMITS, *BYTES) else MOST):
            found.append((name, "is too large"))
    return found
