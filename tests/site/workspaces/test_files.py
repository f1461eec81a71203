"""The life of a workspace over HTTP, at two backends: what is saved at one is there at the other at once."""

import asyncio
import base64

import pytest
from yarl import URL

from tests.site.workspaces.house import Person

UNKNOWN = "0" * 40


async def test_from_its_beginning_to_its_end(emmy: Person) -> None:
    made = await emmy.ask("POST", "", 201, json={"name": " Rings\n "})
    assert made["name"] == "Rings" and made["role"] == "owner" and made["version"] == "" and made["deleted"] is None
    where = f"/{made['id']}"
    assert (await emmy.ask_two("GET", where, 200)) == made
    assert await emmy.ask_two("GET", f"{where}/files", 200) == {"version": "", "files": [], "more": False}
    saved = await emmy.save(where, "", {"a.ipynb": "{}", "b/c.py": "1\n"}, message="begin")
    assert saved["copies"] == {} and saved["left"] == []
    assert await emmy.files(where) == {"a.ipynb": "worksheet", "b/c.py": "text"}
    assert (await emmy.ask_two("GET", where, 200))["version"] == saved["version"]
    assert await emmy.text(where, "b/c.py", two=True) == "1\n"
    renamed = await emmy.ask_two("PUT", where, 200, json={"name": "Fields"})
    assert renamed["name"] == "Fields" and renamed["version"] == saved["version"]
    (listed,) = (await emmy.ask("GET", "", 200))["workspaces"]
    assert listed["name"] == "Fields" and listed["role"] == "owner"
    await emmy.ask("DELETE", where, 204)
    for path, method in ((where, "GET"), (f"{where}/files", "GET"), (where, "DELETE")):
        assert (await emmy.ask_two(method, path, 404))["code"] == "unknown_workspace"
    assert (await emmy.ask_two("GET", "?which=mine", 200))["workspaces"] == []
    (binned,) = (await emmy.ask_two("GET", "?which=deleted", 200))["workspaces"]
    assert binned["deleted"] > binned["created"]
    assert (await emmy.ask_two("POST", f"{where}/restore", 200))["version"] == saved["version"]
    assert await emmy.text(where, "a.ipynb") == "{}"
    assert (await emmy.ask("POST", f"{where}/restore", 404))["code"] == "unknown_workspace"


async def test_a_file_is_put_read_and_deleted_with_the_version_it_was_based_on(emmy: Person) -> None:
    where = await emmy.make()
    path = "data/Ω %?#.csv"
    quoted = "data/%CE%A9%20%25%3F%23.csv"
    put = await emmy.one.ask("PUT", f"/api/v1/workspaces{where}/files/{quoted}?base=", 200, data=b"\0\xff")
    status, content, headers = await emmy.fetch(f"{where}/files/{quoted}", two=True)
    assert (status, content) == (200, b"\0\xff") and headers["Sagews-Workspace-Version"] == put["version"]
    assert "filename*=UTF-8''%CE%A9%20%25_%23.csv" in headers["Content-Disposition"]
    assert await emmy.files(where) == {path: "table"}
    same = {"If-None-Match": headers["ETag"]}
    assert (await emmy.fetch(f"{where}/files/{quoted}", headers=same))[0] == 304
    second = await emmy.ask("PUT", f"{where}/files/x?base={put['version']}&message=more", 200, data=b"")
    gone = await emmy.ask_two("DELETE", f"{where}/files/x?base={second['version']}", 200)
    assert await emmy.files(where) == {path: "table"}
    # Older versions are as they were.
    assert await emmy.text(where, "x", second["version"]) == ""
    assert (await emmy.fetch(f"{where}/files/x"))[0] == 404
    assert (await emmy.ask("GET", f"{where}/files?version={UNKNOWN}", 404))["code"] == "unknown_version"
    assert [
        each["path"] for each in (await emmy.ask("GET", f"{where}/files?version={second['version']}", 200))["files"]
    ] == [path, "x"]
    for bad in ("", "?base=HEAD", "?base=--all", f"?base={gone['version']}&base=", "?base=main~1"):
        assert (await emmy.ask("PUT", f"{where}/files/x{bad}", 400, data=b""))["code"] == "bad_message"
    assert "has not the version" in (await emmy.ask("PUT", f"{where}/files/x?base={UNKNOWN}", 422, data=b""))["what"]


