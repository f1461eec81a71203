"""The routes of `/language`: a choice is kept with the account of who is signed in, else with the browser."""

from aiohttp import web

from sagews.backend.accounts.asked import form_of, go, shown
from sagews.backend.accounts.gate import LANGUAGE as PATH
from sagews.backend.accounts.people import People
from sagews.backend.accounts.presence import Presence
from sagews.backend.languages.choice import keep
from sagews.backend.languages.page import AUTOMATIC, language_page
from sagews.backend.languages.speech import say as _
from sagews.backend.reader import reader_of
from sagews.backend.sign_in.next import HOME, own_path
from sagews.backend.style import Style
from sagews.config.language import Language


class LanguageChoice:
    """Serves the choice of a language."""

    def __init__(self, people: People, presence: Presence, style: Style) -> None:
        """`style`: of its page."""
        self._people = people
        self._presence = presence
        self._style = style

    def routes(self) -> list[web.RouteDef]:
        """Return the routes."""
        return [web.get(PATH, self._page), web.post(PATH, self._choose)]

    async def _page(self, request: web.Request) -> web.Response:
        onward = own_path(request.query.get("next", HOME))
        return shown(language_page(self._style.seen_by(reader_of(request)), onward))

    async def _choose(self, request: web.Request) -> web.Response:
        fields = await form_of(request)
        word = fields.get("language", "?")
        language = Language.of(word)
        if language is None and word != AUTOMATIC:
            text = _("The language is one of: {languages}.").format(languages=", ".join(Language))
            raise web.HTTPBadRequest(text=text)
        answer = go(own_path(fields.get("next", HOME)))
        if account := reader_of(request).account:
            await self._people.accounts.choose_language(account, language)
            await self._presence.look()
        # The browser keeps it as well, for when its login has ended.
        keep(request, answer, language)
        return answer
