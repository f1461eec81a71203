"""`/nbextensions/threejs-sage/RELEASE/three.min.js`: what turns Sage's pictures in three dimensions.

The address is that of notebooks of Jupyter, which Sage writes into its
outputs: so they turn there too when a worksheet is taken along. The library
is the package that Sage's developers publish, read once, at the start.
"""

from importlib.resources import files

from aiohttp import web

from sagews.backend.pages import File
from sagews.service.public_files import PUBLIC

NAME = "three.min.js"


class Threejs:
    """The library, in each version that some release of Sage asks for."""

    def __init__(self) -> None:
        folders = (files("jupyter_threejs_sage") / "static").iterdir()
        self._releases = {folder.name: File.of(NAME, (folder / NAME).read_bytes()) for folder in folders}

    def routes(self) -> list[web.RouteDef]:
        """Return its route."""
        return [web.get("/nbextensions/threejs-sage/{release}/three.min.js", self._release)]

    async def _release(self, request: web.Request) -> web.Response:
        """Send one. It never changes, but is asked for again as all whose names have no hash."""
        if (file := self._releases.get(request.match_info["release"])) is None:
            raise web.HTTPNotFound
        return file.response(request, PUBLIC)
