"""Rates on a running site: whoever asks too often is told so, and when to come again; nobody else notices."""

import json
from collections.abc import Iterator

import aiohttp
import pytest

from sagews.client import Client
from sagews.errors import ServiceError
from tests.running import RunningSite, running_site
from tests.site.client_end import ClientEnd, connected, fetch_ticket, result_of
from tests.site.desk import LOW

RATES = """
[rates]
owner = true
evaluations_per_address = "5/day"
sessions_per_address = "3/day"
tickets_per_address = "8/day"
permalinks_per_address = "2/day"
"""


@pytest.fixture(scope="module")
def rated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSite]:
    """Give a site whose readers may ask a few times a day, each address of them."""
    with running_site(tmp_path_factory.mktemp("rated"), config=LOW + RATES) as running:
        yield running
        assert "Traceback" not in running.log(), running.log()


def coming_from(address: str) -> aiohttp.TCPConnector:
    return aiohttp.TCPConnector(local_addr=(address, 0))


async def too_many(client: ClientEnd, request: int) -> None:
    """Assert that a request was refused for its rate."""
    failure = await client.failure()
    assert (failure["code"], failure["request"], failure["noun"]) == ("too_many", request, "your address")
    assert 0 < failure["retry_after"] <= 86_400
    assert failure["hint"] == f"try again in {failure['retry_after']} s"


async def test_evaluations_and_sessions_of_a_connection(rated: RunningSite) -> None:
    async with connected(rated.url, connector=coming_from("127.0.0.20")) as client:
        session = await client.open()
        for number in range(5):
            assert result_of(await client.evaluate(session, f"{number}")) == str(number)
        for name in ("f", "g"):
            await too_many(client, await client.send("evaluate", session=session, evaluation=name, code="'run'"))
        # What is not counted goes on, and so does the connection.
        await client.send("complete", session=session, code="impor", cursor=5)
        await client.until("completed")
        await client.open()
        await client.open()
        await too_many(client, await client.send("open"))
    # Another connection of the same address is no way around it; another address has its own.
    async with connected(rated.url, connector=coming_from("127.0.0.20")) as client:
        await too_many(client, await client.send("open"))
    async with connected(rated.url, connector=coming_from("127.0.0.21")) as client:
        assert result_of(await client.evaluate(await client.open(), "1+1")) == "2"


async def test_calls_of_the_service(rated: RunningSite) -> None:
    async with aiohttp.ClientSession(connector=coming_from("127.0.0.22")) as http:
        for _ in range(5):
            async with http.post(rated.url + "service", data={"code": "1+1"}) as response:
                assert response.status == 200, await response.text()
        async with http.post(rated.url + "service", data={"code": "1+1"}) as response:
            assert response.status == 429
            answer = json.loads(await response.text())
            assert 0 < int(response.headers["Retry-After"]) <= 86_400
    assert answer["success"] is False and answer["error"]["code"] == "too_many"
    assert response.headers["Retry-After"] in answer["error"]["hint"]


async def test_routes_of_the_api(rated: RunningSite) -> None:
    asks = {"evaluate": 5, "sessions": 3, "permalinks": 2}
    async with aiohttp.ClientSession(connector=coming_from("127.0.0.25")) as http:
        for path, most in asks.items():
            body = {} if path == "sessions" else {"code": "1+1"}
            statuses = []
            for _ in range(most + 1):
                async with http.post(f"{rated.url}api/v1/{path}", json=body) as response:
                    statuses.append(response.status)
                    answer = await response.json()
            assert statuses == [statuses[0]] * most + [429] and statuses[0] in {200, 201}, (path, answer)
            assert answer["error"]["code"] == "too_many"
            assert f"in {response.headers['Retry-After']} s" in answer["error"]["hint"]
        # What cannot be read is not counted, and what is not counted goes on.
        async with http.post(rated.url + "api/v1/evaluate", json={"kode": "1"}) as response:
            assert response.status == 400
        async with http.get(rated.url + "api/v1/version") as response:
            assert response.status == 200


