"""Who may do what in a workspace, as a table that people read, asked of every route that is about one.

    viewer, editor, owner   members, and whose it is
    link-viewer, -editor    somebody without an account who has a link
    came-viewer, -editor    somebody with an account of their own who has one
    stranger                somebody with an account; `wrong-link`: who shows the link to another workspace
    nobody                  without an account; `wrong`: the same, with a link that is none
    read, write             a token of the API of an owner

The routes are those of the product. One that is new fails here until somebody has said who may what.
"""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest

from tests.site.api_end import Caller, Json
from tests.site.test_every_route import ROUTES
from tests.site.workspaces.house import House, Person, with_link

ABOUT = [
    (m, p.removeprefix("/api/v1/workspaces/{workspace}")) for m, p in ROUTES if p.startswith("/api/v1/workspaces/{")
]
ROLES = ("viewer", "editor", "owner", "link-viewer", "link-editor", "came-viewer", "came-editor")
ROLES += ("stranger", "wrong-link", "nobody", "wrong", "read", "write")
ALL = set(ROLES) - {"stranger", "wrong-link", "nobody", "wrong"}
LINKED = {"link-viewer", "link-editor"}
EDITORS = {"editor", "owner", "link-editor", "came-editor", "write"}
MEMBERS = {"viewer", "editor", "owner", "read", "write"}

NAME = "a hidden name"
NOTEBOOK = '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'

MAY: dict[tuple[str, str], set[str]] = {
    ("GET", ""): ALL,
    ("GET", "/files"): ALL,
    ("GET", "/files/{path}"): ALL,
    ("GET", "/history"): ALL,
    ("GET", "/differences"): ALL,
    ("GET", "/exported"): ALL,
    ("GET", "/zip"): ALL,
    ("GET", "/bundle"): ALL,
    ("POST", "/copy"): ALL - LINKED - {"read"},
    ("PUT", "/files/{path}"): EDITORS,
    ("DELETE", "/files/{path}"): EDITORS,
    ("POST", "/save"): EDITORS,
    ("POST", "/restored"): EDITORS,
    ("POST", "/snapshots"): EDITORS,
    ("POST", "/imported"): EDITORS,
    ("GET", "/members"): MEMBERS,
    ("POST", "/join"): ALL - LINKED - {"read", "write"},
    ("DELETE", "/members/{account}"): {"owner"},
    ("POST", "/members"): {"owner"},
    ("GET", "/links"): {"owner", "read", "write"},
    ("POST", "/links"): {"owner"},
    ("DELETE", "/links/{link}"): {"owner"},
    ("GET", "/publications"): ALL,
    ("POST", "/publications"): EDITORS - LINKED,
    ("PUT", "/publications/{publication}"): EDITORS - LINKED,
    ("DELETE", "/publications/{publication}"): EDITORS - LINKED,
    ("POST", "/copies"): EDITORS,
    ("PUT", ""): {"owner", "write"},
    ("POST", "/owner"): {"owner"},
    ("DELETE", ""): {"owner", "write"},
    ("POST", "/restore"): {"owner", "write"},
}
"""Who may; in the order in which they do it, so that there is a workspace to do it with."""


def test_every_route_is_in_the_table_and_no_other() -> None:
    assert sorted(ABOUT) == sorted(MAY)


class Scene:
    """A workspace of an owner with two members and two links."""

    def __init__(
        self, house: House, owner: Person, others: dict[str, Person], where: str, links: dict[str, Json]
    ) -> None:
        self.house, self.owner, self.others, self.where, self.links = house, owner, others, where, links
        self.publication = self.kept = self.version = ""

    def request(self, method: str, path: str) -> tuple[str, dict[str, Any]]:
        """Return path and body of a request in which nothing but the right to it may be missing."""
        filled = path.replace("{path}", "a.txt").replace("{account}", self.others["spare"].account)
        filled = filled.replace("{link}", self.links["spare"]["id"]).replace("{publication}", self.publication)
        bodies: dict[str, Json] = {
            "/save": {"base": "", "files": [{"path": "b.txt", "text": "x"}]},
            "/members": {"account": self.others["viewer"].account, "role": "viewer"},
            "/owner": {"account": self.others["editor"].account},
            "/links": {"role": "viewer"},
            "": {"name": "other"},
            "/copy": {"name": "copy"},
            "/publications": {"path": "one.ipynb"},
            "/publications/{publication}": {"path": "one.ipynb"},
            "/copies": {"publication": self.kept},
            "/restored": {"path": "a.txt", "version": self.version},
            "/snapshots": {"path": "one.ipynb"},
            "/imported": {"path": "one.ipynb", "name": f"{uuid.uuid4()}.ipynb"},
        }
        filled += {"/differences": "?path=a.txt", "/exported": "?path=one.ipynb&format=html"}.get(path, "")
        if method in ("PUT", "DELETE") and path == "/files/{path}":
            return f"{filled}?base=", {"data": b"new"} if method == "PUT" else {}
        return filled, {"json": bodies[path]} if method in ("PUT", "POST") and path in bodies else {}

    async def state(self) -> list[object]:
        """Return all that somebody could have changed."""
        ask = self.owner.ask
        found: list[object] = [
            await ask("GET", self.where + path, 200) for path in ("", "/files", "/members", "/links", "/publications")
        ]
        return found

    @asynccontextmanager
    async def playing(self, role: str) -> AsyncIterator[Person]:
        """Give somebody of a role, with what they show."""
        if role == "owner":
            yield self.owner
        elif role in self.others:
            yield self.others[role]
        else:
            kind, _, which = role.partition("-")
            shows = with_link("x" * 54) if role == "wrong" else {}
            if which in self.links:
                shows = with_link(self.links[which]["token"])
            has_account = kind in ("came", "stranger") or role == "wrong-link"
            async with self.house.person("account" if has_account else "anonymous", **shows) as person:
                yield person


