"""Files of a session, and those who have no right to them."""

from yarl import URL

from tests.running import RunningSite
from tests.site.desk import Desk, desk_at


async def test_without_the_sessions_token_there_is_nothing(desk: Desk) -> None:
    await desk.put(b"a", b"secret")
    for headers in ({}, {"Authorization": f"Bearer {desk.token['Sagews-Session-Token']}"}):
        async with desk.http.get(desk.url(b"a"), headers=headers) as response:
            assert response.status == 401 and "Sagews-Session-Token" in await response.text()
        async with desk.http.put(desk.url(b"a"), headers=headers, data=b"x") as response:
            assert response.status == 401
    for token in ("", "wrong", desk.token["Sagews-Session-Token"][:-1]):
        async with desk.http.get(desk.url(b"a"), headers={"Sagews-Session-Token": token}) as response:
            assert response.status == 401 and b"secret" not in await response.read()
    async with desk.http.get(f"{desk.url(b'a')}?token={desk.token['Sagews-Session-Token']}") as response:
        assert response.status == 401
    assert await desk.get(b"a") == b"secret"


async def test_the_token_of_one_session_opens_no_other(desk: Desk, quick: RunningSite) -> None:
    async with desk_at(quick) as other:
        await other.put(b"a", b"theirs")
        async with desk.http.get(other.url(b"a"), headers=desk.token) as response:
            assert response.status == 401


async def test_a_session_that_is_not_there(desk: Desk, quick: RunningSite) -> None:
    for name in ("w1-0000", "x" * 3000, "%00", "..%2f"):
        url = URL(f"{quick.url}api/v1/sessions/{name}/files/a", encoded=True)
        async with desk.http.get(url, headers=desk.token) as response:
            assert response.status in {400, 404}, await response.text()


async def test_a_page_of_another_site_can_do_nothing(desk: Desk) -> None:
    await desk.put(b"a", b"mine")
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        async with desk.http.put(desk.url(b"a"), data=b"theirs", headers=desk.token | headers) as response:
            assert response.status == 403
    async with desk.http.options(desk.url(b"a"), headers={"Origin": "https://evil.example"}) as response:
        assert response.status == 403 and "Access-Control-Allow-Origin" not in response.headers
    assert await desk.get(b"a") == b"mine"


async def test_no_other_method(desk: Desk) -> None:
    for method in ("POST", "DELETE", "PATCH", "HEAD"):
        async with desk.http.request(method, desk.url(b"a"), headers=desk.token) as response:
            assert response.status == 405


async def test_the_log_names_no_file(desk: Desk, quick: RunningSite) -> None:
    await desk.put(b"a-secret-name", b"1")
    log = quick.log()
    assert "a-secret-name" not in log and desk.token["Sagews-Session-Token"] not in log
    assert "/api/v1/sessions/{session}/files/{path}" in log
