"""The files of a worksheet's session: the workspace's at first, then what code writes, which can be saved there."""

import asyncio
import base64
import json
import os
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.postgresql import running_postgresql
from tests.site.api_end import Json
from tests.site.worksheets.editor import notebook
from tests.site.worksheets.workbench import Workbench, Workshop, running_workshop, text_of
from tests.site.workspaces.house import Person


@pytest.fixture(scope="module", params=["postgresql", "sqlite"])
def workshop(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    folder = tmp_path_factory.mktemp("workshop")
    if request.param == "sqlite":
        with running_workshop(folder, None) as running:
            yield running
        return
    with running_postgresql() as server, running_workshop(folder, server) as running:
        yield running


@pytest.fixture
async def owner(workshop: Workshop) -> AsyncIterator[Person]:
    async with workshop.house.person() as person:
        yield person


@pytest.fixture
async def other(workshop: Workshop) -> AsyncIterator[Person]:
    async with workshop.house.person() as person:
        yield person


@pytest.fixture
async def workspace(owner: Person) -> str:
    where = await owner.make()
    files = {"study/a.ipynb": notebook("x = 1"), "study/data/t.csv": "1,2\n3,4\n", "notes.txt": "notes"}
    await owner.save(where, "", files)
    return where


async def run(one: Workbench, code: str) -> str:
    """Evaluate in the first cell, and return what it prints; it must not fail."""
    name = await one.evaluate("c0", code)
    ended = await one.settled(name)
    shown = await one.outputs(name)
    assert ended["reason"] == "done", shown
    return text_of(shown)


async def listed(one: Workbench) -> dict[str, Json]:
    answer = await one.ask("list_session_files", worksheet=one.worksheet)
    assert answer["kind"] == "session_files", answer
    return {each["path"]: each for each in answer["files"]}


async def save(one: Workbench, *paths: str) -> Json:
    answer = await one.ask("save_session_files", worksheet=one.worksheet, paths=list(paths))
    assert answer["kind"] == "session_files_saved", answer
    return answer


async def test_code_starts_in_the_files_and_what_it_writes_is_kept(owner: Person, workspace: str) -> None:
    async with (one := Workbench(workspace, "study/a.ipynb")).at(owner.one):
        code = "import os\nprint(open('data/t.csv').read() + open('../notes.txt').read(), sorted(os.listdir('..')))"
        assert await run(one, code) == "1,2\n3,4\nnotes ['notes.txt', 'study']\n"
        assert await listed(one) == {}
        await run(
            one,
            "open('plot.png', 'wb').write(bytes(range(256)) * 2000)\n"
            "open('data/t.csv', 'a').write('5,6\\n')\nos.remove('../notes.txt')",
        )
        found = await listed(one)
        assert {path: (each["state"], each["size"], each["refused"]) for path, each in found.items()} == {
            "notes.txt": ("deleted", 0, ""),
            "study/data/t.csv": ("changed", 12, ""),
            "study/plot.png": ("new", 512000, ""),
        }
        picture = bytearray()
        version = ""
        while len(picture) < 512000:
            asked = {"worksheet": one.worksheet, "path": "study/plot.png", "offset": len(picture), "version": version}
            piece = await one.ask("get_session_file", **asked)
            assert piece["kind"] == "session_file_piece", piece
            picture += base64.b64decode(piece["piece"])
            version = piece["version"]
        assert picture == bytes(range(256)) * 2000
        saved = await save(one, *found)
        assert (saved["saved"], saved["refused"], saved["conflicts"]) == (3, [], [])
        assert await listed(one) == {}
    # It is durable, and any backend has it.
    files = await owner.files(workspace)
    assert set(files) == {"study/a.ipynb", "study/data/t.csv", "study/plot.png"}
    assert await owner.text(workspace, "study/data/t.csv", two=True) == "1,2\n3,4\n5,6\n"


async def test_nothing_hostile_gets_out_of_a_session(owner: Person, workspace: str) -> None:
    code = """
import os, socket
os.symlink('/etc/passwd', 'link.txt'); os.symlink('/etc', 'folder'); os.mkfifo('fifo')
s = socket.socket(socket.AF_UNIX); s.bind('socket')
with open('sparse', 'wb') as f: f.truncate(1 << 27)
os.makedirs('.git/hooks'); open('.git/config', 'w').write('[core]'); open('.git/hooks/post-checkout', 'w').write('x')
open('.gitmodules', 'w').write('x')
odd = [b'a\\x1b[2J', b'\\xff\\xfe', b'back\\\\slash', b'n' * 255, 'Ä'.encode(), 'A\u0308'.encode()]
for name in (*odd, b'CASE', b'case', b'ok'): open(name, 'wb').write(b'x')
open('a.ipynb', 'w').write('not mine')
os.rename('data', 'data2'); os.symlink('/etc', 'data')
print('made')
"""
    async with (one := Workbench(workspace, "study/a.ipynb")).at(owner.one):
        assert await run(one, code) == "made\n"
        found = await listed(one)
        refused = {path: each["refused"] for path, each in found.items() if each["refused"]}
        words = {
            "study/link.txt": "symbolic link",
            "study/folder": "symbolic link",
            "study/data": "symbolic link",
            "study/fifo": "FIFO",
            "study/socket": "socket",
            "study/sparse": "more than 64 MiB",
            "study/.git": "not looked into",
            "study/.gitmodules": "other repositories",
            "study/a%1B%5B2J": "control characters",
            "study/%FF%FE": "not Unicode",
            "study/back%5Cslash": "backslash",
            "study/a.ipynb": "this worksheet itself",
        }
        assert refused.keys() == words.keys()
        assert all(words[path] in why for path, why in refused.items()), refused
        assert "\x1b" not in json.dumps(list(found.values()), ensure_ascii=False)
        assert not [path for path in found if path.startswith("study/.git/") or "passwd" in path]
        # Whatever is asked for, no link is followed.
        for path in ("study/link.txt", "study/folder/passwd", "study/data/passwd", "../../etc/passwd", "study/fifo"):
            asked = {"worksheet": one.worksheet, "path": path, "offset": 0, "version": ""}
            answer = await one.ask("get_session_file", **asked)
            assert answer["kind"] == "failure", answer
        saved = await save(one, *found, "study/folder/passwd", "../x", "study/.git/config")
        kept = {each["path"]: each["what"] for each in saved["refused"]}
        # Of two that some systems take for one, the first is saved.
        assert "differ only in case" in kept["study/case"] and "differ only" in kept["study/%C3%84"]
        assert kept.keys() == words.keys() | {
            "study/case",
            "study/%C3%84",
            "study/folder/passwd",
            "../x",
            "study/.git/config",
        }
    files = await owner.files(workspace)
    assert set(files) == {
        "notes.txt",
        "study/a.ipynb",
        "study/data2/t.csv",
        "study/ok",
        "study/CASE",
        "study/A\u0308",
        f"study/{'n' * 255}",
    }
    assert await owner.text(workspace, "study/ok") == "x"


async def test_what_others_saved_meanwhile_is_kept_and_told(owner: Person, other: Person, workspace: str) -> None:
    await owner.ask("POST", f"{workspace}/members", 200, json={"account": other.account, "role": "editor"})
    async with (one := Workbench(workspace, "study/a.ipynb")).at(owner.one):
        await run(one, "open('data/t.csv', 'a').write('mine\\n')")
        base = (await owner.ask("GET", f"{workspace}/files", 200))["version"]
        await other.save(workspace, base, {"study/data/t.csv": "theirs\n", "new.txt": "new", "notes.txt": "newer"})
        answer = await one.ask("update_session_files", worksheet=one.worksheet, replaced=[])
        assert [each["path"] for each in answer["kept"]] == ["study/data/t.csv"] and not answer["newer"]
        assert [each["path"] for each in answer["files"]] == ["study/data/t.csv"]
        got = await run(one, "print(open('../new.txt').read(), open('../notes.txt').read(), open('data/t.csv').read())")
        assert got == "new newer 1,2\n3,4\nmine\n\n"
        saved = await save(one, "study/data/t.csv")
        assert saved["saved"] == 0 and [each["path"] for each in saved["conflicts"]] == ["study/data/t.csv"]
        place = saved["conflicts"][0]["what"]
        assert await owner.text(workspace, "study/data/t.csv") == "theirs\n"
        assert await owner.text(workspace, place) == "1,2\n3,4\nmine\n"
        asked = {"worksheet": one.worksheet, "replaced": ["study/data/t.csv"]}
        answer = await one.ask("update_session_files", **asked)
        assert answer["kept"] == []
        assert await run(one, "print(open('data/t.csv').read())") == "theirs\n\n"
        base = (await owner.ask("GET", f"{workspace}/files", 200))["version"]
        await owner.ask("DELETE", f"{workspace}/files/new.txt?base={base}", 200)
        answer = await one.ask("update_session_files", worksheet=one.worksheet, replaced=[])
        assert await run(one, "import os; print(os.path.exists('../new.txt'))") == "False\n"


MANY = 10_000 if os.environ.get("SAGEWS_PROVE") else 3000


async def test_many_files_are_cut_and_told(owner: Person, workspace: str) -> None:
    async with (one := Workbench(workspace, "study/a.ipynb")).at(owner.one):
        await run(one, f"import os\nos.mkdir('many')\nfor n in range({MANY}): open('many/%05d' % n, 'w').close()")
        answer = await one.ask("list_session_files", worksheet=one.worksheet)
        assert answer["cut"] and len(answer["files"]) == 2000
        saved = await save(one, *(each["path"] for each in answer["files"][:300]))
        assert saved["saved"] == 300 and saved["refused"] == []


async def test_a_folder_of_many_files_is_there_before_the_first_evaluation(owner: Person) -> None:
    where = await owner.make()
    files = {f"data/{n % 7}/{n}.txt": f"{n}" for n in range(400)}
    await owner.save(where, "", {"a.ipynb": notebook("x = 1"), "large.bin": "x" * 1_000_000, **files})
    async with (one := Workbench(where, "a.ipynb")).at(owner.one):
        code = "import glob, os\nprint(len(glob.glob('data/*/*.txt')), os.path.getsize('large.bin'))"
        assert await run(one, code) == "400 1000000\n"
        answer = await one.ask("list_session_files", worksheet=one.worksheet)
        assert (answer["files"], answer["given"], answer["left"]) == ([], 402, [])


async def test_another_backend_goes_on_with_the_same_files(owner: Person, workspace: str) -> None:
    one, two = Workbench(workspace, "study/a.ipynb"), Workbench(workspace, "study/a.ipynb")
    async with one.at(owner.one):
        await run(one, "open('here', 'w').write('x')")
    async with two.at(owner.two):
        await asyncio.sleep(0)
        assert {path: each["state"] for path, each in (await listed(two)).items()} == {"study/here": "new"}
        assert (await save(two, "study/here"))["saved"] == 1
        assert await listed(two) == {}


async def test_a_worksheet_that_others_have_open_is_changed_as_from_outside(
    owner: Person, other: Person, workspace: str
) -> None:
    await owner.ask("POST", f"{workspace}/members", 200, json={"account": other.account, "role": "editor"})
    base = (await owner.ask("GET", f"{workspace}/files", 200))["version"]
    await owner.save(workspace, base, {"study/b.ipynb": notebook("before")})
    one, two = Workbench(workspace, "study/a.ipynb"), Workbench(workspace, "study/b.ipynb")
    async with one.at(owner.one), two.at(other.one):
        await run(one, "t = open('b.ipynb').read(); open('b.ipynb', 'w').write(t.replace('before', 'after'))")
        assert list(await listed(one)) == ["study/b.ipynb"]
        assert (await save(one, "study/b.ipynb"))["saved"] == 1
        await two.until(lambda: two.sources == ["after"])


async def test_a_quota_is_kept_and_nothing_is_lost(tmp_path: Path) -> None:
    quota = "[quotas.account]\nstorage = 1000000"
    with running_workshop(tmp_path, None, limits=quota) as small:
        async with small.house.person() as owner:
            where = await owner.make()
            await owner.save(where, "", {"a.ipynb": notebook("x = 1")})
            async with (one := Workbench(where, "a.ipynb")).at(owner.one):
                await run(one, "import os; open('large', 'wb').write(os.urandom(1_500_000))")
                answer = await one.ask("save_session_files", worksheet=one.worksheet, paths=["large"])
                assert answer["kind"] == "failure" and answer["what"], answer
                assert [each["state"] for each in (await listed(one)).values()] == ["new"]
                await run(one, "open('large', 'wb').write(b'small')")
                assert (await save(one, "large"))["saved"] == 1


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Workshop]:
    """Give a workshop of one's own, a backend of which is killed."""
    with running_postgresql() as server, running_workshop(tmp_path, server) as pair:
        yield pair


async def test_a_backend_that_is_killed_while_it_sends_files(pair: Workshop) -> None:
    async with asyncio.timeout(120), pair.house.person() as owner:
        where = await owner.make()
        files = {f"data/{n}.txt": f"{n}" * 100 for n in range(900)}
        await owner.save(where, "", {"a.ipynb": notebook("x = 1"), **files})
        one, two = Workbench(where, "a.ipynb"), Workbench(where, "a.ipynb")
        async with two.at(owner.two):
            async with one.at(owner.one):
                name = await one.evaluate("c0", "import os; print(len(os.listdir('data')))")
                await two.until(lambda: two.session["state"] in ("ready", "busy"), 30)
                pair.house.one.process.send_signal(signal.SIGKILL)
                await asyncio.to_thread(pair.house.one.process.wait, 30)
            await two.until(lambda: two.standing(name).get("state") == "ended", 60)
            assert text_of(await two.outputs(name)) == "900\n"
            await run(two, "open('data/1.txt', 'w').write('new')")
            assert {path: each["state"] for path, each in (await listed(two)).items()} == {"data/1.txt": "changed"}
            assert (await save(two, "data/1.txt"))["saved"] == 1
