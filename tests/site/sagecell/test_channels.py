"""`/kernel/ID/channels` and `/sockjs`: what SageMathCell's own clients say and hear, with others' WebSockets."""

import asyncio
import json

import aiohttp
import pytest
import websockets

from tests.running import RunningSite
from tests.site.sagecell.cell_client import DEADLINE, Heard, Talk, execute, message, opened, page_of, talking


async def test_what_sagemathcells_own_client_does(site: RunningSite) -> None:
    async with talking(await opened(site)) as talk:
        heard = await talk.evaluate("import math\nprint('so far')\nmath.factorial(20)")
        assert heard.result == "2432902008176640000"
        assert heard.text() == "so far\n"
        assert heard.states == ["busy", "idle"]
        assert heard.of("execute_input")[0]["code"].startswith("import math")
        assert heard.reply["status"] == "ok" and heard.reply["payload"] == []
        assert all(each["header"]["session"] == talk.identity for each in heard.messages)
        assert (await talk.evaluate("math.factorial(3)")).result == "6"


async def test_an_error_and_what_was_put_out_before(site: RunningSite) -> None:
    async with talking(await opened(site)) as talk:
        heard = await talk.evaluate("import sys; print('oh', file=sys.stderr); 1/0")
        assert heard.text("stderr") == "oh\n"
        (error,) = heard.of("error")
        assert (error["ename"], error["evalue"]) == ("ZeroDivisionError", "division by zero")
        assert error["traceback"]
        assert (heard.reply["status"], heard.reply["ename"]) == ("error", "ZeroDivisionError")
        assert heard.reply["payload"] == []


async def test_new_files_are_told_of_once_and_again_when_they_change(site: RunningSite) -> None:
    async with talking(await opened(site)) as talk:
        heard = await talk.evaluate("open('a.txt', 'w').write('1')\nopen('b.txt', 'w').write('2')\nNone")
        assert sorted(heard.reply["payload"][0]["new_files"]) == ["a.txt", "b.txt"]
        assert (await talk.evaluate("1")).reply["payload"] == []
        heard = await talk.evaluate("open('b.txt', 'w').write('more')\nNone")
        assert heard.reply["payload"][0]["new_files"] == ["b.txt"]
        assert (await talk.evaluate("open('c.txt', 'w').close()", user_expressions={})).reply["payload"] == []


async def test_expressions_are_values_of_the_session(site: RunningSite) -> None:
    async with talking(await opened(site)) as talk:
        heard = await talk.evaluate("x = 20", user_expressions={"name": "x + 1", "text": "'a'", "wrong": "1/0"})
        values = heard.reply["user_expressions"]
        assert values["name"] == {"status": "ok", "data": {"text/plain": "21"}, "metadata": {}}
        assert values["text"]["data"]["text/plain"] == "'a'"
        assert (values["wrong"]["status"], values["wrong"]["ename"]) == ("error", "ZeroDivisionError")
        assert (await talk.evaluate("1/0", user_expressions={"a": "x"})).reply["user_expressions"] == {}


async def test_input_is_asked_for_where_it_may_be(site: RunningSite) -> None:
    async with talking(await opened(site)) as talk:
        asked = execute("input('Name? ')", allow_stdin=True)
        await talk.send(asked)
        heard = await talk.until(lambda messages: bool(Heard(messages).of("input_request")))
        assert heard.messages[-1]["channel"] == "stdin"
        assert heard.of("input_request") == [{"prompt": "Name? ", "password": False}]
        await talk.send({**message("input_reply", {"value": "Emmy"}), "channel": "stdin"})
        assert (await talk.answered(asked)).result == "'Emmy'"
        assert (await talk.evaluate("input()")).reply["status"] == "error"


async def test_questions_beside_evaluating(site: RunningSite) -> None:
    async with talking(await opened(site)) as talk:
        (info,) = (await talk.ask(message("kernel_info_request", {}), "kernel_info_reply")).of("kernel_info_reply")
        assert info["language_info"]["name"] == "python" and info["protocol_version"]
        await talk.evaluate("thing_of_mine = 1")
        asked = message("complete_request", {"code": "thing_of_", "cursor_pos": 9})
        (completed,) = (await talk.ask(asked, "complete_reply")).of("complete_reply")
        assert (completed["matches"], completed["cursor_start"], completed["cursor_end"]) == (["thing_of_mine"], 0, 9)
        asked = message("inspect_request", {"code": "len", "cursor_pos": 3, "detail_level": 0})
        (inspected,) = (await talk.ask(asked, "inspect_reply")).of("inspect_reply")
        assert inspected["found"] and "number of items" in inspected["data"]["text/plain"]
        asked = message("object_info_request", {"oname": "no_such_name", "detail_level": 0})
        (inspected,) = (await talk.ask(asked, "object_info_reply")).of("object_info_reply")
        assert inspected["found"] is False


