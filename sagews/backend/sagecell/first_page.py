"""What the links of SageMathCell to the first page say of themselves: `/?c=`, `/?z=`, `/?q=`, by their statuses.

The page itself reads the link, and shows its code or why it cannot.
"""

from aiohttp import web

from sagews.backend.sagecell.permalink import find, unpacked
from sagews.database.permalinks import Permalinks
from sagews.protocol import MAX_CODE


class Links:
    """Looks at links before the page does."""

    def __init__(self, permalinks: Permalinks) -> None:
        self._permalinks = permalinks

    async def status(self, request: web.Request) -> int:
        """Return the status of the page with a link: 400 for what cannot be unpacked, 404 for what is not kept.

        Raises ServiceError while the database is away.
        """
        query = request.query
        if "c" in query:
            return 200
        if "z" in query:
            try:
                unpacked(query["z"], MAX_CODE)
                if "interacts" in query:
                    unpacked(query["interacts"], MAX_CODE)
            except ValueError:
                return 400
        elif "q" in query and await find(self._permalinks, query["q"]) is None:
            return 404
        return 200
