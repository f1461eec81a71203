"""Who may do what in a worksheet, as a table that people read, asked of every message that is about one.

viewer, editor, owner   members, and whose the workspace is
link-viewer, -editor    somebody without an account who has a link
came-viewer, -editor    somebody with an account of their own who has one
stranger                somebody with an account; `wrong-link`: who shows the link to another workspace
nobody                  without an account; `wrong`: the same, with a link that is none
token                   a token of the API of an owner's, which is for programs
"""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from sagews.backend.worksheets.desk import KINDS
from tests.site.api_end import Caller, Json
from tests.site.worksheets.editor import DEADLINE, Editor, notebook
from tests.site.workspaces.house import House, Person

# Who may what is the same on a file.
pytestmark = pytest.mark.parametrize("study", ["postgresql"], indirect=True)

VIEWERS = {"viewer", "link-viewer", "came-viewer"}
EDITORS = {"editor", "owner", "link-editor", "came-editor"}
OUT = {"stranger", "wrong-link", "nobody", "wrong"}
ROLES = sorted(VIEWERS | EDITORS | OUT | {"token"})
MAY: dict[str, set[str]] = {
    "open_worksheet": VIEWERS | EDITORS,
    "edit_worksheet": EDITORS,
    "show_presence": VIEWERS | EDITORS,
    "close_worksheet": VIEWERS | EDITORS,
    "evaluate_cell": EDITORS,
    "interrupt_worksheet": EDITORS,
    "restart_worksheet": EDITORS,
    "answer_input": EDITORS,
    "complete_in_worksheet": EDITORS,
    "inspect_in_worksheet": EDITORS,
    "get_outputs": VIEWERS | EDITORS,
    "clear_outputs": EDITORS,
    "follow_comms": VIEWERS | EDITORS,
    "comm_in_worksheet": EDITORS,
    "list_session_files": EDITORS,
    "get_session_file": EDITORS,
    "save_session_files": EDITORS,
    "update_session_files": EDITORS,
}
RUNS: dict[str, Json] = {
    "evaluate_cell": {"evaluation": "", "cell": "c0", "code": "1"},
    "interrupt_worksheet": {},
    "answer_input": {"evaluation": "e", "sequence": 1, "text": "x"},
    "complete_in_worksheet": {"code": "ke", "cursor": 2},
    "inspect_in_worksheet": {"code": "kept", "cursor": 4, "detail": 0},
    "get_outputs": {"evaluation": "e", "after": 0},
    "follow_comms": {},
    "comm_in_worksheet": {"comm_kind": "message", "body": "{}"},
    "list_session_files": {},
    "get_session_file": {"path": "a.txt", "offset": 0, "version": ""},
    "save_session_files": {"paths": ["a.txt"]},
    "update_session_files": {"replaced": []},
    "restart_worksheet": {},
    "clear_outputs": {"cells": ["c0"]},
}
"""What is about what runs, with its fields."""
DONE = {"evaluate_cell": "cell_evaluation", "get_outputs": "cell_outputs"}
UNANSWERED = {"interrupt_worksheet", "restart_worksheet", "clear_outputs", "follow_comms"}
REFUSALS = {("edit_worksheet", role): "forbidden" for role in VIEWERS} | {("open_worksheet", "token"): "forbidden"}
"""Why, where it is not that nobody knows of it."""


@asynccontextmanager
async def somebody(study: House, owner: Person, workspace: str, role: str) -> AsyncIterator[tuple[Caller, str]]:
    """Give somebody of a role in a workspace, and the link that they show."""
    if role == "owner":
        yield owner.one, ""
        return
    what = role.rpartition("-")[2]
    link = ""
    if role.startswith(("link-", "came-")):
        link = (await owner.ask("POST", f"{workspace}/links", 201, json={"role": what, "days": 1}))["token"]
    elif role == "wrong-link":
        elsewhere = await owner.make("another")
        link = (await owner.ask("POST", f"{elsewhere}/links", 201, json={"role": "editor", "days": 1}))["token"]
    elif role == "wrong":
        link = secrets.token_hex(32)
    kind = {"nobody": "anonymous", "wrong": "anonymous", "token": "token-evaluate"}.get(role, "account")
    async with study.person("anonymous" if role.startswith("link-") else kind) as person:
        if role in ("viewer", "editor", "token"):
            asked = {"account": person.account, "role": "owner" if role == "token" else role}
            await owner.ask("POST", f"{workspace}/members", 200, json=asked)
        yield person.one, link


@pytest.mark.usefixtures("study")
def test_every_message_is_in_the_table() -> None:
    assert set(MAY) == KINDS


