"""What stands in a script that carries messages."""

import json

import pytest

from sagews.backend.streams import callback_error, script_text


@pytest.mark.parametrize("name", ["x", "_jp.a1b2", "parent.window.X", "a" * 128])
def test_names_of_callbacks(name: str) -> None:
    assert callback_error(name) == ""


@pytest.mark.parametrize("name", [None, ""])
def test_a_callback_is_wanted(name: str | None) -> None:
    assert callback_error(name) == '"callback" parameter required'


@pytest.mark.parametrize("name", [" ", "a b", "a(", "a-b", "a\n", "é", "a;b", "<", "a" * 129])
def test_what_is_no_name(name: str) -> None:
    assert callback_error(name) == 'invalid "callback" parameter'


@pytest.mark.parametrize("text", ["</script><script>alert(1)</script>", "<!--", "\u2028\u2029", "'\"\\\n\0\ud800"])
def test_no_text_ends_its_script(text: str) -> None:
    literal = script_text(text)
    assert literal.isascii() and "<" not in literal and "\n" not in literal
    assert json.loads(literal) == text
