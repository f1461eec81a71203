"""`/nbextensions/threejs-sage/VERSION/three.min.js`: what turns Sage's pictures in three dimensions.

The address is that of notebooks of Jupyter, which Sage writes into its
outputs: so they turn there too when a worksheet is taken along. The library
is the package that Sage's developers publish, read once, at the start.
"""

from importlib.resources import files

from aiohttp import web

from sagews.backend.pages import File
from sagews.service.public_files import PUBLIC

PATH = "/nbextensions/threejs-sage/"
NAME = "three.min.js"


class Threejs:
    """The library, in each version that some release of Sage asks for."""

    def __init__(self) -> None:
        folders = (files("jupyter_threejs_sage") / "static").iterdir()
        self._versions = {folder.name: File.of(NAME, (folder / NAME).read_bytes()) for folder in folders}

    def routes(self) -> list[web.RouteDef]:
        """Return its route."""
        return [web.get(f"{PATH}{{version}}/{NAME}", self._version)]

    async def _version(self, request: web.Request) -> web.Response:
        """Send a version. It never changes, but is asked for again as all whose names have no hash."""
        if (file := self._versions.get(request.match_info["version"])) is None:
            raise web.HTTPNotFound
        return file.response(request, PUBLIC)
