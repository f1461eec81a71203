"""Whole workspaces over HTTP: fetched from one backend, brought in at the other, copied."""

import io
import subprocess
import zipfile
from pathlib import Path

from tests.site.workspaces.house import Person
from tests.unit.backend.workspaces.test_zips import packed

IMPORTS = "/api/v1/imports"


async def test_what_is_fetched_can_be_brought_in_again(emmy: Person, emil: Person, tmp_path: Path) -> None:
    where = await emmy.make("Rings / fields")
    first = await emmy.save(where, "", {"a.txt": "1", "b/Ω": "2"}, message="begin")
    await emmy.save(where, first["version"], {"a.txt": "3"}, message="more")
    status, content, headers = await emmy.fetch(f"{where}/zip", two=True)
    assert status == 200 and 'filename="Rings _ fields.zip"' in headers["Content-Disposition"]
    assert headers["Content-Type"] == "application/octet-stream" and "sandbox" in headers["Content-Security-Policy"]
    assert int(headers["Content-Length"]) == len(content)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.read("a.txt") == b"3" and archive.read("b/Ω") == b"2"
    _, older, _ = await emmy.fetch(f"{where}/zip", version=first["version"])
    assert zipfile.ZipFile(io.BytesIO(older)).read("a.txt") == b"1"
    _, bundle, _ = await emmy.fetch(f"{where}/bundle", two=True)
    (tmp_path / "bundle").write_bytes(bundle)
    subprocess.run(["git", "clone", "-q", "bundle", "clone"], cwd=tmp_path, check=True, capture_output=True)
    assert (tmp_path / "clone" / "b" / "Ω").read_text() == "2"
    made = await emil.one.ask("POST", f"{IMPORTS}/zip", 201, data=content, params={"name": "from a zip"})
    assert made["name"] == "from a zip" and await emil.files(f"/{made['id']}") == {"a.txt": "text", "b/Ω": "other"}
    made = await emil.two.ask("POST", f"{IMPORTS}/bundle", 201, data=bundle, params={"name": "from a bundle"})
    history = await emil.ask("GET", f"/{made['id']}/history", 200)
    assert [each["message"] for each in history["commits"]] == ["more", "begin"]
    names = {each["name"] for each in (await emil.ask("GET", "", 200))["workspaces"]}
    assert names == {"from a zip", "from a bundle"}


async def test_names_that_no_file_may_have_in_an_old_version(emmy: Person, tmp_path: Path) -> None:
    first = b"commit refs/heads/main\ncommitter a <a> 1 +0000\ndata 0\n"
    first += b"".join(b'M 100644 inline "%s"\ndata 1\nx\n' % name for name in (rb"..\\evil.exe", rb"bad\377name"))
    second = b"commit refs/heads/main\ncommitter a <a> 2 +0000\ndata 0\ndeleteall\nM 100644 inline good\ndata 1\nx\n"
    for words in ("init -q -b main", "fast-import --quiet", "bundle create -q bundle --all"):
        given = first + b"\n" + second + b"\n" if words.startswith("fast") else b""
        subprocess.run(["git", *words.split()], cwd=tmp_path, input=given, check=True)
    content = (tmp_path / "bundle").read_bytes()
    made = await emmy.one.ask("POST", f"{IMPORTS}/bundle", 201, data=content, params={"name": "x"})
    where = f"/{made['id']}"
    _, old = (await emmy.ask("GET", f"{where}/history", 200))["commits"]
    refused = await emmy.ask("GET", f"{where}/zip?version={old['version']}", 422)
    assert "a file cannot have this name" in refused["what"]
    listed = await emmy.ask("GET", f"{where}/files?version={old['version']}", 200)
    assert [each["path"] for each in listed["files"]] == ["..\\evil.exe"]
    assert await emmy.files(where) == {"good": "other"} and (await emmy.fetch(f"{where}/zip"))[0] == 200


async def test_what_cannot_be_brought_in_makes_nothing(emmy: Person) -> None:
    cases = {
        "is no name": ("zip", packed({"../a": b""}).getvalue()),
        "is a symbolic link; a workspace has files alone": ("zip", packed({"a": b"x"}, mode=0o120777).getvalue()),
        "cannot be read: File is not a zip file": ("zip", b"x"),
        "is not a git bundle of version 2 or 3": ("bundle", packed({"a": b""}).getvalue()),
        "ends before its pack": ("bundle", b"# v2 git bundle\n"),
    }
    for said, (kind, content) in cases.items():
        refused = await emmy.one.ask("POST", f"{IMPORTS}/{kind}", 422, data=content, params={"name": "x"})
        assert said in refused["what"], refused
    assert (await emmy.one.ask("POST", f"{IMPORTS}/zip", 400, data=b""))["noun"] == "parameter 'name'"
    assert (await emmy.ask("GET", "", 200))["workspaces"] == []
    where = await emmy.make()
    for path in ("zip", "bundle"):
        assert "has nothing in it yet" in (await emmy.ask("GET", f"{where}/{path}", 422))["what"]


async def test_a_viewer_copies_a_workspace_and_has_it_for_themselves(emmy: Person, emil: Person) -> None:
    where = await emmy.make()
    saved = await emmy.save(where, "", {"a": "1"})
    await emmy.ask("POST", f"{where}/members", 200, json={"account": emil.account, "role": "viewer"})
    copy = await emil.ask_two("POST", f"{where}/copy", 201, json={"name": "mine"})
    assert copy["role"] == "owner" and copy["version"] == saved["version"] and copy["name"] == "mine"
    await emil.save(f"/{copy['id']}", saved["version"], {"a": "2"})
    assert await emmy.text(where, "a") == "1" and await emil.text(f"/{copy['id']}", "a") == "2"
    await emmy.ask("GET", f"/{copy['id']}", 404)
    assert len((await emil.ask("GET", f"/{copy['id']}/members", 200))["members"]) == 1
