"""A worksheet that is open, and the versions of its file: saved, changed from outside, compared, brought back."""

import asyncio

from tests.site.worksheets.editor import Editor, notebook
from tests.site.workspaces.house import Person

UNKNOWN = "0" * 40


async def test_what_is_written_and_what_is_saved_elsewhere_meet(owner: Person, other: Person, workspace: str) -> None:
    editor = Editor(workspace, "a.ipynb")
    async with editor.at(owner.one):
        editor.write(0, 5, "  # mine")
        await editor.send_all()
        base = (await other.ask("GET", workspace, 200))["version"]
        # Another backend takes the file of somebody else.
        body = {"base": base, "files": [{"path": "a.ipynb", "text": notebook("x = 2", "new", "数学 😀")}]}
        saved = await other.ask_two("POST", f"{workspace}/save", 200, json=body)
        assert saved["copies"] == {}
        await editor.until(lambda: editor.sources == ["x = 2  # mine", "new", "数学 😀"])
        assert not editor.ended
        first, second = await asyncio.gather(
            other.ask_two("POST", f"{workspace}/snapshots", 200, json={"path": "a.ipynb", "message": "By hand"}),
            owner.ask("POST", f"{workspace}/snapshots", 200, json={"path": "a.ipynb"}),
        )
        assert first == second
        assert "x = 2  # mine" in await owner.text(workspace, "a.ipynb")
        commits = (await owner.ask("GET", f"{workspace}/history?path=a.ipynb", 200))["commits"]
        assert len(commits) == 3 and commits[0]["version"] == first["version"]
        # Brought back: what was written since, and is in no file, is a version, too.
        editor.write(1, 0, "not saved ")
        await editor.send_all()
        body = {"path": "a.ipynb", "version": commits[2]["version"]}
        restored = await other.ask_two("POST", f"{workspace}/restored", 200, json=body)
        await editor.until(lambda: editor.sources == ["x = 1", "λόγος", "数学 😀"])
        commits = (await owner.ask("GET", f"{workspace}/history?path=a.ipynb", 200))["commits"]
        assert len(commits) == 5 and commits[0]["version"] == restored["version"]
        assert commits[0]["message"].startswith("Restore a.ipynb of 20")
        assert "not saved new" in await owner.text(workspace, "a.ipynb", commits[1]["version"])
        query = f"path=a.ipynb&old={commits[1]['version']}&new={commits[0]['version']}"
        told = await other.ask_two("GET", f"{workspace}/differences?{query}", 200)
        assert [(each["number"], each["change"]) for each in told["cells"]] == [(1, "changed"), (2, "changed")]
        assert told["cells"][0]["lines"] == [
            {"kind": "removed", "text": "x = 2  # mine"},
            {"kind": "added", "text": "x = 1"},
        ]
        # Renamed, it goes on; deleted, it ends.
        body = {"base": restored["version"], "renamed": [{"from": "a.ipynb", "to": "b.ipynb"}]}
        renamed = await owner.ask("POST", f"{workspace}/save", 200, json=body)
        editor.write(0, 0, "still ")
        await editor.send_all()
        await other.ask("POST", f"{workspace}/snapshots", 404, json={"path": "a.ipynb"})
        saved = await other.ask("POST", f"{workspace}/snapshots", 200, json={"path": "b.ipynb"})
        assert "still x = 1" in await owner.text(workspace, "b.ipynb")
        assert saved["version"] != renamed["version"] and not editor.ended
        await owner.ask("DELETE", f"{workspace}/files/b.ipynb?base={saved['version']}", 200)
        await editor.until(lambda: editor.ended)


async def test_who_may_what_and_what_is_not_there(owner: Person, other: Person, workspace: str) -> None:
    await owner.ask("POST", f"{workspace}/members", 200, json={"account": other.account, "role": "viewer"})
    version = (await owner.ask("GET", workspace, 200))["version"]
    told = await other.ask("GET", f"{workspace}/differences?path=a.ipynb", 200)
    assert told["new"] == version and told["old"] == "" and {each["change"] for each in told["cells"]} == {"added"}
    for path in ("restored", "snapshots"):
        body = {"path": "a.ipynb"} | ({"version": version} if path == "restored" else {})
        assert (await other.ask("POST", f"{workspace}/{path}", 403, json=body))["code"] == "not_allowed"
    assert (await owner.ask("GET", f"{workspace}/differences?path=none", 404))["code"] == "unknown_file"
    assert (await owner.ask("GET", f"{workspace}/differences?path=a.ipynb&new={UNKNOWN}", 404))["code"] == (
        "unknown_version"
    )
    body = {"path": "a.ipynb", "version": UNKNOWN}
    assert (await owner.ask("POST", f"{workspace}/restored", 404, json=body))["code"] == "unknown_version"
    body = {"path": "none", "version": version}
    assert (await owner.ask("POST", f"{workspace}/restored", 404, json=body))["code"] == "unknown_file"
    answer = await owner.ask("POST", f"{workspace}/snapshots", 404, json={"path": "a.ipynb"})
    assert answer["code"] == "unknown_worksheet"
    # One that was deleted comes back.
    gone = await owner.ask("DELETE", f"{workspace}/files/a.ipynb?base={version}", 200)
    restored = await owner.ask("POST", f"{workspace}/restored", 200, json={"path": "a.ipynb", "version": version})
    assert restored["version"] != gone["version"] and "x = 1" in await owner.text(workspace, "a.ipynb")