async def test_what_two_change_at_once_is_told_and_nothing_is_lost(emmy: Person) -> None:
    where = await emmy.make()
    base = (await emmy.save(where, "", {"both": "0", "gone": "0", "mine": "0"}))["version"]
    await emmy.save(where, base, {"both": "1", "gone": "1"})
    body = {"base": base, "files": [{"path": "both", "text": "2"}, {"path": "mine", "text": "2"}], "deleted": ["gone"]}
    saved = await emmy.ask_two("POST", f"{where}/save", 200, json=body)
    assert saved["left"] == ["gone"] and list(saved["copies"]) == ["both"]
    copy = saved["copies"]["both"]
    assert copy.startswith("both (conflict, Somebody ")
    assert [await emmy.text(where, path) for path in ("both", "mine", "gone", copy)] == ["1", "2", "1", "2"]
    again = await emmy.ask("DELETE", f"{where}/files/gone?base={saved['version']}", 200)
    assert again["left"] == [] and "gone" not in await emmy.files(where)


async def test_two_backends_that_save_at_once_lose_nothing(emmy: Person) -> None:
    where = await emmy.make()
    base = (await emmy.save(where, "", {"begin": ""}))["version"]

    async def save(number: int) -> None:
        body = {"base": base, "files": [{"path": f"f{number}", "text": str(number)}]}
        await (emmy.ask, emmy.ask_two)[number % 2]("POST", f"{where}/save", 200, json=body)

    async with asyncio.timeout(60):
        await asyncio.gather(*(save(number) for number in range(4)))
    assert sorted(await emmy.files(where)) == ["begin", "f0", "f1", "f2", "f3"]


async def test_files_are_renamed_together_with_what_else_is_saved(emmy: Person) -> None:
    where = await emmy.make()
    base = (await emmy.save(where, "", {"a": "1", "b/c": "2", "d": "3"}))["version"]
    binary = base64.b64encode(b"\0\1").decode()
    body = {
        **{"base": base, "message": "tidy", "renamed": [{"from": "a", "to": "b/a"}, {"from": "b/c", "to": "c"}]},
        **{"files": [{"path": "e", "base64": binary}], "deleted": ["d"]},
    }
    saved = await emmy.ask("POST", f"{where}/save", 200, json=body)
    assert await emmy.files(where) == dict.fromkeys(("b/a", "c", "e"), "other")
    assert await emmy.text(where, "b/a") == "1" and await emmy.text(where, "e") == "\0\1"
    # Renamed by who had not seen the newest content: both are there.
    await emmy.save(where, saved["version"], {"c": "new"})
    late = {"base": saved["version"], "renamed": [{"from": "c", "to": "late"}]}
    assert (await emmy.ask("POST", f"{where}/save", 200, json=late))["left"] == ["c"]
    assert await emmy.text(where, "c") == "new" and await emmy.text(where, "late") == "2"
    # Nothing is put in the place of what is there, be it that its author has not seen it.
    for base, new in ((saved["version"], "b/a"), (saved["version"], "late")):
        onto = {"base": base, "renamed": [{"from": "e", "to": new}]}
        assert (await emmy.ask("POST", f"{where}/save", 422, json=onto))["what"] == "is there already"
    assert await emmy.text(where, "b/a") == "1" and await emmy.text(where, "e") == "\0\1"
    missing = {"base": "", "renamed": [{"from": "c", "to": "x"}]}
    assert (await emmy.ask("POST", f"{where}/save", 404, json=missing))["code"] == "unknown_file"
    missing = {"base": saved["version"], "renamed": [{"from": "nothing", "to": "x"}]}
    assert (await emmy.ask("POST", f"{where}/save", 422, json=missing))["what"] == "is not in the workspace"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"files": [{"path": "a", "text": "1"}, {"path": "a", "text": "2"}]}, "is named twice"),
        ({"files": [{"path": "a", "text": "1"}], "deleted": ["a"]}, "is named twice"),
        ({"files": [{"path": "a"}]}, "has both `text` and `base64`, or neither"),
        ({"files": [{"path": "a", "text": "", "base64": ""}]}, "has both `text` and `base64`, or neither"),
        ({"files": [{"path": "a", "base64": "?"}]}, "is not base64"),
        ({"files": [{"path": "a", "text": "1", "mode": 1}]}, "is not known"),
        ({"files": [{"path": "", "text": "1"}]}, "expected `str` of length >= 1"),
    ],
)
async def test_what_makes_no_sense_is_refused(emmy: Person, body: dict[str, object], said: str) -> None:
    where = await emmy.make()
    assert (await emmy.ask("POST", f"{where}/save", 400, json={"base": "", **body}))["what"] == said
    assert await emmy.files(where) == {}


