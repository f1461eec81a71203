"""Tables of Markdown: as many cells are counted as a parser makes, or more, and a page has not too many."""

import pytest

from sagews.backend.formats import markdown
from sagews.backend.formats.markdown import Markdown, parser
from sagews.backend.formats.tables import cells_of_tables


def made(source: str) -> int:
    """Return how many cells the parser makes."""
    return sum(token.type in ("th_open", "td_open") for token in parser().parse(source))


@pytest.mark.parametrize(
    "source",
    [
        "|a|b|\n|-|-|\n|1|2|\n",
        "a|b\n-|-\n1\n2\n3\n\nnone\n",
        "|a|b|c|\n|:-|:-:|-:|\n1\n2\n",
        "> |a|b|\n> |-|-|\n> 1\n> 2\n",
        "- |a|b|\n  |-|-|\n  1\n  2\n",
        "1. > |a|b|\n   > |-|-|\n   > 1\n",
        "|a|\n|-|\n" + "b\n" * 50,
        "text\n\n| a | b |\n| --- | --- |\n| 1 | 2 |\n\n| c |\n| - |\n| 3 |\n",
        "a|b\r\n-|-\r\n1\r\n",
        "> a|b\n> -|-\n1\n2\n",
        "|a|b|\n-|-\n\x85\n\x0c\n\u2028\n\x1c\n",
    ],
)
def test_at_least_as_many_are_counted_as_are_made(source: str) -> None:
    assert 0 < made(source) <= cells_of_tables(source)


def test_what_is_no_table_counts_for_nothing() -> None:
    for source in ("", "a\n---\nb\n", "$|x|$ and $|y|$\n", "- a\n- b\n", "`a|b`\n\n| no rule |\n"):
        assert made(source) == cells_of_tables(source) == 0


def test_tables_that_are_filled_up_take_no_minute() -> None:
    # Each came to 60,000 cells, of which a page could have hundreds.
    table = "|a" * 250 + "|\n" + "|-" * 250 + "|\n" + "a\n" * 250 + "\n"
    page = Markdown()
    assert made(table) == 251 * 250 > markdown.MOST_CELLS
    assert page.render(table).startswith("<pre>|a|a")
    # The others are shown as ever, until there are too many.
    assert "<table>" in page.render("|a|b|\n|-|-|\n|1|2|\n")
    large = "|a|b|\n|-|-|\n" + "|1|2|\n" * 1500
    shown = [page.render(large).startswith("<table>") for _ in range(20)]
    assert shown[0] and not shown[-1]
