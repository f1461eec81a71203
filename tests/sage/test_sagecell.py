"""SageMathCell's own programs, and its interacts, with a real Sage, also where that is not the first environment."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.running import RunningSite, running_site
from tests.sage.conftest import CONFIG
from tests.site.sagecell.cell_client import opened, page_of, talking
from tests.site.sagecell.test_interacts import change, of_form, within
from tests.site.sagecell.test_routes import ask

PYTHON = '[[environment]]\nname = "python"\npreload = []\nspares = 1\n'


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSite]:
    directory: Path = tmp_path_factory.mktemp("two")
    with running_site(directory, config=PYTHON + CONFIG) as running:
        yield running


async def test_what_sagemathcells_own_programs_do(two: RunningSite) -> None:
    async with talking(await opened(two)) as talk:
        assert (await talk.evaluate("factorial(20)")).result == "2432902008176640000"
        heard = await talk.evaluate("show(plot(sin))")
        assert any("image/png" in each["data"] for each in heard.of("display_data")), heard.messages
    data = {"code": "show(plot(sin)); print(2^100 + 1)", "accepted_tos": "true"}
    status, text, _ = await ask(two, "POST", "service", data=data)
    reply = json.loads(text)
    assert status == 200 and reply["success"] and int(reply["stdout"].strip()) == 2**100 + 1


async def test_an_interact(two: RunningSite) -> None:
    async with page_of(two) as page:
        talk = page.talk((await opened(two))["id"])
        heard = await talk.evaluate("@interact\ndef f(n=slider(1, 9, 1, default=2), e=('Power', 2)):\n    print(n^e)")
        (shown,) = of_form(heard, "interact")
        identity = shown["new_interact_id"]
        assert [each["control_type"] for each in shown["controls"].values()] == ["slider", "input_box"]
        assert within(heard, identity) == "4\n"
        assert within(await change(talk, identity, {"n": 2}), identity) == "9\n"
        assert within(await change(talk, identity, {"e": "1 + 2"}), identity) == "27\n"
