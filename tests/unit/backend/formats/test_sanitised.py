"""HTML of others: what of it stays."""

import pytest

from sagews.backend.formats.html_depth import MOST_DEPTH, is_deep
from sagews.backend.formats.sanitised import sanitised


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


@pytest.mark.parametrize(
    "html",
    [
        "<div><!--</div>-->" * 16_000,
        "<div title='</div>'>" * 16_000,
        "<div><table><td></div></table>" * 16_000,
        "<svg>" + "<td>" * 16_000 + "</x>" * 16_000,
        "<li><dd>" * 16_000,
        "<div><script></div></script>" * 16_000,
        "<div><script></scriptx></div></script>" * 16_000,
        '<div a==">"></div>' * 16_000,
        "<div><textarea></div></textarea>" * 16_000,
        "<span><p></span>" * 16_000,
    ],
    ids=range(10),
)
def test_ends_that_close_nothing_do_not_hide_how_deep_it_is(html: str) -> None:
    assert is_deep(html)


def test_what_pages_have_is_not_deep() -> None:
    frame = "<div><style scoped>.a > b { x: y }</style><table border=1><tbody>"
    rows = "<tr style='a: b'><th>1</th><td>2 < 3<br></td></tr>" * 3_000
    script = "<div id=a><script>if (a<b) { s = '<div>' }</script></div>" * 300
    for html in (f"{frame}{rows}</tbody></table></div>", script, "<p>a<b>c</b>" * 3_000, "<ul><li>x</ul>" * 300):
        assert not is_deep(html)


def test_long_tables_and_lists_are_not_deep() -> None:
    table = "<table>" + "<tr><td>1<td>2" * 5_000 + "</table>"
    assert sanitised(table).count("<td>") == 10_000
    assert sanitised("<ul>" + "<li><b>x</b>" * 5_000).count("<li>") == 5_000