async def test_an_interrupt(site: RunningSite) -> None:
    async with talking(await opened(site)) as talk:
        asked = execute("print('begun', flush=True)\nimport time\nwhile True: time.sleep(0.01)")
        waiting = execute("'never'")
        await talk.send(asked)
        await talk.until(lambda messages: Heard(messages).text() == "begun\n")
        await talk.send(waiting)
        await talk.send({**message("interrupt_request", {}), "channel": "control"})
        heard = await talk.until(lambda messages: len(Heard(messages).of("execute_reply")) == 2)
        replies = {
            each["parent_header"].get("msg_id"): each["content"]
            for each in heard.messages
            if "status" in each["content"]
        }
        assert replies[asked["header"]["msg_id"]]["ename"] == "KeyboardInterrupt"
        assert replies[waiting["header"]["msg_id"]]["status"] == "aborted"


async def test_what_is_no_message_is_passed_over(site: RunningSite) -> None:
    said = await opened(site)
    hostile = [
        "",
        "no JSON",
        "[]",
        "17",
        '{"header": []}',
        json.dumps({"header": {"msg_id": "a"}, "content": {}}),
        json.dumps({"header": {"msg_id": "a", "msg_type": "x" * 300}, "content": {}}),
        json.dumps(message("no_such_request", {})),
        json.dumps(message("input_reply", {"value": "to nothing"})),
        json.dumps(message("complete_request", {"code": 17, "cursor_pos": -1})),
        json.dumps(message("comm_msg", {"comm_id": {"a": []}, "data": None})),
        json.dumps(message("execute_request", {"code": "1", "user_expressions": {"a": "x" * 20_000}})),
        '{"header": {"msg_id": "b", "msg_type": "execute_request"}, "content": {"code": "\\ud800"}}',
        "[" * 100_000,
        '{"content":' * 2000 + "{}" + "}" * 2000,
        json.dumps(execute("#" * (2 << 20))),
    ]
    async with websockets.connect(f"{said['ws_url']}kernel/{said['id']}/channels", max_size=None) as socket:
        for text in hostile:
            await socket.send(text)
        await socket.send(b"\x00\xff")
        last = execute("6*7")
        await socket.send(json.dumps(last))
        async with asyncio.timeout(DEADLINE):
            while True:
                found = json.loads(await socket.recv())
                if found["header"]["msg_type"] == "execute_result":
                    break
        assert found["content"]["data"]["text/plain"] == "42"
        assert found["parent_header"]["msg_id"] == last["header"]["msg_id"]
    assert "message not acted upon" not in site.log() and "event not told" not in site.log()


async def test_an_id_that_is_none(site: RunningSite) -> None:
    said = await opened(site)
    with pytest.raises(websockets.exceptions.InvalidStatus) as refused:
        async with websockets.connect(f"{said['ws_url']}kernel/00000000-0000/channels"):
            pass
    assert refused.value.response.status_code == 404
    wrong = {**said, "id": "c" + "A" * 32 + said["id"][33:]}
    async with talking(wrong) as talk:
        await talk.send(execute("'mine?'"))
        assert "execute_result" not in json.dumps((await talk.dies()).messages)
    # Nor does it while its owner is there.
    async with talking(said) as talk, talking(wrong) as thief:
        assert (await talk.evaluate("secret = 7; secret")).result == "7"
        await thief.send(execute("secret"))
        assert not (await thief.dies()).of("execute_result")
        assert (await talk.evaluate("secret")).result == "7"


