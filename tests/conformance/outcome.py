"""What became of one test or case of a suite."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Outcome:
    """Its name, in the suite's words how it ended, and whether that is a failure."""

    name: str
    word: str
    failed: bool


def failures(outcomes: list[Outcome]) -> set[str]:
    """Return the names of what failed."""
    return {outcome.name for outcome in outcomes if outcome.failed}
