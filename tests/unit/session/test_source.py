"""The form of a source."""

import pytest

from sagews.session import source


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("a\r\nb\rc\n", "a\nb\nc\n"),
        ("\ufeffa", "a"),
        ("a\ufeff", "a\ufeff"),
        ("", ""),
        ("\t'x'\r\n\r\n", "\t'x'\n\n"),
    ],
)
def test_normalise(code: str, expected: str) -> None:
    assert source.normalise(code) == expected


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["# note\n", "\n", "%%time\n", "1\n"], ["%%time\n", "1\n"]),
        (["x\n", "%%time\n"], ["x\n", "%%time\n"]),
        (["\n", "x\n"], ["\n", "x\n"]),
        (["# note\n", "%time\n"], ["# note\n", "%time\n"]),
        ([], []),
    ],
)
def test_cell_magic_first(lines: list[str], expected: list[str]) -> None:
    assert source.cell_magic_first(lines) == expected
