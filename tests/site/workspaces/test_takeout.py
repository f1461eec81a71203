"""What somebody takes with them, and what becomes of their workspaces when their account is deleted."""

import io
import json
import subprocess
import zipfile
from pathlib import Path

from sqlalchemy import text

from sagews.database.database import Database
from tests.postgresql import PASSWORD
from tests.site.workspaces.house import House, Person


async def test_all_workspaces_are_in_what_somebody_takes_with_them(
    house: House, emmy: Person, emil: Person, tmp_path: Path
) -> None:
    kept, empty, gone, broken = [await emmy.make(name) for name in ("kept", "empty", "gone", "broken")]
    await emmy.save(broken, "", {"a.txt": "1"})
    await damage(house, broken)
    await emmy.save(kept, "", {"a.txt": "1"}, message="begin")
    await emmy.save(gone, "", {"a.txt": "1"})
    await emmy.ask("DELETE", gone, 204)
    others = await emil.make("of another")
    await emil.save(others, "", {"b": "2"})
    await emil.ask("POST", f"{others}/members", 200, json={"account": emmy.account, "role": "owner"})
    viewed = await emil.make("only viewed")
    await emil.save(viewed, "", {"b": "2"})
    await emil.ask("POST", f"{viewed}/members", 200, json={"account": emmy.account, "role": "editor"})
    async with emmy.two.http.get(f"{emmy.two.base}/account/export") as answer:
        assert answer.status == 200 and "account.zip" in answer.headers["Content-Disposition"]
        archive = zipfile.ZipFile(io.BytesIO(await answer.read()))
    # What tells of the others is sent before they are made, and what says which are there at last.
    assert archive.namelist()[0] == "README.txt" and archive.namelist()[-1] == "workspaces.json"
    told = json.loads(archive.read("workspaces.json"))
    assert {each["name"]: (each["why"] or "").partition(":")[0] for each in told} == {
        **{"kept": "", "of another": "", "gone": "it is deleted"},
        **{"empty": "workspace", "broken": "it could not be read"},
    }
    listed = {each["name"]: each["file"] for each in told}
    bundles = {name: f"workspaces/{where[1:]}.bundle" for name, where in (("kept", kept), ("of another", others))}
    assert listed == {**bundles, "empty": None, "gone": None, "broken": None}
    assert {name for name in archive.namelist() if name.endswith(".bundle")} == set(bundles.values())
    assert json.loads(archive.read("account.json"))["id"] == emmy.account and archive.testzip() is None
    for name, content in (("kept", {"a.txt": "1"}), ("of another", {"b": "2"})):
        bundle = tmp_path / f"{name}.bundle"
        bundle.write_bytes(archive.read(bundles[name]))
        subprocess.run(["git", "clone", "-q", str(bundle), name], cwd=tmp_path, check=True, capture_output=True)
        assert {each: (tmp_path / name / each).read_text() for each in content} == content
    assert (await emmy.ask("GET", empty, 200))["version"] == ""


async def damage(house: House, where: str) -> None:
    """Have the database have other bytes than were kept."""
    database = Database(house.cast._described, PASSWORD)
    packs = "SELECT id FROM git_pack WHERE workspace = :workspace"
    wrong = text(f"UPDATE git_pack SET hash = index_hash WHERE id IN ({packs})")
    await database.run(lambda connection: connection.execute(wrong, {"workspace": where[1:]}))
    await database.close()


async def test_what_others_need_outlives_an_account(emmy: Person, emil: Person) -> None:
    lost, handed = await emmy.make("lost <b>"), await emmy.make("handed over")
    for where, role in ((lost, "editor"), (handed, "owner")):
        await emmy.save(where, "", {"a": "1"})
        await emmy.ask("POST", f"{where}/members", 200, json={"account": emil.account, "role": role})
    async with emmy.one.http.get(f"{emmy.one.base}/account/delete") as answer:
        page = await answer.text()
        assert answer.status == 200 and "lost &lt;b&gt;" in page and "handed over" not in page
    origin = {"Origin": emmy.one.base}
    async with emmy.one.http.post(f"{emmy.one.base}/account/delete", headers=origin, allow_redirects=False) as answer:
        assert answer.status == 303
    await emil.ask_two("GET", lost, 404)
    found = await emil.ask_two("GET", handed, 200)
    assert found["role"] == "owner" and await emil.text(handed, "a") == "1"
    assert [each["role"] for each in (await emil.ask("GET", f"{handed}/members", 200))["members"]] == ["owner"]
