"""HTML of others: what of it stays."""

import pytest

from sagews.backend.formats.sanitised import MOST_DEPTH, sanitised


@pytest.mark.parametrize(
    ("html", "kept"),
    [
        (
            '<table class="dataframe" border=1><tr style="text-align: right;"><th>a</th></tr></table>',
            "text-align:right",
        ),
        ("<b>bold</b> <a href='https://a.example/?q=1#x'>l</a>", 'href="https://a.example/?q=1#x"'),
        ('<img src="data:image/png;base64,aGk=" alt="p">', 'src="data:image/png;base64,aGk="'),
        ('<h2 id="section-3">x</h2><p id="main">y</p>', '<h2 id="section-3">x</h2><p>y</p>'),
        ('<img src="https://a.example/p.png" alt="p">', '<img alt="p">'),
        ("<p style='color: red; position: fixed'>x</p>", '<p style="color:red">x</p>'),
        ("a < b & c", "a &lt; b &amp; c"),
    ],
)
def test_text_tables_links_and_own_pictures_stay(html: str, kept: str) -> None:
    assert kept in sanitised(html)


def test_what_lies_too_deep_is_left_out_before_it_takes_time() -> None:
    assert sanitised("<div>" * MOST_DEPTH + "x") != ""
    for tag in ("div", "DIV", "b", "table", "section"):
        assert sanitised(f"<{tag}>" * 100_000) == ""
        assert sanitised(f"</x><{tag}></y>" * 100_000) == ""


def test_long_tables_and_lists_are_not_deep() -> None:
    table = "<table>" + "<tr><td>1<td>2" * 5_000 + "</table>"
    assert sanitised(table).count("<td>") == 10_000
    assert sanitised("<ul>" + "<li><b>x</b>" * 5_000).count("<li>") == 5_000
