"""What was measured: how long the site took until all was well again, against what it may take."""

FIGURES: list[tuple[str, float, float]] = []


def within(seconds: float, what: str, took: float) -> None:
    """Note how long something took, and assert that it was no longer than it may."""
    FIGURES.append((what, took, seconds))
    assert took <= seconds, f"{what}: took {took:.1f} s, may take {seconds:g} s"
