"""Quotas in `sagews.toml`: what is refused, and where."""

import pytest

from sagews.config.load import parse
from sagews.errors import ConfigurationError


def test_each_role_has_its_own() -> None:
    site = parse(
        "[quotas.account]\nsessions = 3\nwall_time = 60\n"
        "[quotas.operator]\nmemory = 1073741824\nstorage = 9000000000\n",
        "x.toml",
    )
    assert (site.quotas.account.sessions, site.quotas.account.wall_time) == (3, 60.0)
    assert (site.quotas.operator.memory, site.quotas.anonymous.sessions) == (1 << 30, 0)
    assert (site.quotas.operator.storage, site.quotas.account.storage) == (9_000_000_000, 0)


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("sessions = -1", "is negative"),
        ("evaluations = 2000000000", "is too large"),
        ("wall_time = 601", "601.0 is above the site's 600.0"),
        ("cpu_time = nan", "is negative, or no number"),
        ("memory = 99999999999", "above the site's"),
        ("storage = -1", "is negative"),
        ("storage = 9000000000000000000", "is too large"),
        ("session = 1", "unknown setting 'session'"),
    ],
)
def test_what_is_none_is_refused_with_its_line(line: str, fault: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        parse(f"[quotas.account]\n\n{line}\n", "x.toml")
    assert fault in str(error.value) and "x.toml:3" in str(error.value)


def test_where_the_site_has_no_limit_any_quota_is_one() -> None:
    assert parse("[limits]\nwall_time = 0\n[quotas.account]\nwall_time = 9000\n", "x.toml").quotas.account.wall_time