async def test_tickets(rated: RunningSite) -> None:
    async with aiohttp.ClientSession(connector=coming_from("127.0.0.23")) as http:
        for _ in range(8):
            await fetch_ticket(http, rated.url)
        async with http.post(rated.url + "ticket") as response:
            assert response.status == 429
            assert 0 < int(response.headers["Retry-After"]) <= 86_400
            text = await response.text()
    assert text.count("\n") == 1 and "your address: is past its limit of 8 per 1 day for tickets; try again" in text


async def test_the_python_client_says_it(rated: RunningSite) -> None:
    async with Client(rated.url) as client:
        sessions = [await client.open() for _ in range(3)]
        with pytest.raises(
            ServiceError, match=r"your address: is past its limit of 3 per 1 day .*; try again in \d+ s"
        ):
            await client.open()
        for session in sessions:
            await session.close()
        for _ in range(7):
            async with Client(rated.url):
                pass
        with pytest.raises(ServiceError, match=r"HTTP 429"):
            async with Client(rated.url):
                pass


async def test_refusals_are_counted(rated: RunningSite) -> None:
    async with aiohttp.ClientSession(connector=coming_from("127.0.0.24")) as http:
        async with http.get(rated.url + "metrics") as response:
            before = await response.text()
        for _ in range(9):
            async with http.post(rated.url + "ticket") as response:
                pass
        async with http.get(rated.url + "metrics") as response:
            after = await response.text()

    def refused(text: str) -> float:
        lines = [line for line in text.splitlines() if line.startswith('sagews_rates_exceeded_total{kind="tickets"}')]
        return float(lines[0].rsplit(" ", 1)[1]) if lines else 0.0

    assert refused(after) == refused(before) + 1


async def test_the_owner_of_a_laptop_is_not_limited(site: RunningSite) -> None:
    async with aiohttp.ClientSession() as http:
        for _ in range(700):
            async with http.post(site.url + "ticket") as response:
                assert response.status == 200


async def test_the_api(rated: RunningSite) -> None:
    """It counts with the others, and refuses in its own form."""

    async def ask(http: aiohttp.ClientSession, path: str, body: dict[str, str], **headers: str) -> int:
        async with http.post(f"{rated.url}api/v1/{path}", json=body, headers=headers) as response:
            if response.status == 429:
                error = (await response.json())["error"]
                seconds = int(response.headers["Retry-After"])
                assert (error["code"], error["noun"]) == ("too_many", "your address")
                assert error["hint"] == f"try again in {seconds} s" and 0 < seconds <= 86_400
            elif path == "sessions":
                token.update(await response.json())
            return response.status

    token: dict[str, str] = {}
    async with aiohttp.ClientSession(connector=coming_from("127.0.0.27")) as http:
        assert [await ask(http, "sessions", {}) for _ in range(4)] == [201, 201, 201, 429]
        evaluations = f"sessions/{token['id']}/evaluations"
        shown = {"Sagews-Session-Token": token["token"]}
        assert [await ask(http, evaluations, {"code": "1"}, **shown) for _ in range(3)] == [202] * 3
        assert [await ask(http, "evaluate", {"code": "1"}) for _ in range(3)] == [200, 200, 429]
        assert await ask(http, evaluations, {"code": "1"}, **shown) == 429
        assert [await ask(http, "permalinks", {"code": "1"}) for _ in range(3)] == [201, 201, 429]
        # What is none costs nothing, and reading does not count.
        assert await ask(http, "permalinks", {"cod": "1"}) == 400
        async with http.get(f"{rated.url}api/v1/version") as response:
            assert response.status == 200
    async with aiohttp.ClientSession(connector=coming_from("127.0.0.28")) as http:
        assert await ask(http, "evaluate", {"code": "1"}) == 200