@pytest.mark.parametrize("role", ROLES)
async def test_everybody_may_what_the_table_says(study: House, owner: Person, workspace: str, role: str) -> None:
    watching = Editor(workspace, "a.ipynb")
    async with watching.at(owner.one), somebody(study, owner, workspace, role) as (caller, link):
        one = Editor(workspace, "a.ipynb", link)
        async with one.connection(caller):
            opened = await one.open()
            _check("open_worksheet", role, opened, "worksheet_opened")
            if opened["kind"] == "failure":
                # Nothing is told, not even whether it is there.
                assert "λόγος" not in json.dumps(one.events, ensure_ascii=False)
            one.worksheet, one.epoch = watching.worksheet, watching.epoch
            watching.write(0, 0, role)
            update = watching.unacknowledged.pop()
            _check("edit_worksheet", role, await one.edit(update), "worksheet_edited")
            assert ((await watching.edit(update))["kind"]) == "worksheet_edited"
            for kind in RUNS:
                if role not in MAY[kind]:
                    refused = _code(await _asked(one, kind, update))
                    assert refused == ("forbidden" if role in VIEWERS else "unknown_worksheet"), (kind, role)
                elif kind in UNANSWERED:
                    await one.say(kind, worksheet=one.worksheet, **RUNS[kind])
                elif kind in DONE:
                    assert (await _asked(one, kind, update))["kind"] == DONE[kind]
                else:
                    # No worker is there that has a session for it.
                    assert _code(await _asked(one, kind, update)) == "unknown_session", kind
            mark = json.dumps({"cell": secrets.token_hex(4)})
            if role in MAY["show_presence"]:
                await one.say("show_presence", worksheet=one.worksheet, presence=mark)
                await watching.until(lambda: [each["presence"] for each in watching.people] == [mark])
                await one.say("close_worksheet", worksheet=one.worksheet)
                await watching.until(lambda: not watching.people)
            for kind in ("edit_worksheet", "show_presence", "close_worksheet", *RUNS):
                # It is open here no more, or never was: for everybody it is as if there were none.
                assert _code(await _asked(one, kind, update)) == "unknown_worksheet", kind


@pytest.mark.parametrize("role", ROLES)
async def test_a_worksheet_of_others_is_not_there(
    study: House, owner: Person, other: Person, workspace: str, role: str
) -> None:
    hidden = await other.make("hidden")
    await other.save(hidden, "", {"a.ipynb": notebook("secret = 1")})
    theirs = Editor(hidden, "a.ipynb")
    async with theirs.at(other.one), somebody(study, owner, workspace, role) as (caller, link):
        one = Editor(workspace, "a.ipynb", link)
        async with one.connection(caller):
            await one.open()
            refused = await one.open(workspace=hidden.strip("/"))
            assert _code(refused) == ("forbidden" if role == "token" else "unknown_worksheet")
            one.worksheet, one.epoch = theirs.worksheet, theirs.epoch
            theirs.write(0, 0, "#")
            update = theirs.unacknowledged.pop()
            for kind in ("edit_worksheet", "show_presence", "close_worksheet", *RUNS):
                assert _code(await _asked(one, kind, update)) == "unknown_worksheet", kind
            assert "secret" not in json.dumps(one.events) and theirs.people == []
        assert theirs.ended == ""


@pytest.mark.parametrize("end", ["removed", "demoted", "deleted"])
async def test_rights_that_end_end_what_is_open(owner: Person, other: Person, workspace: str, end: str) -> None:
    one, two = Editor(workspace, "a.ipynb"), Editor(workspace, "a.ipynb")
    async with one.at(owner.one), two.at(other.two):
        if end == "removed":
            await owner.ask("DELETE", f"{workspace}/members/{other.account}", 204)
        elif end == "demoted":
            await owner.ask("POST", f"{workspace}/members", 200, json={"account": other.account, "role": "viewer"})
        else:
            await owner.ask("DELETE", workspace, 204)
        await two.until(lambda: two.ended)
        assert two.ended == "rights"
        two.write(0, 0, "late")
        assert _code(await two.edit(two.unacknowledged.pop())) == "unknown_worksheet"
        opened = await two.open()
        if end == "demoted":
            assert opened["role"] == "viewer"
            assert _code(await two.edit(b"\0\0")) == "forbidden"
        else:
            assert _code(opened) == "unknown_worksheet"
        if end != "deleted":
            one.write(0, 0, "# ")
            await one.send_all()


async def test_a_link_that_ends_ends_what_is_open(study: House, owner: Person, workspace: str) -> None:
    made = await owner.ask("POST", f"{workspace}/links", 201, json={"role": "editor", "days": 1})
    one = Editor(workspace, "a.ipynb", made["token"])
    async with study.person("anonymous") as nobody, one.at(nobody.one):
        one.write(0, 0, "# ")
        await one.send_all()
        await owner.ask("DELETE", f"{workspace}/links/{made['id']}", 204)
        await one.until(lambda: one.ended)
        assert one.ended == "rights"
        assert _code(await one.open()) == "unknown_worksheet"


def _check(kind: str, role: str, answer: Json, done: str) -> None:
    if role in MAY[kind]:
        assert answer["kind"] == done, (kind, role, answer)
    else:
        assert _code(answer) == REFUSALS.get((kind, role), "unknown_worksheet"), (kind, role, answer)


def _code(answer: Json) -> str:
    assert answer["kind"] == "failure", answer
    return str(answer["code"])


async def _asked(one: Editor, kind: str, update: bytes) -> Json:
    async with asyncio.timeout(DEADLINE):
        if kind == "edit_worksheet":
            return await one.edit(update)
        more = {"presence": "{}"} if kind == "show_presence" else RUNS.get(kind, {})
        if kind == "evaluate_cell":
            more = more | {"evaluation": secrets.token_hex(8)}
        return await one.ask(kind, worksheet=one.worksheet, **more)
