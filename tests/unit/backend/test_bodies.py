"""What a route says of its bodies."""

from sagews.backend.bodies import MOST, most_body, takes


class Route:
    """Something that answers."""

    @takes(5)
    async def few(self) -> None:
        """Take a little."""

    @takes(None)
    async def any(self) -> None:
        """Look itself."""

    async def silent(self) -> None:
        """Say nothing."""


def test_each_says_it_for_itself() -> None:
    route = Route()
    assert (most_body(route.few), most_body(route.any), most_body(route.silent)) == (5, None, MOST)
