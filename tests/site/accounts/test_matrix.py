"""Every route of the product, asked by every role on every kind of site: the answer is that of `rights.py`.

The routes are those of the product's own application. One that is new is in
no area of the table, and fails here until somebody has said who may what.
"""

from collections.abc import Iterator, Mapping

import pytest

from tests.postgresql import PostgreSQL
from tests.site.accounts.cast import Cast, cast_of
from tests.site.accounts.rights import ROLES, SITES, Area, Right, area_of, right
from tests.site.test_every_route import ROUTES, SAFE, ask


@pytest.fixture(scope="module", params=SITES)
def cast(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, postgresql: PostgreSQL
) -> Iterator[Cast]:
    """Give a site of each kind; the one with the access token has its tables in PostgreSQL."""
    server = postgresql if request.param == "guarded" else None
    with cast_of(request.param, tmp_path_factory.mktemp("matrix"), server) as cast:
        yield cast


def test_every_route_is_in_the_table_and_the_table_names_no_other() -> None:
    assert {path for _, path in ROUTES} == {path for area in Area for path in area.value.split()}


def found(method: str, path: str, status: int, headers: Mapping[str, str]) -> set[Right]:
    """Return what an answer may stand for."""
    if status == 401:
        # A session asks for its own token once one is in.
        session = headers.get("WWW-Authenticate") == "Sagews-Session"
        return (
            {Right.IN}
            if session
            else {Right.SIGN_IN} | ({Right.UNKNOWN} if path.startswith(("/api/", "/git/")) else set())
        )
    if status == 403:
        return {Right.NO} | (set() if path.startswith("/api/") else {Right.UNKNOWN})
    if status == 303 and headers["Location"] == "/sign-in" and path != "/sign-out":
        return {Right.SIGN_IN} | ({Right.UNKNOWN} if path == "/" else set())
    return {Right.IN}


@pytest.mark.parametrize("role", ROLES)
async def test_each_role_reaches_what_the_table_says(cast: Cast, role: str) -> None:
    if role == "site-token" and cast.kind != "guarded":
        return
    wrong, actor = [], await cast.actor(role)
    for method, path in ROUTES:
        asks = actor
        if area_of(path) in (Area.OWN, Area.OUT) and method not in SAFE:
            # It may end whom it is asked by.
            asks = await cast.actor(role)
        body = None if method in SAFE else b""
        status, headers, _ = await ask(cast.site, method, path, asks.headers, body)
        answers, wanted = found(method, path, status, headers), right(cast.kind, role, method, path)
        if wanted not in answers or status >= 500:
            wrong.append(f"{method} {path}: {status}, not {wanted}")
    assert not wrong, "\n".join(wrong)


async def test_a_token_that_is_none_opens_nothing(cast: Cast) -> None:
    for method, path in ROUTES:
        shows = {"Authorization": "Bearer sagews_" + "x" * 43}
        status, _, _ = await ask(cast.site, method, path, shows, None if method in SAFE else b"")
        assert (status == 401) is (area_of(path) is not Area.ALL), (method, path, status)
