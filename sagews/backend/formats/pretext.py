"""The code of a PreTeXt document as a notebook: its `<sage>` elements are cells, its titles headings.

The text between them belongs to the book and stays there. XML with entities, a
document type or anything from elsewhere is refused, by defusedxml.
"""

import re
from collections import Counter
from collections.abc import Iterator
from textwrap import dedent
from xml.etree.ElementTree import Element

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from sagews.backend.formats.cell import Cell, CellType
from sagews.backend.formats.ids import ID, with_ids
from sagews.backend.formats.json_text import dumped
from sagews.backend.formats.lines import check_lines
from sagews.backend.formats.notebook import MOST_CELLS, Notebook
from sagews.backend.formats.opening import decoded
from sagews.backend.formats.outputs import stream
from sagews.errors import FormatError

MOST_XML = 8 << 20
"""Bytes of a document."""
MOST_DEPTH = 100
"""Elements within each other."""
DIVISIONS = {"book": 1, "article": 1, "part": 1, "chapter": 1, "section": 2, "subsection": 3, "subsubsection": 4}
DIVISIONS |= {"paragraphs": 5, "exercises": 3, "worksheet": 2, "appendix": 1}
"""Elements whose title becomes a heading, and its level."""

_LANGUAGE = re.compile(r"[a-z0-9_+-]{1,40}")
_XML_ID = "{http://www.w3.org/XML/1998/namespace}id"
_NAMES = {"sage": "SageMath", "python": "Python 3", "r": "R", "octave": "Octave"}
_SPECIFICATIONS = {"sage": "sagemath", "python": "python3", "r": "ir"}


def read(data: bytes) -> Notebook:
    """Return the cells of a document, in its order. Raises FormatError.

    The language of most cells is the notebook's; the others begin with a magic of IPython for theirs.
    """
    if len(data) > MOST_XML:
        raise FormatError(f"is larger than {MOST_XML >> 20} MiB", "document", "import a part of it")
    text = decoded(data, "document")
    check_lines(text, "document")
    root = _parsed(text)
    found = list(_elements(root))
    if len(found) > MOST_CELLS:
        raise FormatError(f"has more than {MOST_CELLS} divisions and cells", "document", "import a part of it")
    languages = Counter(_language(element) for element in found if element.tag == "sage")
    if not languages:
        raise FormatError("has no <sage> element with code", "document")
    language = languages.most_common(1)[0][0]
    cells = [_sage(element, language) if element.tag == "sage" else _heading(element) for element in found]
    spoken = {"name": _SPECIFICATIONS.get(language, language), "display_name": _NAMES.get(language, language)}
    return Notebook(cells=with_ids(_once(cells)), metadata=dumped({"kernelspec": spoken | {"language": language}}))


def _parsed(text: str) -> Element:
    try:
        root: Element = fromstring(text, forbid_dtd=True)
    except ParseError as error:
        line, column = error.position
        raise FormatError(f"is not XML, in line {line}, column {column + 1}", "document", "mend it there") from None
    except (DefusedXmlException, ValueError):
        what = "has a document type or entities, which are not read"
        raise FormatError(what, "document", "take the lines from <!DOCTYPE on out") from None
    return root


def _elements(root: Element) -> Iterator[Element]:
    """Yield divisions and `<sage>` elements in their order, without recursion: depth is the document's choice."""
    line = [(root, 1)]
    while line:
        element, depth = line.pop()
        if depth > MOST_DEPTH:
            raise FormatError(f"is more than {MOST_DEPTH} elements deep", "document")
        if element.tag == "sage":
            if element.find("input") is not None:
                yield element
            continue
        if element.tag in DIVISIONS and _title(element):
            yield element
        line.extend((child, depth + 1) for child in reversed(element))


def _heading(element: Element) -> Cell:
    return Cell("", CellType.MARKDOWN, f"{'#' * DIVISIONS[element.tag]} {_title(element)}")


def _title(element: Element) -> str:
    title = element.find("title")
    return " ".join(_said(title).split()) if title is not None else ""


def _said(element: Element) -> str:
    """Return the text of a title; formulas between dollar signs."""
    parts = [element.text or ""]
    for child in element:
        within = "".join(child.itertext())
        parts += [f"${within}$" if child.tag == "m" else within, child.tail or ""]
    return "".join(parts)


def _language(element: Element) -> str:
    name = element.get("language", "").strip().lower()
    return name if _LANGUAGE.fullmatch(name) else "sage"


def _sage(element: Element, usual: str) -> Cell:
    source, answer = element.find("input"), element.find("output")
    language = _language(element)
    magic = "" if language == usual else f"%%{language}\n"
    shown = _code(answer) if answer is not None else ""
    name = element.get(_XML_ID, "")
    return Cell(
        id=name if ID.fullmatch(name) else "",
        cell_type=CellType.CODE,
        source=magic + (_code(source) if source is not None else ""),
        outputs=(stream("stdout", shown + "\n"),) if shown else (),
    )


def _code(element: Element) -> str:
    """Return code without the indentation of the document."""
    text = "".join(element.itertext()).expandtabs()
    return dedent("\n".join(line.rstrip() for line in text.splitlines())).strip("\n")


def _once(cells: list[Cell]) -> Iterator[Cell]:
    """Yield the cells, with an empty id in place of one that a cell before has."""
    seen: set[str] = set()
    for cell in cells:
        yield Cell("", cell.cell_type, cell.source, outputs=cell.outputs) if cell.id in seen else cell
        seen.add(cell.id)
