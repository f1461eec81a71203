"""What an error in the answer to a request becomes."""

import json

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from sagews.backend.api.route import Asked, Route
from sagews.errors import (
    EpochError,
    FormatError,
    LostRaceError,
    SagewsError,
    ServiceError,
    WorksheetError,
    WorkspaceError,
)


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (WorkspaceError("is full", "workspace", "delete something"), 422, "refused"),
        (WorksheetError("is full", "worksheet", "go on in another one"), 422, "refused"),
        (EpochError("has another content by now", "worksheet", "load it anew"), 422, "refused"),
        (FormatError("has marks of its own", "cell 1"), 422, "refused"),
        (LostRaceError("others were faster", "workspace", "save again"), 409, "lost_race"),
        (ServiceError("is away", "database", "try again"), 503, "unavailable"),
    ],
)
async def test_an_error_says_what_about_which_noun_and_what_to_do(error: SagewsError, status: int, code: str) -> None:
    async def serve(asked: Asked) -> web.Response:
        raise error

    route = Route(
        method="GET", path="/api/v1/x", name="x", summary="", text="", serve=serve, replies=(), query=None
    ).definition(None)
    app = web.Application()
    app.add_routes([route])
    async with TestClient(TestServer(app)) as client:
        answer = await client.get("/api/v1/x", timeout=10)
        said = json.loads(await answer.text())["error"]
    assert (answer.status, said["code"], said["what"], said["noun"]) == (status, code, error.what, error.noun)
    assert said["hint"]
