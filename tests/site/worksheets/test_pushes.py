"""A push with the real `git` reaches who has a worksheet open, as an ordinary edit; a clone has what they wrote."""

from pathlib import Path

from tests.site.worksheets.editor import Editor, notebook
from tests.site.workspaces.house import House, Person
from tests.site.workspaces.remote import commit, git


async def test_a_push_reaches_who_has_it_open(study: House, owner: Person, workspace: str, tmp_path: Path) -> None:
    editor = Editor(workspace, "a.ipynb")
    async with study.person("token-workspaces:write") as program, editor.at(owner.one):
        await owner.ask("POST", f"{workspace}/members", 200, json={"account": program.account, "role": "editor"})
        editor.write(0, 5, "  # mine")
        await editor.send_all()
        await owner.ask("POST", f"{workspace}/snapshots", 200, json={"path": "a.ipynb"})
        token = program.one.http.headers["Authorization"].removeprefix("Bearer ")
        # Pushed at the other backend.
        url = f"http://any:{token}@127.0.0.1:{study.two.port}/git/{workspace.strip('/')}.git"
        await git(tmp_path, "clone", "-q", url, "work")
        work = tmp_path / "work"
        file = work / "a.ipynb"
        assert "x = 1  # mine" in file.read_text()
        await commit(work, {"a.ipynb": file.read_text().replace("x = 1", "x = 2"), "b.ipynb": notebook("other")})
        editor.write(1, 0, "still ")
        await editor.send_all()
        await git(work, "push", "-q")
        await editor.until(lambda: editor.sources == ["x = 2  # mine", "still λόγος", "数学 😀"])
        assert not editor.ended
        await owner.ask("POST", f"{workspace}/snapshots", 200, json={"path": "a.ipynb"})
        await git(work, "pull", "-q")
        assert "still λόγος" in file.read_text() and "x = 2  # mine" in file.read_text()
