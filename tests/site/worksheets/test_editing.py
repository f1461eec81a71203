"""Worksheets as pages edit them together, over connections to real backends."""

import asyncio
import base64
import json

from pycrdt import Doc

from tests.site.worksheets.editor import Editor, notebook, put, to_base64
from tests.site.workspaces.house import House, Person

GREEK = "λόγος"


async def test_two_people_at_two_backends_have_the_same(owner: Person, other: Person, workspace: str) -> None:
    one, two = Editor(workspace, "a.ipynb"), Editor(workspace, "a.ipynb")
    async with one.at(owner.one), two.at(other.two):
        assert (one.role, two.role) == ("owner", "editor") and one.worksheet == two.worksheet
        assert one.sources == two.sources == ["x = 1", GREEK, "数学 😀"]
        for number in range(4):
            one.write(1, 5 + number, "αβγδ"[number])
            two.write(2, number, "你好世界"[number])
            one.write(2, 0, "😀")
            two.write(1, 0, "ﬁ")
            await asyncio.gather(one.send_all(), two.send_all())
        one.erase(0, 0, 2)
        one.add_cell("from sage.all import *")
        await one.send_all()
        # Each gets all of the other within seconds, without a word of its own.
        letters = sorted("= 1" + GREEK + "αβγδ" + "数学 😀你好世界" + "😀" * 4 + "ﬁ" * 4 + "from sage.all import *")
        for editor in (one, two):
            await editor.until(lambda editor=editor: sorted("".join(editor.sources)) == letters)
        await one.until(lambda: one.sources == two.sources)


async def test_what_was_written_offline_is_merged(owner: Person, other: Person, workspace: str) -> None:
    one, two = Editor(workspace, "a.ipynb"), Editor(workspace, "a.ipynb")
    async with one.at(owner.one), two.at(other.two):
        pass
    one.write(0, 5, " + 2")
    one.add_cell("one")
    two.write(0, 0, "y = ")
    two.erase(1, 0, 5)
    async with two.at(other.two):
        assert two.sources[0] == "y = x = 1"
    async with one.at(owner.one), two.at(other.one):
        await two.until(lambda: two.sources == ["y = x = 1 + 2", "", "数学 😀", "one"])
        await one.until(lambda: one.sources == two.sources)
        opened = [event for event in two.events if event["kind"] == "worksheet_opened"][-1]
        assert len(base64.b64decode(opened["update"])) < 300, "only what it lacks is sent"


async def test_a_retry_is_kept_once(owner: Person, workspace: str) -> None:
    one = Editor(workspace, "a.ipynb")
    async with one.at(owner.one):
        one.write(0, 5, " + 2")
        (update,) = one.unacknowledged
        first = await one.edit(update)
        same = await one.edit(update, clock=one.clock)
        again = await one.edit(update)
        assert {answer["kind"] for answer in (first, same, again)} == {"worksheet_edited"}
        assert first["seq"] == same["seq"] == again["seq"]
        one.unacknowledged.clear()
    fresh = Editor(workspace, "a.ipynb")
    async with fresh.at(owner.two):
        assert fresh.sources[0] == "x = 1 + 2"


async def test_another_epoch_is_told_and_nothing_is_merged(owner: Person, workspace: str) -> None:
    one = Editor(workspace, "a.ipynb")
    async with one.at(owner.one):
        one.write(0, 0, "#")
        (update,) = one.unacknowledged
        refused = await one.edit(update, epoch="0" * 32)
        assert (refused["kind"], refused["code"]) == ("failure", "other_epoch")
        refused = await one.open(epoch="0" * 32, state="AA==")
        assert (refused["kind"], refused["code"]) == ("failure", "other_epoch")
        assert refused["hint"] and refused["what"]
    fresh = Editor(workspace, "a.ipynb")
    async with fresh.at(owner.two):
        assert fresh.sources[0] == "x = 1"


async def test_an_update_that_lacks_something_is_answered_with_what_there_is(owner: Person, workspace: str) -> None:
    one = Editor(workspace, "a.ipynb")
    async with one.at(owner.one):
        one.write(0, 0, "a")
        one.write(0, 1, "b")
        first, second = one.unacknowledged
        refused = await one.edit(second)
        assert refused["code"] == "missing_updates"
        document: Doc[object] = Doc()
        document.apply_update(one.doc.get_update(base64.b64decode(refused["state"])))
        whole = one.doc.get_update(base64.b64decode(refused["state"]))
        assert (await one.edit(whole))["kind"] == "worksheet_edited"
        assert (await one.edit(first))["kind"] == "worksheet_edited"
        one.unacknowledged.clear()
    fresh = Editor(workspace, "a.ipynb")
    async with fresh.at(owner.two):
        assert fresh.sources[0] == "abx = 1"


async def test_people_are_shown_to_each_other_and_go(owner: Person, other: Person, workspace: str) -> None:
    one, two = Editor(workspace, "a.ipynb"), Editor(workspace, "a.ipynb")
    async with one.at(owner.one):
        where = json.dumps({"name": "<b>", "color": "#00ff00", "cell": "c1", "anchor": "AA==", "head": "AA=="})
        async with two.at(other.two):
            await two.say("show_presence", worksheet=two.worksheet, presence=where)
            await one.until(lambda: one.people)
            (person,) = one.people
            assert person["presence"] == where and person["name"].startswith("Somebody") and person["person"]
            assert two.people == []
            await two.say("show_presence", worksheet=two.worksheet, presence='{"cell": "c2"}')
            await one.until(lambda: [each["presence"] for each in one.people] == ['{"cell": "c2"}'])
            await one.say("show_presence", worksheet=one.worksheet, presence="{}")
            await two.until(lambda: [each["presence"] for each in two.people] == ["{}"])
        await one.until(lambda: one.people == [])


