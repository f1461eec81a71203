"""In which appearance a page is: by what its head links, for which media."""

import re
from pathlib import Path

import pytest

from sagews.backend.pages import APPEARANCE, Pages
from sagews.backend.reader import Reader
from sagews.backend.style import DARK_MEDIA, PAPER, Style, appearance_links
from sagews.backend.text_page import text_page
from sagews.database.appearance import Appearance

SOURCES = Path(__file__).parents[3] / "web" / "src"
STYLE = Style("/static/s.css", "/static/d.css")
DARK = '<link rel="stylesheet" href="/static/d.css" media="screen">'


def test_without_a_choice_it_is_that_of_the_system() -> None:
    page = text_page("It", STYLE.seen_by(Reader("192.0.2.7", "")), ())
    assert f'<link rel="stylesheet" href="/static/d.css" media="{DARK_MEDIA}">' in page
    assert '<meta name="color-scheme" content="light dark">' in page
    # The dark colours are laid over the others.
    assert page.index("s.css") < page.index("d.css")


def test_light_has_no_dark_colours() -> None:
    page = text_page("It", STYLE.seen_by(Reader("192.0.2.7", "", appearance=Appearance.LIGHT)), ())
    assert "d.css" not in page and '<meta name="color-scheme" content="light">' in page


def test_dark_has_them_whatever_the_system_prefers_but_not_on_paper() -> None:
    page = text_page("It", STYLE.seen_by(Reader("192.0.2.7", "", appearance=Appearance.DARK)), ())
    assert DARK in page and "prefers-color-scheme" not in page
    assert '<meta name="color-scheme" content="dark">' in page


def test_around_the_page_is_the_colour_of_its_paper() -> None:
    for appearance, file in ((Appearance.LIGHT, "colours.css"), (Appearance.DARK, "dark.css")):
        paper = re.search(r"--paper: (#\w+);", (SOURCES / file).read_text())
        assert paper is not None and PAPER[appearance] == paper[1]


def test_no_colour_is_light_where_all_others_are_dark() -> None:
    light, dark = ((SOURCES / file).read_text() for file in ("colours.css", "dark.css"))
    colours = set(re.findall(r"(--[\w-]+): (?:#|rgb|0 1px)", light))
    assert len(colours) > 20 and colours == set(re.findall(r"(--[\w-]+): (?:#|rgb|0 1px)", dark))


def test_the_page_of_cells_has_a_place_for_it() -> None:
    assert (SOURCES / "index.html").read_text().count(APPEARANCE.decode()) == 1
    assert re.fullmatch(r"/static/dark-[A-Z0-9]{8}\.css", Pages().address("dark.css"))


@pytest.mark.parametrize("appearance", Appearance)
def test_an_address_is_no_markup(appearance: Appearance) -> None:
    assert "<b>" not in appearance_links(appearance, '"><b>')
