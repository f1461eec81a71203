"""The terms of service of a site, to which readers of embedded cells agree: `/tos.html`."""

from pathlib import Path

from aiohttp import web

from sagews.backend.bodies import takes
from sagews.backend.sagecell.arguments import Arguments, arguments
from sagews.backend.sagecell.frame import called
from sagews.config.sagecell import SageCell
from sagews.errors import ConfigurationError

MOST = 1 << 20
"""Bytes of the terms, and of a request for them."""
NONE = "No Terms of Service Required"
"""SageMathCell's words."""
POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


class Terms:
    """What the operator has written, read once."""

    def __init__(self, settings: SageCell) -> None:
        """Raises ConfigurationError for a file that cannot be read, or is no text."""
        self._html = ""
        if settings.terms:
            try:
                with Path(settings.terms).expanduser().open("rb") as file:
                    self._html = file.read(MOST).decode()
            except (OSError, UnicodeDecodeError, RuntimeError) as error:
                what = "setting 'sagecell.terms': cannot be read as text"
                raise ConfigurationError(what, settings.terms, "name a file of HTML in UTF-8") from error

    def routes(self) -> list[web.RouteDef]:
        """Return the routes."""
        return [web.get("/tos.html", self._show), web.post("/tos.html", self._post)]

    def are_refused(self, given: Arguments) -> bool:
        """Whether whoever asks has to agree first, and has not."""
        return bool(self._html) and given.get("accepted_tos") != "true"

    async def _show(self, request: web.Request) -> web.Response:
        if not self._html:
            raise web.HTTPNotFound(text=NONE)
        return self._page()

    @takes(MOST)
    async def _post(self, request: web.Request) -> web.Response:
        """Answer SageMathCell's library, which asks once for each page."""
        given = await arguments(request, MOST)
        if "callback" in given:
            return called(given["callback"], self._html)
        return self._page() if self._html else web.Response(status=204)

    def _page(self) -> web.Response:
        return web.Response(text=self._html, content_type="text/html", headers={"Content-Security-Policy": POLICY})
