"""Fixtures: `product`, one running site for the tests of a file; `desk`, a session of it; the check after each case.

A test replays what was once reported of some server of mathematics or of
notebooks; its docstring says the input and the right result. It drives the
product over HTTP or a socket. After it, a new reader's `1+1` is answered in
under 2 s, and nothing of the case is left: no process, socket or file.
"""

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.replay.traces import Traces
from tests.running import RunningSite, running_site
from tests.site.client_end import assert_serves
from tests.site.desk import Desk, desk_at

QUICK = """
[limits]
interrupt_pause = 0.5

[[environment]]
name = "python"
preload = []
spares = 1
"""
"""Configuration of a site that starts quickly; a file that needs another has its own, named CONFIG."""
SECRET = "a-secret-of-the-services"
"""The value of a variable in the environment of every service."""


@pytest.fixture(scope="module")
def product(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSite]:
    """Give a site with all walls that this machine allows, whose log must show no fault."""
    folder = tmp_path_factory.mktemp("product")
    temporary = folder / "temporary"
    temporary.mkdir(mode=0o777)
    config = getattr(request.module, "CONFIG", QUICK)
    environment = {"TMPDIR": str(temporary), "SAGEWS_REPLAY_SECRET": SECRET}
    with running_site(folder, config=config, environment=environment) as running:
        yield running
        assert "Traceback" not in running.log(), running.log()


@pytest.fixture(scope="module")
def traces(product: RunningSite) -> Traces:
    """Give what there is of the product when nobody uses it."""
    return Traces(product)


@pytest.fixture(autouse=True)
async def nothing_is_left(product: RunningSite, traces: Traces) -> AsyncIterator[None]:
    """Let the case run, then see that a new reader is served and that nothing of the case is left."""
    await traces.begin()
    yield
    await assert_serves(product.url)
    await traces.assert_none_left()


@pytest.fixture
async def desk(product: RunningSite, nothing_is_left: None) -> AsyncIterator[Desk]:
    """Give a session, which is closed before the check."""
    async with desk_at(product) as desk:
        yield desk
