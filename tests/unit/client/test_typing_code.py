"""What Enter means."""

import pytest

from sagews.client.typing_code import indentation, is_complete


@pytest.mark.parametrize(
    "text",
    ["", "  ", "1+1", "x = (1,\n2)", "for i in x:\n    i\n", "def f(): pass\n", "%time 1", "!ls", "sin?", "?sin",
     "%%time\n1\n", "await f()", "1 +* 2", "'", "\x00", "x = 'a\\d'"],
)  # fmt: skip
def test_runs(text: str) -> None:
    assert is_complete(text)


@pytest.mark.parametrize("text", ["for i in x:", "for i in x:\n    i", "f(", "'''a", "%%time", "%%time\n1", "x = \\"])
def test_goes_on(text: str) -> None:
    assert not is_complete(text)


@pytest.mark.parametrize(
    ("text", "indent"),
    [("", ""), ("x = 1", ""), ("for i in x:", "    "), ("if a:\n    if b:", "        "), ("    y = 2", "    "),
     ("    return y", ""), ("f(", "    "), ("if a:  # why", "    ")],
)  # fmt: skip
def test_the_next_line_is_indented(text: str, indent: str) -> None:
    assert indentation(text) == indent
