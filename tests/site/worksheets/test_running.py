"""What runs in a worksheet goes on with nobody watching, and all of it is there for whoever comes."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Iterator

import pytest

from tests.postgresql import running_postgresql
from tests.site.api_end import Json
from tests.site.worksheets.editor import notebook, put
from tests.site.worksheets.workbench import Workbench, Workshop, kinds, running_workshop, text_of
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
    await owner.save(where, "", {"a.ipynb": notebook("x = 1", "λόγος")})
    return where


async def test_messages_of_a_view_are_heard_in_the_order_in_which_they_were_said(owner: Person, workspace: str) -> None:
    one = Workbench(workspace, "a.ipynb")
    make = "import comm\nheard = []\nc = comm.create_comm('test', comm_id='c')\n"
    hear = "c.on_msg(lambda message: heard.append(message['content']['data']))"
    async with one.at(owner.one):
        await one.until(lambda: one.session["state"] == "none")
        await one.settled(await one.evaluate("c0", make + hear))
        for turn in range(5):
            bodies = [json.dumps({"comm_id": "c", "data": 16 * turn + number}) for number in range(16)]
            fields = {"worksheet": one.worksheet, "comm_kind": "message"}
            answers = await asyncio.gather(*(one.ask("comm_in_worksheet", body=body, **fields) for body in bodies))
            assert {each["kind"] for each in answers} == {"comm_handled"}
        name = await one.evaluate("c1", "heard == list(range(80))")
        assert (await one.settled(name))["reason"] == "done"
        assert json.loads((await one.outputs(name))[0]["body"])["data"]["text/plain"] == "True"


async def test_what_nobody_watches_is_there_for_who_comes_back(owner: Person, workspace: str) -> None:
    one, two = Workbench(workspace, "a.ipynb"), Workbench(workspace, "a.ipynb")
    code = "import time\nfor n in range(5):\n    print('λ', n, flush=True)\n    time.sleep(0.2)\n2**100"
    async with one.at(owner.one):
        await one.until(lambda: one.session["state"] == "none")
        name = await one.evaluate("c0", code)
        await one.until(lambda: one.standing(name)["state"] == "running")
    await asyncio.sleep(0.5)
    async with two.at(owner.two):
        await two.until(lambda: two.standing(name))
        ended = await two.settled(name)
        assert (ended["cell"], ended["ordinal"], ended["reason"]) == ("c0", 1, "done")
        assert ended["source_hash"] == hashlib.sha256(code.encode()).hexdigest()
        assert 0 < ended["begun"] <= ended["ended"]
        shown = await two.outputs(name)
        assert text_of(shown) == "".join(f"λ {number}\n" for number in range(5))
        assert str(2**100) in shown[-1]["body"] and shown[-1]["kind"] == "execute_result"
        assert [each["sequence"] for each in shown] == sorted({each["sequence"] for each in shown})
        await two.until(lambda: two.session["state"] == "ready")
        # Variables live on: it is the worksheet's session, not the page's.
        again = await two.evaluate("c1", "n")
        assert (await two.settled(again))["reason"] == "done"
        assert json.loads((await two.outputs(again))[0]["body"])["data"]["text/plain"] == "4"


async def test_two_people_evaluate_at_once_and_see_the_same(owner: Person, other: Person, workspace: str) -> None:
    await owner.ask("POST", f"{workspace}/members", 200, json={"account": other.account, "role": "editor"})
    one, two = Workbench(workspace, "a.ipynb"), Workbench(workspace, "a.ipynb")
    async with one.at(owner.one), two.at(other.two):
        mine, theirs = await asyncio.gather(
            *(each.evaluate(f"c{number}", f"print({number})") for number, each in enumerate((one, two)))
        )
        for each in (one, two):
            assert {(await each.settled(name))["ordinal"] for name in (mine, theirs)} == {1, 2}
            await each.until(lambda each=each: each.pushed(mine) and each.pushed(theirs))
        assert one.pushed(mine) == two.pushed(mine) and one.pushed(theirs) == two.pushed(theirs)
        assert text_of(two.pushed(mine)) == "0\n"


async def test_the_same_asked_for_twice_runs_once(owner: Person, workspace: str) -> None:
    one = Workbench(workspace, "a.ipynb")
    async with one.at(owner.one):
        name = await one.evaluate("c0", "print('once')")
        await one.settled(name)
        await one.evaluate("c0", "print('once')", name)
        assert text_of(await one.outputs(name)) == "once\n" and one.standing(name)["ordinal"] == 1
        asked = {"worksheet": one.worksheet, "evaluation": name, "cell": "c0", "code": "other"}
        refused = await one.ask("evaluate_cell", **asked)
        assert refused["kind"] == "failure" and "is the name of another one" in refused["what"]


async def test_an_error_drops_the_queue_and_what_comes_after_it_runs(owner: Person, workspace: str) -> None:
    one = Workbench(workspace, "a.ipynb")
    async with one.at(owner.one):
        first = await one.evaluate("c0", "input(); 1/0")
        # More than a session is given at once.
        waiting = [await one.evaluate(f"d{number}", "print('ran')") for number in range(30)]
        await one.until(lambda: one.pushed(first))
        reply = {"evaluation": first, "sequence": one.pushed(first)[0]["sequence"], "text": ""}
        await one.say("answer_input", worksheet=one.worksheet, **reply)
        assert (await one.settled(first))["reason"] == "error"
        for name in waiting:
            assert (await one.settled(name))["reason"] == "not_run"
            assert await one.outputs(name) == []
        assert kinds(await one.outputs(first))[-1] == "error"
        after = await one.evaluate("c1", "print('after')")
        assert (await one.settled(after))["reason"] == "done"


async def test_many_cells_run_in_order(owner: Person, workspace: str) -> None:
    one = Workbench(workspace, "a.ipynb")
    async with one.at(owner.one):
        names = [
            await one.evaluate(f"d{number}", f"all_of = globals().get('all_of', []) + [{number}]")
            for number in range(50)
        ]
        last = await one.evaluate("c0", "print(all_of == list(range(50)))")
        assert (await one.settled(last))["reason"] == "done"
        assert text_of(await one.outputs(last)) == "True\n"
        assert [one.standing(name)["ordinal"] for name in names] == list(range(1, 51))


async def test_an_interrupt_stops_what_runs_and_drops_what_waits(owner: Person, workspace: str) -> None:
    one, two = Workbench(workspace, "a.ipynb"), Workbench(workspace, "a.ipynb")
    async with one.at(owner.one), two.at(owner.two):
        running = await one.evaluate("c0", "print('begun', flush=True)\nwhile True: pass")
        waiting = await one.evaluate("c1", "print('ran')")
        await two.until(lambda: two.pushed(running))
        await two.say("interrupt_worksheet", worksheet=two.worksheet)
        assert (await one.settled(running))["reason"] == "interrupted"
        assert (await one.settled(waiting))["reason"] == "not_run"
        await one.until(lambda: one.session["state"] == "ready")


async def test_a_restart_ends_what_runs_and_forgets_variables(owner: Person, workspace: str) -> None:
    one, two = Workbench(workspace, "a.ipynb"), Workbench(workspace, "a.ipynb")
    async with one.at(owner.one), two.at(owner.two):
        await one.settled(await one.evaluate("c0", "kept = 1"))
        running = await one.evaluate("c1", "print('begun', flush=True)\nwhile True: pass")
        await two.until(lambda: two.pushed(running))
        await two.say("restart_worksheet", worksheet=two.worksheet)
        ended = await one.settled(running)
        assert (ended["reason"], ended["text"]) == ("session_ended", "The session was restarted.")
        await one.until(lambda: one.session["state"] == "ended")
        assert one.session["reason"] == "closed" and one.session["text"] == "The session was restarted."
        after = await one.evaluate("c0", "kept")
        assert (await one.settled(after))["reason"] == "error"
        assert "NameError" in (await one.outputs(after))[-1]["body"]


async def test_a_question_is_answered_by_whoever_is_there(owner: Person, workspace: str) -> None:
    one, two = Workbench(workspace, "a.ipynb"), Workbench(workspace, "a.ipynb")
    async with one.at(owner.one):
        name = await one.evaluate("c0", "print('hello', input('who? '))")
        await one.until(lambda: "input_request" in kinds(one.pushed(name)))
    async with two.at(owner.two):
        asked = (await two.outputs(name))[-1]
        assert asked["kind"] == "input_request" and json.loads(asked["body"])["prompt"] == "who? "
        reply = {"worksheet": two.worksheet, "evaluation": name, "sequence": asked["sequence"], "text": "Emmy"}
        await two.say("answer_input", **reply)
        assert (await two.settled(name))["reason"] == "done"
        shown = await two.outputs(name)
        assert "hello Emmy" in text_of(shown) and "input_taken" in kinds(shown)


async def test_a_viewer_sees_and_does_nothing(owner: Person, other: Person, workspace: str) -> None:
    await owner.ask("POST", f"{workspace}/members", 200, json={"account": other.account, "role": "viewer"})
    one, two = Workbench(workspace, "a.ipynb"), Workbench(workspace, "a.ipynb")
    async with one.at(owner.one), two.at(other.two):
        name = await one.evaluate("c0", "print(1)")
        await two.settled(name)
        assert text_of(await two.outputs(name)) == "1\n"
        asked = {"worksheet": two.worksheet, "evaluation": "mine", "cell": "c0", "code": "1"}
        for kind, fields in {
            "evaluate_cell": asked,
            "interrupt_worksheet": {"worksheet": two.worksheet},
            "restart_worksheet": {"worksheet": two.worksheet},
            "answer_input": {"worksheet": two.worksheet, "evaluation": name, "sequence": 1, "text": ""},
            "complete_in_worksheet": {"worksheet": two.worksheet, "code": "1", "cursor": 1},
            "inspect_in_worksheet": {"worksheet": two.worksheet, "code": "1", "cursor": 1},
        }.items():
            refused = await two.ask(kind, **fields)
            assert (refused["kind"], refused["code"]) == ("failure", "forbidden"), kind
        await one.until(lambda: one.session["state"] == "ready")


async def test_completions_and_documentation_come_from_its_session(owner: Person, workspace: str) -> None:
    one = Workbench(workspace, "a.ipynb")
    async with one.at(owner.two):
        asked = {"worksheet": one.worksheet, "code": "mine_", "cursor": 5}
        refused = await one.ask("complete_in_worksheet", **asked)
        assert refused["code"] == "unknown_session" and "no session" in refused["what"]
        await one.settled(await one.evaluate("c0", "mine_alone = 1"))
        completed = await one.ask("complete_in_worksheet", **asked)
        assert completed["kind"] == "completed" and "mine_alone" in completed["body"]
        inspected = await one.ask("inspect_in_worksheet", worksheet=one.worksheet, code="len", cursor=3)
        assert inspected["kind"] == "inspected" and "found" in inspected["body"]


async def test_a_large_output_comes_when_it_is_asked_for(owner: Person, workspace: str) -> None:
    one = Workbench(workspace, "a.ipynb")
    async with one.at(owner.one):
        name = await one.evaluate(
            "c0", "print('before', end='', flush=True)\nfrom IPython.display import HTML\nHTML('λ' * 1_000_000)"
        )
        await one.settled(name)
        before, large = await one.outputs(name)
        assert before["kind"] == "stream" and large["large"] is True and large["bytes"] > 2_000_000
        assert "body" not in large
        asked = {"worksheet": one.worksheet, "evaluation": name, "after": before["sequence"], "whole": True}
        whole = await one.ask("get_outputs", **asked)
        assert "λ" * 1000 in json.loads(whole["outputs"][0]["body"])["data"]["text/html"]


async def test_displays_are_changed_and_cleared_by_rows(owner: Person, workspace: str) -> None:
    one = Workbench(workspace, "a.ipynb")
    code = (
        "from IPython.display import display, clear_output\n"
        "shown = display('a', display_id=True)\nshown.update('b')\nclear_output(wait=True)\nprint('c', end='')"
    )
    async with one.at(owner.one):
        name = await one.evaluate("c0", code)
        await one.settled(name)
        assert kinds(await one.outputs(name)) == ["display_data", "update_display_data", "clear_output", "stream"]


async def test_a_stranger_to_a_worksheet_gets_nothing_of_it(owner: Person, other: Person, workspace: str) -> None:
    one, two = Workbench(workspace, "a.ipynb"), Workbench("/none", "a.ipynb")
    async with one.at(owner.one), two.connection(other.one):
        name = await one.evaluate("c0", "print('hidden')")
        await one.settled(name)
        asked = {"worksheet": one.worksheet, "evaluation": name, "after": 0}
        assert (await two.ask("get_outputs", **asked))["code"] == "unknown_worksheet"
        # Nor by a worksheet of their own.
        where = await other.make()
        await other.save(where, "", {"b.ipynb": notebook("")})
        own = Workbench(where, "b.ipynb")
        async with own.at(other.one):
            assert await own.outputs(name) == []


async def test_outputs_are_cleared_for_all(owner: Person, workspace: str) -> None:
    one, two = Workbench(workspace, "a.ipynb"), Workbench(workspace, "a.ipynb")
    async with one.at(owner.one), two.at(owner.two):
        first = await one.evaluate("c0", "print('first')")
        second = await one.evaluate("c1", "print('second')")
        for each in (first, second):
            await two.settled(each)
        await two.say("clear_outputs", worksheet=two.worksheet, cells=["c0"])
        for each in (one, two):
            await each.until(lambda each=each: cleared(each) == ["c0"])
        # Once more changes nothing; what runs is left.
        slow = await one.evaluate("c1", "import time; time.sleep(1); print('third')")
        await two.say("clear_outputs", worksheet=two.worksheet, cells=[])
        await one.settled(slow)
        assert cleared(one) == ["c0"]
        assert text_of(await one.outputs(slow)) == "third\n"
        await two.say("clear_outputs", worksheet=two.worksheet)
        await one.until(lambda: cleared(one) == ["c0", "c1"])
    later = Workbench(workspace, "a.ipynb")
    async with later.at(owner.two):
        await later.until(lambda: cleared(later) == ["c0", "c1"])
        again = await later.evaluate("c0", "print('anew')")
        assert (await later.settled(again))["ordinal"] > 3


async def test_what_a_file_showed_is_cleared_too(owner: Person, workspace: str) -> None:
    output = {"output_type": "stream", "name": "stdout", "text": "shown"}
    cell = {"id": "c0", "cell_type": "code", "metadata": {}, "source": "1", "outputs": [output], "execution_count": 1}
    content = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    await put(owner, f"{workspace}/files/shown.ipynb", json.dumps(content).encode())
    one = Workbench(workspace, "shown.ipynb")
    async with one.at(owner.one):
        await one.until(lambda: any(each["kind"] == "worksheet_runs" for each in one.events))
        await one.say("clear_outputs", worksheet=one.worksheet)
        await one.until(lambda: cleared(one) == ["c0"])
        await one.until(lambda: one.session["state"] == "none")


async def test_questions_leave_room_for_stop(owner: Person, workspace: str) -> None:
    one = Workbench(workspace, "a.ipynb")
    async with one.at(owner.one):
        slow = await one.evaluate("c0", "import time\nprint('begun', flush=True)\ntime.sleep(60)")
        await one.until(lambda: one.pushed(slow))
        for _ in range(60):
            await one.say("complete_in_worksheet", worksheet=one.worksheet, code="pri", cursor=3)
        await one.until(lambda: sum(each["kind"] == "failure" for each in one.events) >= 58)
        assert {each["code"] for each in one.events if each["kind"] == "failure"} == {"full"}
        await one.say("interrupt_worksheet", worksheet=one.worksheet)
        assert (await one.settled(slow))["reason"] == "interrupted"


async def test_stop_reaches_what_waits_for_a_session_that_starts(owner: Person, workspace: str) -> None:
    for _ in range(4):
        one = Workbench(workspace, "a.ipynb")
        async with one.at(owner.one):
            name = await one.evaluate("c0", "import time; time.sleep(60)")
            await one.say("interrupt_worksheet", worksheet=one.worksheet)
            assert (await one.settled(name))["reason"] in ("interrupted", "not_run")
            await one.say("restart_worksheet", worksheet=one.worksheet)
            await one.until(lambda one=one: one.session["state"] == "ended")


def cleared(bench: Workbench) -> list[str]:
    """Return the cells that show nothing because they were cleared, as far as was told."""
    latest: dict[str, Json] = {}
    for event in bench.events:
        known = event.get("evaluations", []) if event["kind"] == "worksheet_runs" else [event]
        for each in known:
            if "ordinal" in each and each["ordinal"] >= latest.get(each["cell"], each)["ordinal"]:
                latest[each["cell"]] = each
    return sorted(cell for cell, each in latest.items() if each["reason"] == "cleared")
