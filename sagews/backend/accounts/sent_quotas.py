"""The quotas that an operator has sent in a form. Thinking only, no I/O."""

import math
from collections.abc import Mapping

import msgspec

from sagews.backend.accounts.quota_page import FIELDS, MIB, exactly
from sagews.config.check_quotas import faults_of
from sagews.config.limits import Limits
from sagews.config.quotas import BYTES, Quota


def sent_quotas(fields: Mapping[str, str], limits: Limits) -> tuple[dict[str, float], str]:
    """Return the quotas that are an account's own, and what is wrong with them; `limits` are the site's."""
    found: dict[str, float] = {}
    for name, label in FIELDS.items():
        if not (text := fields.get(name, "").strip()):
            continue
        try:
            number = float(text)
        except ValueError:
            return found, f"{label}: {text[:20]!r} is no number."
        if not math.isfinite(number) or abs(number) > 1e15:
            return found, f"{label}: {text[:20]!r} is no number that can be meant."
        if name in BYTES:
            number *= MIB
        if name not in ("wall_time", "cpu_time"):
            if not number.is_integer():
                return found, f"{label}: {text[:20]!r} is no whole number."
            number = int(number)
        found[name] = number
    quota = msgspec.structs.replace(Quota(), **found)
    for name, fault in faults_of(quota, limits):
        return found, f"{FIELDS[name]}: {_in_mib(name, quota, limits) or fault}."
    return found, ""


def _in_mib(name: str, quota: Quota, limits: Limits) -> str:
    """Return, of memory, the fault in the unit in which it was sent."""
    if name != "memory" or not 0 < limits.memory < quota.memory:
        return ""
    return f"{exactly(quota.memory / MIB)} is above the site's {exactly(limits.memory / MIB)}"
