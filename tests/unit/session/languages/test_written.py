"""Names in code that ran."""

from sagews.session.languages.written import LONGEST, MOST, Written


def test_names_are_kept_by_language() -> None:
    written = Written()
    written.add("gap", "tall := Group((1,2)); # größer")
    assert {"tall", "größer"} <= set(written.of("gap"))
    assert not written.of("gp")


def test_the_newest_are_kept() -> None:
    written = Written()
    for cell in range(3):
        written.add("gp", " ".join(f"n{cell}x{number}" for number in range(MOST)) + " lasting")
    assert len(written.of("gp")) == MOST and "lasting" in written.of("gp")
    assert not any(name.startswith("n0") for name in written.of("gp"))
    written.add("gp", "a" * LONGEST + "bcd efg")
    assert "efg" not in written.of("gp")