async def test_a_large_worksheet_comes_in_pieces(owner: Person, workspace: str) -> None:
    sources = [f"{number} 😀 " * 8_000 for number in range(60)]
    await put(owner, f"{workspace}/files/large.ipynb", notebook(*sources).encode())
    one = Editor(workspace, "large.ipynb")
    async with one.at(owner.one):
        assert one.sources == sources
        events = [event for event in one.events if event["kind"] in ("worksheet_opened", "worksheet_updates")]
        assert [event["more"] for event in events] == list(range(len(events)))[::-1] and len(events) > 3
        assert all(len(base64.b64decode(event["update"])) <= 1 << 20 for event in events)


async def test_closed_it_is_told_no_more(owner: Person, other: Person, workspace: str) -> None:
    one, two = Editor(workspace, "a.ipynb"), Editor(workspace, "a.ipynb")
    async with one.at(owner.one), two.at(other.one):
        await one.say("close_worksheet", worksheet=one.worksheet)
        refused = await one.edit(b"\0\0")
        assert refused["code"] == "unknown_worksheet"
        heard = len(one.events)
        two.write(0, 0, "#")
        await two.send_all()
        refused = await one.ask("show_presence", worksheet=one.worksheet, presence="{}")
        assert refused["code"] == "unknown_worksheet" and len(one.events) == heard + 1


async def test_hostile_messages_are_refused_and_the_connection_goes_on(owner: Person, workspace: str) -> None:
    one = Editor(workspace, "a.ipynb")
    async with one.at(owner.one):
        asked = {"worksheet": one.worksheet, "epoch": one.epoch, "sender": "s", "clock": 1, "update": "AAA="}
        refusals = [
            ("edit_worksheet", asked | {"update": "?"}, "bad_message"),
            ("edit_worksheet", asked | {"update": 7}, "bad_message"),
            ("edit_worksheet", asked | {"update": to_base64(b"\0" * (1 << 20)) + "AAAA"}, "too_large"),
            ("edit_worksheet", asked | {"update": to_base64(b"\0" * (1 << 20))}, "bad_update"),
            ("edit_worksheet", asked | {"update": to_base64(b"\xff" * 1000)}, "bad_update"),
            ("edit_worksheet", asked | {"update": ""}, "bad_update"),
            ("edit_worksheet", asked | {"clock": -1}, "bad_message"),
            ("edit_worksheet", asked | {"clock": 2**53}, "bad_message"),
            ("edit_worksheet", asked | {"sender": "a b"}, "bad_message"),
            ("edit_worksheet", asked | {"sender": ""}, "bad_update"),
            ("edit_worksheet", asked | {"worksheet": "0" * 32}, "unknown_worksheet"),
            ("edit_worksheet", asked | {"more": 1}, "bad_message"),
            ("open_worksheet", one.place | {"workspace": "w\0"}, "bad_message"),
            ("open_worksheet", one.place | {"workspace": "nowhere"}, "unknown_worksheet"),
            ("open_worksheet", one.place | {"path": "../../etc/passwd"}, "unknown_file"),
            ("open_worksheet", one.place | {"path": "b.ipynb"}, "unknown_file"),
            ("open_worksheet", one.place | {"path": "x" * 5000}, "too_large"),
            ("open_worksheet", one.place | {"state": to_base64(b"\xff" * 100), "epoch": one.epoch}, "bad_update"),
            ("show_presence", {"worksheet": one.worksheet, "presence": "x" * 1025}, "too_large"),
            ("show_presence", {"worksheet": one.worksheet, "presence": "[1]"}, "bad_message"),
            ("show_presence", {"worksheet": one.worksheet, "presence": "[" * 1000}, "bad_message"),
            ("close_worksheet", {"worksheet": "1"}, "unknown_worksheet"),
            ("open_worksheets", {}, "unknown_kind"),
        ]
        for kind, fields, code in refusals:
            answer = await one.ask(kind, **fields)
            assert answer["kind"] == "failure" and answer["code"] == code, (kind, str(fields)[:100], answer)
            assert answer["what"] and "Traceback" not in json.dumps(answer)
        await one.open()
        one.write(0, 0, "# ")
        await one.send_all()


async def test_many_at_once_are_refused_and_none_is_lost(owner: Person, workspace: str) -> None:
    one = Editor(workspace, "a.ipynb")
    async with one.at(owner.one):
        for number in range(200):
            one.write(0, number, "x")
        sent, one.unacknowledged = one.unacknowledged, []
        answers = await asyncio.gather(*(one.edit(update) for update in sent))
        codes = {answer.get("code", "") for answer in answers}
        assert codes <= {"", "full", "missing_updates"} and "" in codes
        one.unacknowledged = [one.doc.get_update()]
        await one.send_all()
    fresh = Editor(workspace, "a.ipynb")
    async with fresh.at(owner.two):
        assert fresh.sources[0] == "x" * 200 + "x = 1"


async def test_a_worksheet_in_sqlite_or_postgresql_is_made_once(study: House, owner: Person, workspace: str) -> None:
    editors = [Editor(workspace, "a.ipynb") for _ in range(6)]
    callers = [owner.one, owner.two] * 3

    async def opened(number: int) -> list[str]:
        async with editors[number].at(callers[number]):
            return [editors[number].worksheet, editors[number].epoch, *editors[number].sources]

    first, *others = await asyncio.gather(*map(opened, range(6)))
    assert all(each == first for each in others)
