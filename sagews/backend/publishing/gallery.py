"""The pages about publications: the gallery, and that one is not there. Thinking only, no I/O."""

from collections.abc import Iterator, Sequence
from html import escape
from time import gmtime, strftime
from urllib.parse import urlencode

from sagews.backend.accounts.gate import PUBLISHED
from sagews.backend.accounts.markup import field
from sagews.backend.formats.imprint import LICENCES
from sagews.backend.style import Style
from sagews.backend.text_page import text_page
from sagews.database.publications import LIST, Publication

MOST_SEARCH = 200
"""Characters of what is searched for."""


def gallery_page(style: Style, found: Sequence[Publication], search: str) -> str:
    """Return the page of publications that were found, the newest first."""
    body = (
        "<h1>Published worksheets</h1>",
        f'<form action="{PUBLISHED}" role="search">{field("search", "Title or author", search, kind="search")}'
        "<button>Search</button></form>",
        *_entries(found, search),
    )
    return text_page("Published worksheets", style, body)


def absent_page(style: Style, found: Publication | None) -> str:
    """Return the page that says that there is no such publication, or none any more."""
    if found is None:
        title, words = "Not published", "There is no worksheet at this address. See that the whole of it was copied."
    else:
        by = "an operator of this site" if found.barred else "those who published it"
        title, words = "Withdrawn", f"The worksheet at this address was withdrawn by {by}."
    body = (f"<h1>{title}</h1>", f"<p>{words}</p>", f'<p><a href="{PUBLISHED}">Published worksheets</a></p>')
    return text_page(title, style, body)


def day(seconds: float) -> str:
    """Return a day, in UTC, as markup."""
    words = strftime("%Y-%m-%d", gmtime(seconds))
    return f'<time datetime="{words}">{words}</time>'


def _entries(found: Sequence[Publication], search: str) -> Iterator[str]:
    if not found:
        yield "<p>No worksheet has this in its title.</p>" if search else "<p>Nothing is published yet.</p>"
        return
    yield '<ul class="entries">'
    for each in found:
        words = [f'<a href="{PUBLISHED}/{escape(each.id)}">{escape(each.title)}</a>']
        about = [escape(each.authors)] * bool(each.authors) + [day(each.created)]
        about += [escape(LICENCES[each.licence][0])] * (each.licence in LICENCES and bool(each.licence))
        yield f"<li><span>{words[0]}<br>{' · '.join(about)}</span></li>"
    yield "</ul>"
    if len(found) == LIST:
        older = urlencode({"search": search, "after": found[-1].id})
        yield f'<p><a href="{PUBLISHED}?{escape(older)}">Older</a></p>'
