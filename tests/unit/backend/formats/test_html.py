"""The static page of a notebook: what it shows, and that nothing in it can run or load anything."""

import json
import re
from hashlib import sha256
from html.parser import HTMLParser

import pytest

from sagews.backend.formats import html, pretext_page
from sagews.backend.formats.cell import Cell, CellType
from sagews.backend.formats.notebook import Notebook
from tests.unit.backend.formats import hostile
from tests.unit.backend.formats.hostile import output

NEVER = {
    "script",
    "iframe",
    "object",
    "embed",
    "link",
    "base",
    "form",
    "input",
    "button",
    "video",
    "audio",
    "svg",
    "template",
}
LOADS = {"src", "srcset", "href", "poster", "background", "data", "action", "ping", "xlink:href", "formaction"}


class Elements(HTMLParser):
    """The elements of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def page_of(*cells: Cell, metadata: str = "{}") -> str:
    """Return the page of a notebook."""
    return html.write(Notebook(cells=cells, metadata=metadata)).decode()


def shown(data: dict[str, str]) -> str:
    """Return how a page shows one output."""
    page = page_of(Cell("a", CellType.CODE, "", outputs=(output(data),)))
    return page.partition('<div class="outputs" tabindex="0">')[2].partition("</div>\n</section>")[0].strip()


def assert_harmless(page: str) -> None:
    """Assert that nothing on a page can run, or load anything."""
    elements = Elements(page).found
    assert {tag for tag, _ in elements} & NEVER == set()
    for tag, attributes in elements:
        assert not [name for name in attributes if name.startswith("on")], (tag, attributes)
        assert "url" not in (attributes.get("style") or ""), (tag, attributes)
        for name in LOADS & set(attributes):
            value = attributes[name] or ""
            links = tag == "a" and name == "href" and re.match(r"#|https?://|mailto:", value)
            assert links or (tag == "img" and value.startswith("data:image/")), (tag, attributes)


def test_nothing_of_a_hostile_notebook_can_run_or_load_anything() -> None:
    assert_harmless(html.write(hostile.notebook()).decode())


def test_a_page_has_its_cells_in_order_and_a_list_of_contents() -> None:
    page = page_of(
        Cell("a", CellType.MARKDOWN, "# Groups\n\nA group $G$ is *good*."),
        Cell(
            "b",
            CellType.CODE,
            "\nx = 'a<b'",
            outputs=(json.dumps({"output_type": "stream", "name": "stdout", "text": "7\n"}),),
        ),
        Cell("c", CellType.MARKDOWN, "## Rings"),
        Cell("d", CellType.RAW, "<raw>"),
    )
    assert "<title>Groups</title>" in page
    assert re.findall(r'<a href="#(section-\d)">(\w+)</a>', page) == [("section-1", "Groups"), ("section-2", "Rings")]
    order = ['<h1 id="section-1">Groups</h1>', "<math", "<em>good</em>", "a&lt;b", ">7\n</pre>", "<h2", "&lt;raw&gt;"]
    assert [page.index(part) for part in order] == sorted(page.index(part) for part in order)
    assert "<script" not in page and "content=\"default-src 'none'" in page


@pytest.mark.parametrize(
    ("data", "part"),
    [
        ({"text/html": "<table><tr><td>1</td></tr></table>", "text/plain": "no"}, "<td>1</td>"),
        (
            {"text/html": "<div id=plot></div><script>draw()</script>", "image/png": "aGk="},
            'src="data:image/png;base64,aGk="',
        ),
        ({"text/html": "<script>draw()</script>", "text/plain": "Figure"}, "<pre>Figure</pre>"),
        ({"text/latex": "$\\displaystyle \\frac{1}{2}$", "text/plain": "1/2"}, "<mfrac>"),
        ({"text/latex": "\\begin{pmatrix}1\\end{pmatrix}"}, "<mtable>"),
        ({"text/latex": "\\newcommand{\\Bold}[1]{\\mathbf{#1}}\\Bold{Q}"}, "<pre>\\newcommand"),
        ({"text/latex": "$\\newcommand{\\Bold}[1]{\\mathbf{#1}}\\Bold{Q}$"}, '<mi mathvariant="bold">Q</mi>'),
        ({"text/markdown": "**b**"}, "<strong>b</strong>"),
        ({"image/svg+xml": "<svg/>"}, 'src="data:image/svg+xml;base64,PHN2Zy8+"'),
        ({"application/vnd.x+json": "{}"}, "application/vnd.x+json: a page without scripts cannot show it."),
        ({"text/plain": "\x1b[1;31mred\x1b[0m <b>"}, '<span class="bold c1">red</span> &lt;b&gt;'),
    ],
)
def test_of_an_output_the_best_form_that_needs_no_script_is_shown(data: dict[str, str], part: str) -> None:
    assert part in shown(data)


def test_what_is_folded_in_the_notebook_is_folded_in_the_page() -> None:
    hidden = '{"jupyter": {"source_hidden": true}}'
    assert "<details><summary>Code</summary>" in page_of(Cell("a", CellType.CODE, "1", metadata=hidden))


def test_a_formula_that_cannot_be_read_is_shown_as_it_is_written() -> None:
    for formula in ("\\frac", "{" * 3000, "\\left(" * 500, "x" * 5000, "\\def\\a{\\a\\a}\\a"):
        assert "<code>" in page_of(Cell("a", CellType.MARKDOWN, f"before ${formula}$ after"))


def test_of_all_cells_and_outputs_only_so_much_is_rendered() -> None:
    shown = output({"text/latex": f"${'x' * 500_000}$"})
    cells = (Cell("a", CellType.CODE, "", outputs=(shown, shown, output({"text/latex": "$y$"}))),)
    assert "<math" in page_of(*cells[:0], Cell("b", CellType.MARKDOWN, "$y$"))
    assert "<math" not in page_of(*cells, Cell("b", CellType.MARKDOWN, "$y$"))
    assert "<math" not in page_of(Cell("b", CellType.MARKDOWN, "$y$" + "x" * 20_000))
    assert (
        "<m>"
        not in pretext_page.write(
            Notebook(cells=(*[Cell("b", CellType.MARKDOWN, "x" * 20_000)] * 50, Cell("c", CellType.MARKDOWN, "$y$")))
        ).decode()
    )


def test_an_output_that_is_large_is_cut_and_says_so() -> None:
    assert "… and 5 more characters" in shown({"text/plain": "x" * 200_005})


@pytest.mark.parametrize("mime", ["text/html", "text/markdown", "text/latex", "image/svg+xml", "text/plain"])
def test_what_is_not_unicode_is_marked(mime: str) -> None:
    assert "\ud800" not in shown({mime: "a\ud800 $\ud800$"})


def test_attached_pictures_are_in_the_page() -> None:
    cell = Cell("a", CellType.MARKDOWN, "![p](attachment:a.png)", attachments='{"a.png": {"image/png": ["aGk", "="]}}')
    assert '<img src="data:image/png;base64,aGk=" alt="p">' in page_of(cell)


@pytest.mark.parametrize("written", ["<attachment:a b.png>", "attachment:a%20b.png", "attachment:é.png"])
def test_a_picture_is_found_by_a_name_that_an_address_cannot_have(written: str) -> None:
    attachments = '{"a b.png": {"image/png": "aGk="}, "é.png": {"image/png": "aGk="}}'
    page = page_of(Cell("a", CellType.MARKDOWN, f"![p]({written})", attachments=attachments))
    assert '<img src="data:image/png;base64,aGk=" alt="p">' in page


def test_a_picture_cannot_forge_the_mark_of_a_formula() -> None:
    source = "$x$ ![p](attachment:a.png)"
    forged = f"f{sha256(source.encode()).hexdigest()}x0x"
    attachments = json.dumps({"a.png": {"image/png": forged}})
    page = page_of(Cell("a", CellType.MARKDOWN, source, attachments=attachments))
    assert page.count("<math") == 1 and f'src="data:image/png;base64,{forged}"' in page


def test_the_mark_of_a_formula_cannot_be_forged() -> None:
    marks = re.findall(r"f[0-9a-f]{64}x\d", page_of(Cell("a", CellType.MARKDOWN, "$a$ f0x0x &#102;00x ![x $b$](x)")))
    assert marks == []


def test_a_cell_in_another_language_is_marked_as_that() -> None:
    for source in ("%%r\nTRUE", "# why\n%%r\nTRUE"):
        assert '<span class="h-kc">TRUE</span>' in page_of(Cell("a", CellType.CODE, source))
    assert '<span class="h-kc">TRUE</span>' not in page_of(Cell("a", CellType.CODE, "TRUE"))
