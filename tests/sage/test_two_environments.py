"""A site with plain Python and with Sage: what names a language alone runs where that language is."""

from pathlib import Path

from tests.running import running_site
from tests.sage.conftest import CONFIG
from tests.site.api_end import calling


async def test_a_stateless_evaluation_runs_where_its_language_is(tmp_path: Path) -> None:
    python = '[[environment]]\nname = "python"\npreload = []\nspares = 1\n'
    with running_site(tmp_path, config=python + CONFIG) as site:
        async with calling(site) as caller:
            assert (await caller.evaluate("2 ^ 10"))["result"] == "8"
            assert (await caller.evaluate("2 ^ 10", language="sage"))["result"] == "1024"
            assert (await caller.evaluate("2 ^ 10", environment="sage"))["result"] == "1024"
            assert (await caller.evaluate("2 ^ 10", environment="sage", language="python"))["result"] == "8"
            answer = await caller.evaluate("2 ^ 10", environment="python", language="sage")
            assert answer["outputs"][-1]["ename"] == "MissingProgramError"
            languages = (await caller.ask("GET", "version", 200))["languages"]
            assert (languages["python"][0], languages["sage"][0]) == ("python", "sage")
