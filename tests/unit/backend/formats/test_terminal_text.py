"""Text as a terminal would show it."""

import pytest

from sagews.backend.formats.terminal_text import terminal_text


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("a<b>&", "a&lt;b&gt;&amp;"),
        ("1\r2\r3", "3"),  # R004, jupyter/notebook#1970
        ("ab\r\ncd", "ab\ncd"),
        ("long\rx", "xong"),
        ("a\rbcd\re\r", "ecd"),
        ("\x1b[31mr\x1b[0m.", '<span class="c1">r</span>.'),
        ("\x1b[1m\x1b[34mb\x1b[32mg\x1b[m", '<span class="bold c4">b</span><span class="bold c2">g</span>'),
        ("\x1b[38;5;17mx\x1b[0m", "x"),
        ("\x1b]8;;http://x\x07link\x1b[2K\x1b", "link"),
        ("a\0b\ud800", "a\ufffdb\ufffd"),
    ],
)
def test_text_is_escaped_and_coloured(text: str, html: str) -> None:
    assert terminal_text(text) == html
