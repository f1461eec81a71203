"""The API is as it describes itself: whatever is asked of it, no fault of the service, and each answer conforms.

Schemathesis makes the requests out of the description, right ones and wrong
ones: 20,000 in `make prove`, a hundredth of it in `make test`.
"""

import asyncio
import os
from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest
import requests
import schemathesis
from hypothesis import strategies
from schemathesis.checks import CHECKS
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import ignored_auth, negative_data_rejection, positive_data_acceptance

from sagews.backend.api.route import TOKEN_HEADER
from sagews.config.database import Database as Settings
from tests.running import RunningSite, running_site
from tests.site.accounts.cast import Cast

REQUESTS = 20_000 if os.environ.get("SAGEWS_PROVE") else 300
ROUTES = 54
"""A route that is not tried would be a hole; whoever adds one counts it here."""

EXCLUDED: dict[str, list[Any]] = {
    # With how little of something a session can start, nobody knows before.
    "POST /api/v1/evaluate": [positive_data_acceptance],
    "POST /api/v1/sessions": [positive_data_acceptance],
    # Of a session that the request itself has closed, nobody can say whether the token is wrong.
    "DELETE /api/v1/sessions/{session}": [ignored_auth],
    # A parameter that is not known is not sent at all if its value is an empty list.
    "GET /api/v1/sessions/{session}/events": [negative_data_rejection],
    # What is a path is for a file system to say, not for a schema.
    "GET /api/v1/sessions/{session}/files/{path}": [positive_data_acceptance],
    "PUT /api/v1/sessions/{session}/files/{path}": [positive_data_acceptance],
    "PUT /api/v1/workspaces/{workspace}/files/{path}": [positive_data_acceptance],
    # Whether there is such a version, or anything is left of a name, no schema says.
    "DELETE /api/v1/workspaces/{workspace}/files/{path}": [positive_data_acceptance],
    "POST /api/v1/workspaces/{workspace}/save": [positive_data_acceptance],
    "GET /api/v1/workspaces/{workspace}/zip": [positive_data_acceptance],
    "POST /api/v1/workspaces/{workspace}/copy": [positive_data_acceptance],
    "POST /api/v1/workspaces/{workspace}/publications": [positive_data_acceptance],
    "PUT /api/v1/workspaces/{workspace}/publications/{publication}": [positive_data_acceptance],
    "POST /api/v1/imports/zip": [positive_data_acceptance],
    "POST /api/v1/imports/bundle": [positive_data_acceptance],
    "POST /api/v1/imports/clone": [positive_data_acceptance],
    "POST /api/v1/workspaces": [positive_data_acceptance],
    "PUT /api/v1/workspaces/{workspace}": [positive_data_acceptance],
}
"""Checks of Schemathesis that cannot hold on a route."""

CONFIG = """
[limits]
wall_time = 3
grace = 2
idle = 600

[worker]
max_sessions = 1000

[[environment]]
name = "python"
preload = []
spares = 2
"""


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSite]:
    with running_site(tmp_path_factory.mktemp("described"), config=CONFIG) as running:
        yield running
        assert "Traceback" not in running.log(), running.log()


@pytest.fixture(scope="module")
def http() -> Iterator[requests.Session]:
    with requests.Session() as session:
        yield session


@pytest.fixture(scope="module")
def description(described: RunningSite, http: requests.Session) -> dict[str, Any]:
    answer = http.get(described.url + "openapi.json", timeout=10)
    assert answer.status_code == 200 and answer.headers["Content-Type"].startswith("application/json")
    said: dict[str, Any] = answer.json()
    return said


