"""`<sage>` elements of PreTeXt come in as cells, and notebooks go out as a section."""

import pytest

from sagews.backend.formats import pretext_page
from sagews.backend.formats.cell import Cell, CellType
from sagews.backend.formats.notebook import Notebook, read, write
from sagews.backend.formats.outputs import display, stream
from sagews.backend.formats.pretext import read as read_pretext
from sagews.errors import FormatError
from sagews.protocol.languages import LANGUAGES

BOOK = """<?xml version="1.0" encoding="UTF-8"?>
<pretext xmlns:xi="http://www.w3.org/2001/XInclude"><book><title>Algebra</title>
<xi:include href="/etc/passwd"/>
<section xml:id="s"><title>Rings of <m>x</m></title><p>Text.</p>
  <exercise><sage xml:id="first"><input>
    x = 1 &lt; 2
      y
  </input><output>True</output></sage></exercise>
  <sage language="python"><input><![CDATA[a<b]]></input></sage>
  <sage><input>3</input></sage><sage/>
</section></book></pretext>"""


def test_cells_are_read_in_their_order_with_the_titles_above_them() -> None:
    notebook = read_pretext(BOOK.encode())
    assert [(cell.cell_type.value, cell.source) for cell in notebook.cells] == [
        ("markdown", "# Algebra"),
        ("markdown", "## Rings of $x$"),
        ("code", "x = 1 < 2\n  y"),
        ("code", "%%python\na<b"),
        ("code", "3"),
    ]
    assert notebook.cells[2].id == "first" and notebook.cells[2].outputs == (stream("stdout", "True\n"),)
    assert '"name":"sagemath"' in notebook.metadata
    assert read(write(notebook)) == notebook == read_pretext(BOOK.encode())


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ('<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', "document: has a document type or entities, which are not read"),
        ('<!DOCTYPE a SYSTEM "http://evil.example/a.dtd"><a/>', "document: has a document type or entities"),
        ("<a>&x;</a>", "document: is not XML, in line 1, column 4"),
        ("<a><sage/></a>", "document: has no <sage> element with code"),
        ("<a>" * 150_000 + "</a>" * 150_000, "document: is more than 100 elements deep"),
        ("<a>" + "<sage><input/></sage>" * 10_001 + "</a>", "document: has more than 10000 divisions and cells"),
        ("<a>" + "x" * (8 << 20), "document: is larger than 8 MiB"),
        ("", "document: is empty"),
    ],
    ids=range(8),
)
def test_what_cannot_be_read_is_refused(data: str, said: str) -> None:
    with pytest.raises(FormatError) as refused:
        read_pretext(data.encode())
    assert str(refused.value).startswith(said)


def test_a_notebook_is_a_section_with_its_markdown_as_elements() -> None:
    text = "# T $x<1$\n\n*a* **b** `c<` [l](http://x?a&b)\n\n- x\n\n$$a<b$$\n\n## S\n\n|a|\n|-|\n|1|\n\n<b>no</b>"
    outputs = (stream("stdout", "7\n"), stream("stderr", "no"), display("text/plain", "\x1b[1m8\0<\x1b[0m"))
    code = Cell("b", CellType.CODE, "a<b\n  c", outputs=outputs)
    notebook = Notebook(cells=(Cell("a", CellType.MARKDOWN, text), code))
    page = pretext_page.write(notebook).decode()
    for part in (
        "<title>T <m>x&lt;1</m></title>",
        '<p><em>a</em> <alert>b</alert> <c>c&lt;</c> <url href="http://x?a&amp;b">l</url></p>',
        "<p><ul><li><p>x</p></li></ul></p>",
        "<p><me>a&lt;b</me></p>",
        "<paragraphs>\n<title>S</title>",
        "<tabular><row><cell>a</cell></row><row><cell>1</cell></row></tabular>",
        '<sage language="sage">\n<input>\na&lt;b\n  c\n</input>\n<output>\n7\n8\ufffd&lt;\n</output>\n</sage>',
    ):
        assert part in page
    again = read_pretext(page.encode())
    assert [cell.source for cell in again.cells] == ["## T $x<1$", "##### S", "a<b\n  c"]
    assert again.cells[2].outputs == (stream("stdout", "7\n8\ufffd<\n"),)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_cell_in_another_language_is_an_element_of_that_language(language: str) -> None:
    cells = [Cell("a", CellType.CODE, "1 + 1"), Cell("b", CellType.CODE, "2"), Cell("c", CellType.CODE, "3")]
    notebook = Notebook(
        (*cells, Cell("d", CellType.CODE, f"%%{language}\nx <- 3")), '{"kernelspec":{"language":"sage"}}'
    )
    page = pretext_page.write(notebook)
    assert f'<sage language="{language}">\n<input>\nx &lt;- 3\n</input>' in page.decode()
    again = [cell.source for cell in read_pretext(page).cells if cell.cell_type is CellType.CODE]
    assert again[-1] == ("x <- 3" if language == "sage" else f"%%{language}\nx <- 3")
