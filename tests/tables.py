"""Tables that a run of the tests shows at its end, also of tests that ran in another of its processes."""

import pytest

TABLES = pytest.StashKey[dict[str, list[str]]]()
"""Lines by the title of their table."""


def add_line(config: pytest.Config, title: str, line: str) -> None:
    """Have a line shown at the end of the run, below a title."""
    config.stash.setdefault(TABLES, {}).setdefault(title, []).append(line)