class Live:
    """A session that is there for requests to be about, opened anew whenever it has ended."""

    def __init__(self, url: str, http: requests.Session) -> None:
        self._url = url
        self._http = http
        self.id = self.token = ""
        self.renew()

    def renew(self) -> None:
        """Open it unless it lives."""
        address = f"{self._url}api/v1/sessions"
        if self.id and self._http.get(f"{address}/{self.id}", headers=self.headers, timeout=30).status_code == 200:
            return
        opened = self._http.post(address, json={}, timeout=30)
        assert opened.status_code == 201, opened.text
        self.id, self.token = opened.json()["id"], opened.json()["token"]

    @property
    def headers(self) -> dict[str, str]:
        return {TOKEN_HEADER: self.token}

    def close(self) -> None:
        self._http.delete(f"{self._url}api/v1/sessions/{self.id}", headers=self.headers, timeout=30)


class LiveWorkspace:
    """A workspace that is there for requests to be about, made anew whenever it was deleted; and who may."""

    def __init__(self, site: RunningSite, http: requests.Session) -> None:
        self._url, self._http = f"{site.url}api/v1/workspaces", http
        self.headers = asyncio.run(Cast("open", site, Settings()).actor("token-workspaces:write")).headers
        self.id = ""

    def renew(self) -> None:
        """Make it unless it is there."""
        if self.id and self._http.get(f"{self._url}/{self.id}", headers=self.headers, timeout=30).status_code == 200:
            return
        made = self._http.post(self._url, json={"name": "live"}, headers=self.headers, timeout=30)
        assert made.status_code == 201, made.text
        self.id = made.json()["id"]
        file = f"{self._url}/{self.id}/files/a?base="
        assert self._http.put(file, data=b"x", headers=self.headers, timeout=30).status_code == 200


def test_every_route_is_tried(description: dict[str, Any]) -> None:
    assert sum(len(methods) for methods in description["paths"].values()) == ROUTES


@pytest.mark.timeout(3600 if REQUESTS > 1000 else 120)
@pytest.mark.parametrize("number", range(ROUTES))
def test_whatever_is_asked(
    described: RunningSite, http: requests.Session, description: dict[str, Any], number: int
) -> None:
    schema = schemathesis.openapi.from_dict(description)
    operation = [found.ok() for found in schema.get_all_operations()][number]
    is_shared = "/workspaces" in operation.path or "/imports" in operation.path
    workspace = LiveWorkspace(described, http) if is_shared else None
    live = Live(described.url, http)
    base = described.url.rstrip("/")
    excluded = EXCLUDED.get(operation.label, [])
    tried = 0

    @hypothesis.settings(
        max_examples=-(-REQUESTS // ROUTES),
        deadline=None,
        database=None,
        derandomize=REQUESTS < 1000,
        suppress_health_check=list(hypothesis.HealthCheck),
        phases=[hypothesis.Phase.generate, hypothesis.Phase.shrink],
    )
    @hypothesis.given(
        case=strategies.one_of(*(operation.as_strategy(generation_mode=mode) for mode in GenerationMode)),
        strange=strategies.integers(0, 9999),
    )
    def try_it(case: schemathesis.Case, strange: int) -> None:
        nonlocal tried
        tried += 1
        headers = {}
        if "session" in case.path_parameters and strange % 4:
            live.renew()
            case.path_parameters["session"] = live.id
            headers = live.headers
        if workspace is not None and strange % 8:
            headers = workspace.headers
        if workspace is not None and "workspace" in case.path_parameters and strange % 4:
            workspace.renew()
            case.path_parameters["workspace"] = workspace.id
        if isinstance(case.query.get("wait"), int | float):
            case.query["wait"] = min(case.query["wait"], 0.05)
        response = case.call(base_url=base, session=http, headers=headers, timeout=60)
        case.validate_response(response, checks=CHECKS.get_all(), excluded_checks=excluded)
        assert response.status_code < 500
        if operation.label == "POST /api/v1/sessions" and response.status_code == 201:
            opened = response.json()
            address = f"{base}/api/v1/sessions/{opened['id']}"
            assert http.delete(address, headers={TOKEN_HEADER: opened["token"]}, timeout=30).status_code in (204, 404)

    try_it()
    live.close()
    assert tried >= REQUESTS // ROUTES
