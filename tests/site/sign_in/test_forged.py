"""Whatever a browser is made to ask for: nobody comes in by it, and it leads nowhere else."""

import asyncio
import os
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import aiohttp
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from yarl import URL

from sagews.backend.sign_in import flow as flows
from sagews.backend.sign_in.flow import Begun, Flow, Flows
from tests.site.sign_in.front import QUIETLY, Front, listening, running_front
from tests.site.sign_in.odd_provider import OddProvider, running_odd_provider
from tests.unit.backend.sign_in.test_next import HOSTILE, SLASHED, lead_away

pytestmark = QUIETLY

GENERATED = 50_000 if os.environ.get("SAGEWS_PROVE") else 500
OPEN = {"sign_ins_per_address": ""}

RIGHT, USED, OTHER = "the right one", "one that was used", "one of another browser"
"""Of states and cookies; the rest is made up."""
ODD = st.one_of(HOSTILE, st.text(max_size=50), st.from_regex(r"[A-Za-z0-9_-]{43}", fullmatch=True), st.just("x" * 9000))
STATES = st.one_of(st.sampled_from([RIGHT, USED, OTHER]), ODD)
NAMES = st.sampled_from(
    ["state", "code", "error", "iss", "State", "state[]", "code ", "error_description", "next", "nonce"]
)
EXTRA = st.lists(st.tuples(NAMES, ODD), max_size=4)
CODES = st.one_of(st.just("a-code"), ODD)
PROVIDERS = st.sampled_from(["odd", "odd", "odd", "second", "nobody", "..", "%2e%2e", "odd%00", "ODD", "link"])
METHODS = st.sampled_from(["GET", "GET", "GET", "GET", "POST", "HEAD", "PUT", "DELETE"])

CALLBACKS = st.fixed_dictionaries(
    {
        "provider": PROVIDERS,
        "method": METHODS,
        "state": st.one_of(st.none(), STATES),
        "code": st.one_of(st.none(), CODES),
        "extra": EXTRA,
        "cookie": st.one_of(st.none(), STATES),
    }
)


class Attacked:
    """A front, one sign-in that is under way at it in somebody's browser, and others."""

    def __init__(self) -> None:
        self.runner = asyncio.Runner()
        self._stack = AsyncExitStack()
        self.front: Front
        self.odd: OddProvider

    def __enter__(self) -> "Attacked":
        self.runner.__enter__()
        return self

    def __exit__(self, *exc: Any) -> None:
        self.runner.run(self._stack.aclose())
        self.runner.__exit__(*exc)

    async def start(self, folder: Path) -> None:
        enter = self._stack.enter_async_context
        self.odd = await enter(running_odd_provider())
        sock = self._stack.enter_context(listening())
        second = msgspec.structs.replace(self.odd.settings(), name="second")
        self.front = await enter(running_front(sock, str(folder), self.odd.settings(), second, rates=OPEN))
        jar = aiohttp.DummyCookieJar()
        self._client = await enter(aiohttp.ClientSession(cookie_jar=jar, timeout=aiohttp.ClientTimeout(total=20)))
        self._used = await self._begun()
        self.front.store.kept.clear()

    async def _begun(self) -> Begun:
        begun = flows.begin("odd", f"{self.front.url}/sign-in/odd/callback")
        await Flows(self.front.store).keep(begun)
        return begun

    async def call_back(self, case: dict[str, Any]) -> tuple[int, Any]:
        """Send a made-up way back; never the true one, in the true browser, with all that belongs to it."""
        self.front.store.kept.clear()
        self.odd.asked.clear()
        self.odd.forms.clear()
        right, other = await self._begun(), await self._begun()
        known = {RIGHT: right, USED: self._used, OTHER: other}
        query = [(name, value) for name, value in (("code", case["code"]),) if value is not None]
        if case["state"] is not None:
            query.append(("state", known[case["state"]].state if case["state"] in known else case["state"]))
        query += case["extra"]
        headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
        if case["cookie"] is not None:
            of = known.get(case["cookie"])
            # A cookie of one sign-in under the name of another is what an attacker would put there.
            value = of.cookie if of is not None else quote(case["cookie"], safe="", errors="replace")[:200]
            name = known[case["state"]].cookie_name if case["state"] in known else right.cookie_name
            headers["Cookie"] = f"{name}={value}"
        if (case["state"], case["cookie"]) == (RIGHT, RIGHT) or (case["state"], case["cookie"]) == (OTHER, OTHER):
            # The true browser brings back something else than the provider gave: it has no nonce of this sign-in.
            self.odd.nonce = "of another sign-in"
        encoded = urlencode(query, errors="replace")
        url = URL(f"{self.front.url}/sign-in/{case['provider']}/callback?{encoded}", encoded=True)
        async with self._client.request(case["method"], url, headers=headers, allow_redirects=False) as answer:
            await answer.read()
            return answer.status, answer.headers.get("Location")

    async def begin(self, onward: str) -> tuple[str, Flow]:
        """Begin one that asks to go on somewhere; return where it leads now, and what is kept of it."""
        self.front.store.kept.clear()
        form = urlencode({"next": onward}, errors="replace")
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Origin": self.front.url}
        url = f"{self.front.url}/sign-in/odd"
        async with self._client.post(url, data=form, headers=headers, allow_redirects=False) as answer:
            assert answer.status == 303, await answer.text()
            (kept,) = self.front.store.kept.values()
            return answer.headers["Location"], msgspec.json.decode(kept, type=Flow)


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attacked]:
    with Attacked() as attacked:
        attacked.runner.run(attacked.start(tmp_path_factory.mktemp("attacked")))
        yield attacked


@given(case=CALLBACKS)
@settings(max_examples=GENERATED, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_made_up_way_back_lets_anybody_in(attacked: Attacked, case: dict[str, Any]) -> None:
    status, location = attacked.runner.run(attacked.call_back(case))
    assert 400 <= status < 600 and status != 500
    assert location is None
    assert not attacked.front.admitted


@given(onward=st.one_of(HOSTILE, SLASHED, st.text(max_size=200)))
@settings(max_examples=GENERATED, deadline=None)
def test_wherever_one_asks_to_go_on_it_is_on_our_origin(attacked: Attacked, onward: str) -> None:
    location, flow = attacked.runner.run(attacked.begin(onward))
    assert location.startswith(f"{attacked.odd.issuer}/authorize?")
    assert lead_away(flow.next) == []


def test_the_true_way_back_is_one(attacked: Attacked) -> None:
    """Else the tests above would show nothing."""

    async def go() -> int:
        begun = await attacked._begun()
        attacked.odd.nonce = begun.flow.nonce
        url = f"{attacked.front.url}/sign-in/odd/callback?code=a-code&state={begun.state}"
        headers = {"Cookie": f"{begun.cookie_name}={begun.cookie}"}
        async with attacked._client.get(url, headers=headers) as answer:
            return answer.status

    assert attacked.runner.run(go()) == 200
    assert len(attacked.front.admitted) == 1
    attacked.front.admitted.clear()
