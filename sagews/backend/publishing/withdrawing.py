"""The page `/accounts/published`, on which operators see all publications and withdraw what should not be there."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from html import escape
from urllib.parse import urlencode

from aiohttp import web

from sagews.backend.accounts.asked import act, form_of, go, shown, signed_in, signed_in_lately
from sagews.backend.accounts.gate import PUBLISHED, SIGN_IN
from sagews.backend.accounts.markup import field, form, page
from sagews.backend.api.workspaces.door import may_be_id
from sagews.backend.publishing.gallery import MOST_SEARCH, day
from sagews.backend.reader import Reader, reader_of
from sagews.backend.style import Style
from sagews.database.publications import LIST, Publication, Publications

PATH = "/accounts/published"


class Withdrawing:
    """Serves all publications to operators."""

    def __init__(self, publications: Publications, style: Style, *, recent: float) -> None:
        """`recent`: seconds after a sign-in in which somebody may change something."""
        self._publications = publications
        self._style = style
        self._recent = recent

    def routes(self) -> list[web.RouteDef]:
        """Return the routes."""
        return [web.get(PATH, self._page), web.post(f"{PATH}/withdraw", self._withdraw)]

    async def _page(self, request: web.Request) -> web.Response:
        if not reader_of(request).account:
            return go(SIGN_IN)
        reader = _operator(signed_in(request))
        search, after = request.query.get("search", "")[:MOST_SEARCH], request.query.get("after", "")
        found = await self._publications.find(search, after if may_be_id(after) else "", all_of_them=True)
        return shown(_shown(self._style.seen_by(reader), found, search))

    async def _withdraw(self, request: web.Request) -> web.Response:
        _operator(signed_in(request))
        reader = signed_in_lately(request, self._recent, PATH)
        name = (await form_of(request)).get("publication", "")
        found = await self._publications.get(name) if may_be_id(name) else None
        if found is None:
            raise web.HTTPNotFound(text="There is no such publication; its workspace may be gone.")
        done = replace(act("publication withdrawn", found.by, reader), data={"publication": name})
        await self._publications.withdraw(name, done, barred=True)
        return go(PATH)


def _operator(reader: Reader) -> Reader:
    """Return an operator. Raises HTTPException for anybody else."""
    if not reader.operator:
        raise web.HTTPForbidden(text="Only operators of this site withdraw what others have published.")
    return reader


def _shown(style: Style, found: Sequence[Publication], search: str) -> str:
    body = (
        '<p><a href="/accounts">Accounts</a></p>',
        f'<form action="{PATH}">{field("search", "Title or author", search, kind="search")}'
        "<button>Search</button></form>",
        *_entries(found, search),
    )
    return page("Publications", style, body)


def _entries(found: Sequence[Publication], search: str) -> Iterator[str]:
    if not found:
        yield "<p>Nothing.</p>"
        return
    yield '<ul class="entries">'
    for each in found:
        about = urlencode({"about": each.by})
        words = [
            f'<a href="{PUBLISHED}/{escape(each.id)}">{escape(each.title)}</a>',
            f'by <a href="/accounts/audit?{escape(about)}">{escape(each.by)}</a>',
            "listed" if each.listed else "unlisted",
        ]
        yield f"<li><span>{' · '.join(words)}, {day(each.updated)}</span>"
        yield form(f"{PATH}/withdraw", "Withdraw", {"publication": each.id})
        yield "</li>"
    yield "</ul>"
    if len(found) == LIST:
        older = urlencode({"search": search, "after": found[-1].id})
        yield f'<p><a href="{PATH}?{escape(older)}">Older</a></p>'