async def test_names_that_no_file_may_have(emmy: Person) -> None:
    where = await emmy.make()
    for path in ("../a", "/a", "a//b", ".git/config", "a/.GIT/x", "git~1", "a\\b", "a\nb", "x" * 300, ".gitmodules"):
        body = {"base": "", "files": [{"path": "good", "text": ""}, {"path": path, "text": ""}]}
        assert "cannot have this name" in (await emmy.ask("POST", f"{where}/save", 422, json=body))["what"], path
    for path, status in (("a%00b", 422), (".git%2fconfig", 422), ("%2e%2e%2fa", 422), ("%ff", 400)):
        url = URL(f"{emmy.one.base}/api/v1/workspaces{where}/files/{path}?base=", encoded=True)
        async with emmy.one.http.put(url, data=b"x") as answer:
            assert answer.status == status, path
    assert await emmy.files(where) == {}


async def test_what_is_too_large_is_refused_unread(emmy: Person) -> None:
    where = await emmy.make()
    cookie = emmy.one.http.headers["Cookie"]
    for path, length in ((f"{where}/files/x?base=", (64 << 20) + 1), (where, 10_000_000)):
        host = emmy.one.base.removeprefix("http://")
        reader, writer = await asyncio.open_connection(*host.split(":"))
        head = f"PUT /api/v1/workspaces{path} HTTP/1.1\r\nHost: {host}\r\nCookie: {cookie}\r\n"
        writer.write(f"{head}Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n".encode())
        assert (await asyncio.wait_for(reader.readline(), 10)).split()[1] == b"413"
        writer.transport.abort()


async def test_lists_come_in_pages(emmy: Person) -> None:
    where = await emmy.make()
    saved = await emmy.save(where, "", {f"f{number}": "" for number in range(5)})
    seen, after = [], ""
    for _ in range(3):
        page = await emmy.ask("GET", f"{where}/files?limit=2&after={after}&version={saved['version']}", 200)
        seen += [each["path"] for each in page["files"]]
        after = seen[-1]
    assert seen == ["f0", "f1", "f2", "f3", "f4"] and not page["more"]


async def test_the_history_tells_who_saved_what_when(emmy: Person) -> None:
    where = await emmy.make()
    assert await emmy.ask("GET", f"{where}/history", 200) == {"version": "", "commits": [], "more": False}
    version = ""
    for number in range(4):
        saved = await emmy.save(where, version, {f"f{number % 2}": str(number)}, message=f"save {number}\n\nmore\n")
        version = saved["version"]
    page = await emmy.ask_two("GET", f"{where}/history?limit=3", 200)
    assert page["version"] == version and page["more"]
    first = page["commits"][0]
    assert first["version"] == version and first["parents"] == [page["commits"][1]["version"]]
    assert first["message"] == "save 3\n\nmore" and first["account"] == emmy.account
    # The address is nobody else's to know.
    assert first["author"].startswith("Somebody ") and "@" not in first["author"]
    rest = await emmy.ask("GET", f"{where}/history?skip=3&version={version}", 200)
    assert [each["message"][:6] for each in rest["commits"]] == ["save 0"] and not rest["more"]
    assert rest["commits"][0]["parents"] == [] and await emmy.text(where, "f0", rest["commits"][0]["version"]) == "0"
    of_one = await emmy.ask("GET", f"{where}/history?path=f1", 200)
    assert [each["message"][:6] for each in of_one["commits"]] == ["save 3", "save 1"]
    for bad in (UNKNOWN, "f" * 40):
        assert (await emmy.ask("GET", f"{where}/history?version={bad}", 404))["code"] == "unknown_version"
    assert (await emmy.ask("GET", f"{where}/history?path=:(glob)*&limit=1", 200))["commits"] == []