async def test_a_page_has_one_connection_for_all_its_sessions(site: RunningSite) -> None:
    async with page_of(site) as page:
        first, second = [page.talk((await opened(site, timeout=timeout))["id"]) for timeout in ("0", "inf")]
        one, two = await asyncio.gather(first.evaluate("x = 1; x"), second.evaluate("x = 2; x"))
        assert (one.result, two.result) == ("1", "2")
        assert (await second.evaluate("x")).result == "2"
        for text in ("", "no comma", ",", "a/channels,{}", f"{first.identity}/other,{{}}", "complete,[]"):
            await page.raw(text)
        assert (await first.evaluate("x")).result == "1"


NAMES = [
    ("gap", "g := Symmet", "SymmetricGroup", 5),
    ("gp", "nextpr", "nextprime", 0),
    ("maxima", "integr", "integrate", 0),
    ("r", "x <- read.c", "read.csv", 5),
    ("singular", "groeb", "groebner", 0),
]


async def test_completions_without_a_session(site: RunningSite) -> None:
    async with page_of(site) as page:
        talk = page.talk("complete")
        asked = message("complete_request", {"text": "", "line": "x = enumer", "cursor_pos": 10, "mode": "sage"})
        await talk.send(asked)
        found = await asyncio.wait_for(talk.receive(), DEADLINE)
        assert found["parent_header"]["msg_id"] == asked["header"]["msg_id"]
        assert (found["content"]["matches"], found["content"]["cursor_start"]) == (["enumerate"], 4)
        await talk.send(message("object_info_request", {"oname": "len", "detail_level": 0}))
        assert (await asyncio.wait_for(talk.receive(), DEADLINE))["content"]["found"] is True
        for mode, line, name, start in NAMES:
            await talk.send(message("complete_request", {"text": "", "line": line, "cursor_pos": 999, "mode": mode}))
            content = (await asyncio.wait_for(talk.receive(), DEADLINE))["content"]
            assert name in content["matches"] and content["cursor_start"] == start, content
        for mode in ("gap", "klingon", "octave"):
            await talk.send(message("complete_request", {"line": "Zyx", "cursor_pos": 3, "mode": mode}))
            assert (await asyncio.wait_for(talk.receive(), DEADLINE))["content"]["matches"] == []
        await talk.send(message("object_info_request", {"oname": "Group", "mode": "gap"}))
        assert (await asyncio.wait_for(talk.receive(), DEADLINE))["content"]["found"] is False


async def _lost(site: RunningSite, talk: Talk, code: str) -> str:
    """Ask for an evaluation, and return the message's id when it has begun."""
    asked = execute(code)
    await talk.send(asked)
    await talk.until(lambda messages: bool(Heard(messages).text()))
    return str(asked["header"]["msg_id"])


async def test_who_comes_back_hears_all_of_what_ran_meanwhile(site: RunningSite) -> None:
    said = await opened(site)
    code = "import time\nfor i in range(10):\n    print(i, flush=True)\n    time.sleep(0.05)\n'end'"
    async with talking(said) as talk:
        name = await _lost(site, talk, code)
    await asyncio.sleep(0.2)
    async with talking(said) as talk:
        await talk.send(message("kernel_info_request", {}))
        heard = await talk.until(lambda messages: bool(Heard(messages).of("execute_reply")))
    own = [each for each in heard.messages if each["parent_header"].get("msg_id") == name]
    begun = next(place for place, each in enumerate(own) if each["header"]["msg_type"] == "clear_output")
    assert Heard(own[begun:]).text() == "".join(f"{i}\n" for i in range(10))
    assert Heard(own).result == "'end'" and Heard(own).reply["status"] == "ok"


async def test_the_last_who_comes_has_the_session(site: RunningSite) -> None:
    said = await opened(site, timeout="inf")
    async with talking(said) as first:
        assert (await first.evaluate("x = 5; x")).result == "5"
        async with talking(said) as second:
            heard = await second.evaluate("x + 1")
            assert [each["data"]["text/plain"] for each in heard.of("execute_result")] == ["5", "6"]
            await first.send(execute("'nobody listens'"))
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(first.receive(), 0.5)


async def test_a_session_that_is_deleted_dies(site: RunningSite) -> None:
    said = await opened(site)
    async with talking(said) as talk, aiohttp.ClientSession() as http:
        await talk.evaluate("1")
        async with http.delete(site.url + "kernel/" + said["id"]) as response:
            assert (response.status, await response.read()) == (200, b"")
        await talk.dies()
        for other in (said["id"], "c" + "x" * 40, "nothing"):
            async with http.delete(site.url + "kernel/" + other) as response:
                assert response.status == 200