@pytest.fixture
async def scene(house: House) -> AsyncIterator[Scene]:
    async with AsyncExitStack() as stack:
        owner = await stack.enter_async_context(house.person())
        others = {
            name: await stack.enter_async_context(house.person()) for name in ("viewer", "editor", "spare", "other")
        }
        where = await owner.make(NAME)
        version = (await owner.save(where, "", {"a.txt": "1", "one.ipynb": NOTEBOOK}))["version"]
        links = {}
        for name, role in (("viewer", "viewer"), ("editor", "editor"), ("spare", "viewer")):
            links[name] = await owner.ask("POST", f"{where}/links", 201, json={"role": role})
        elsewhere = await others["other"].make()
        links["link"] = await others["other"].ask("POST", f"{elsewhere}/links", 201, json={"role": "editor"})
        for name in ("viewer", "editor", "spare"):
            role = "viewer" if name == "spare" else name
            await owner.ask("POST", f"{where}/members", 200, json={"account": others[name].account, "role": role})
        for scope in ("read", "write"):
            program = await stack.enter_async_context(house.person(f"token-workspaces:{scope}"))
            member = {"account": program.account, "role": "owner"}
            await owner.ask("POST", f"{where}/members", 200, json=member)
            others[scope] = program
        scene = Scene(house, owner, others, where, links)
        scene.version = version
        for name in ("publication", "kept"):
            made = await owner.ask("POST", f"{where}/publications", 201, json={"path": "one.ipynb"})
            setattr(scene, name, made["id"])
        yield scene


async def test_nobody_may_what_the_table_does_not_say(scene: Scene) -> None:
    wrong: list[str] = []
    before = await scene.state()
    for role in ROLES:
        async with scene.playing(role) as person:
            for method, path in (asked for asked, may in MAY.items() if role not in may):
                status, text = await answered(scene, person.one, method, path)
                wanted = {403} if role in ALL else {401} if role in ("nobody", "wrong") else {404}
                # Of one that is there, nobody is told whether it is deleted; a link is no account.
                wanted |= {404} if path == "/restore" else set()
                wanted |= {401} if role in LINKED else set()
                if status not in wanted or "a.txt" in text or NAME in text:
                    wrong.append(f"{role} {method} {path}: {status} {text}")
    assert not wrong, "\n".join(wrong)
    assert await scene.state() == before


async def test_each_role_may_what_the_table_says(scene: Scene) -> None:
    wrong: list[str] = []
    for role in ROLES:
        async with scene.playing(role) as person:
            for method, path in (asked for asked, may in MAY.items() if role in may):
                status, text = await answered(scene, person.two, method, path)
                # No worksheet is open there.
                is_let_in = status in (200, 201, 204) or (path == "/snapshots" and "unknown_worksheet" in text)
                if not is_let_in:
                    wrong.append(f"{role} {method} {path}: {status} {text}")
                if path == "/owner":
                    # Who has handed it over gets it back, for what follows.
                    mine = {"account": person.account}
                    await scene.others["editor"].ask("POST", f"{scene.where}/owner", 200, json=mine)
    assert not wrong, "\n".join(wrong)


async def answered(scene: Scene, caller: Caller, method: str, path: str) -> tuple[int, str]:
    filled, more = scene.request(method, path)
    url = f"{caller.base}/api/v1/workspaces{scene.where}{filled}"
    async with caller.http.request(method, url, **more) as answer:
        return answer.status, await answer.text(errors="replace")


@pytest.mark.parametrize("path", ["/files/late.txt?base=", "/save"])
async def test_who_loses_a_role_while_a_body_is_on_its_way_has_saved_nothing(scene: Scene, path: str) -> None:
    editor, owner, where = scene.others["editor"], scene.owner, scene.where
    begun, lost = asyncio.Event(), asyncio.Event()
    whole = b'{"base": "", "files": [{"path": "late.txt", "text": ""}]}'

    async def body() -> AsyncIterator[bytes]:
        yield whole[:9]
        begun.set()
        await lost.wait()
        yield whole[9:]

    async with asyncio.timeout(30), scene.playing("link-editor") as linked, asyncio.TaskGroup() as group:
        for person, status in ((editor, 404), (linked, 401)):
            begun.clear()
            lost.clear()
            method, headers = ("POST", {"Content-Type": "application/json"}) if path == "/save" else ("PUT", {})
            saving = group.create_task(person.ask(method, where + path, status, data=body(), headers=headers))
            await begun.wait()
            # The backend has let them in: it answers what comes after the head on the same connection alone.
            await asyncio.sleep(0.2)
            gone = f"/links/{scene.links['editor']['id']}" if person is linked else f"/members/{editor.account}"
            await owner.ask_two("DELETE", where + gone, 204)
            lost.set()
            await saving
    assert "late.txt" not in await owner.files(where)


async def test_whoever_has_lost_a_role_has_none_at_once(scene: Scene) -> None:
    viewer, owner, where = scene.others["viewer"], scene.owner, scene.where
    async with scene.playing("link-editor") as linked:
        await linked.ask_two("GET", where, 200)
        await owner.ask("DELETE", f"{where}/links/{scene.links['editor']['id']}", 204)
        await linked.ask_two("GET", where, 401)
    await viewer.ask_two("GET", where, 200)
    await owner.ask("DELETE", f"{where}/members/{viewer.account}", 204)
    await viewer.ask_two("GET", where, 404)
