"""Brings the catalogues of the backend (`sagews/backend/languages/texts/`) up to what its code says.

New texts come in untranslated, what is said no more goes. A text is a literal
that is given to `_`, `say` or `later`, in Python or in a page's template. Python is read by its syntax tree, since
Babel's own reader looks into no f-string before Python 3.12.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po
from jinja2 import Environment
from jinja2.ext import extract_from_ast

from sagews.backend.languages.speech import FOLDER
from sagews.config.language import Language

ROOT = Path(__file__).parents[1]
NAMES = ("_", "say", "later")
HEADER = r"""msgid ""
msgstr ""
"Language: {}\n"
"MIME-Version: 1.0\n"
"Content-Type: text/plain; charset=utf-8\n"
"Content-Transfer-Encoding: 8bit\n"
"Plural-Forms: {}\n"

"""
"""What a catalogue begins with: how it is to be read, and no dates, which would change with every run."""


def texts_of_source() -> dict[str, list[str]]:
    """Return the texts, each with its files, in the order in which they are said."""
    found: dict[str, list[str]] = {}
    for path in [*sorted((ROOT / "sagews" / "backend").rglob("*.py")), *sorted((ROOT / "web" / "src").rglob("*.html"))]:
        texts = _of_python(path) if path.suffix == ".py" else _of_template(path)
        for text in texts:
            files = found.setdefault(text, [])
            if (name := path.relative_to(ROOT).as_posix()) not in files:
                files.append(name)
    return found


def catalogue_of(language: Language) -> Catalog:
    """Return the catalogue of a language as it is."""
    with (FOLDER / f"{language}.po").open("rb") as source:
        return read_po(source, locale=language.replace("-", "_"))


def renew(language: Language, texts: dict[str, list[str]]) -> int:
    """Write the catalogue of a language anew. Return how many texts are not translated."""
    file = FOLDER / f"{language}.po"
    before = catalogue_of(language) if file.exists() else Catalog()
    catalogue = Catalog(locale=language.replace("-", "_"), fuzzy=False, header_comment="")
    missing = 0
    for text, files in texts.items():
        known = before.get(text)
        missing += not (known and known.string)
        catalogue.add(text, known.string if known else "", [(name, None) for name in files])
    with file.open("wb") as target:
        target.write(HEADER.format(language, catalogue.plural_forms).encode())
        write_po(target, catalogue, width=0, omit_header=True)
    return missing


def _of_python(path: Path) -> Iterator[str]:
    for part in ast.walk(ast.parse(path.read_text())):
        match part:
            case ast.Call(func=ast.Name(id=name), args=[ast.Constant(value=str(text))]) if name in NAMES:
                yield text


def _of_template(path: Path) -> Iterator[str]:
    # The build fills in names in capitals before it is a template.
    for _line, _name, text in extract_from_ast(Environment(autoescape=True).parse(path.read_text()), NAMES):
        yield str(text)


if __name__ == "__main__":
    said = texts_of_source()
    for each in Language:
        if each is not Language.ENGLISH:
            sys.stdout.write(f"{each}.po: {len(said)} texts, {renew(each, said)} to translate\n")
