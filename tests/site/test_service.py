"""`POST /service`: SageMathCell's one-shot interface, and what ours adds."""

import asyncio
import json
import os
import time
from typing import Any

import aiohttp
import psutil

from tests.running import RunningSite
from tests.site.client_end import assert_serves


async def call(site: RunningSite, code: str = "", **fields: Any) -> dict[str, Any]:
    """Post a form and return the answer."""
    async with (
        aiohttp.ClientSession() as http,
        asyncio.timeout(60),
        http.post(site.url + "service", data={"code": code, **fields}) as response,
    ):
        assert response.status == 200, await response.text()
        assert response.content_type == "application/json"
        answer: dict[str, Any] = json.loads(await response.text())
        return answer


async def test_stdout_as_sagemathcell_gives_it(site: RunningSite) -> None:
    answer = await call(site, "print(2+2)")
    assert answer["success"] is True
    assert answer["stdout"] == "4\n"
    assert "stderr" not in answer
    assert answer["execute_reply"] == {"status": "ok", "execution_count": 1, "user_expressions": {}, "payload": []}


async def test_a_bare_expression_gives_its_result(site: RunningSite) -> None:
    answer = await call(site, "from sympy import *; x = Symbol('x'); integrate(x, x)")
    assert answer["result"] == "x**2/2"
    assert answer["outputs"][0]["output_type"] == "execute_result"
    assert "text/latex" in answer["outputs"][0]["data"]


async def test_an_error(site: RunningSite) -> None:
    answer = await call(site, "import sys; print('so far'); print('oh', file=sys.stderr); 1/0")
    assert answer["success"] is False
    assert answer["reason"] == "error"
    assert answer["stdout"] == "so far\n"
    assert answer["stderr"] == "oh\n"
    reply = answer["execute_reply"]
    assert (reply["status"], reply["ename"], reply["evalue"]) == ("error", "ZeroDivisionError", "division by zero")
    assert reply["traceback"]


async def test_json_and_several_codes(site: RunningSite) -> None:
    async with aiohttp.ClientSession() as http:
        async with http.post(site.url + "service", json={"code": "'ä' + 'β'"}) as response:
            assert (await response.json())["result"] == "'äβ'"
        async with http.post(site.url + "service", data=[("code", "x = 1\n"), ("code", "x + 1")]) as response:
            assert (await response.json())["result"] == "2"


async def test_a_form_in_parts(site: RunningSite) -> None:
    form = aiohttp.FormData(default_to_multipart=True)
    form.add_field("code", "3 * 14")
    async with aiohttp.ClientSession() as http, http.post(site.url + "service", data=form) as response:
        assert (await response.json())["result"] == "42"


async def test_displays_updates_and_clears(site: RunningSite) -> None:
    code = """
from IPython.display import clear_output, display, HTML
print('gone'); clear_output()
handle = display(HTML('<b>1</b>'), display_id='d')
handle.update(HTML('<b>2</b>'))
"""
    answer = await call(site, code)
    assert [output["data"]["text/html"] for output in answer["outputs"]] == ["<b>2</b>"]
    assert "stdout" not in answer


async def test_a_figure(site: RunningSite) -> None:
    answer = await call(site, "import matplotlib.pyplot as plt; plt.plot([1, 2]); plt.show()")
    assert any(output.get("data", {}).get("image/png", "").startswith("iVBOR") for output in answer["outputs"])


async def test_input_says_at_once_that_nobody_answers(site: RunningSite) -> None:
    begun = time.monotonic()
    answer = await call(site, "input('?')")
    assert answer["success"] is False
    assert time.monotonic() - begun < 3


async def test_the_time_is_limited(site: RunningSite) -> None:
    begun = time.monotonic()
    answer = await call(site, "print('started', flush=True)\nwhile True: pass", timeout="1")
    assert answer["success"] is False
    assert answer["reason"] == "wall_time"
    assert answer["stdout"] == "started\n"
    assert "execute_reply" not in answer
    assert time.monotonic() - begun < 5


async def test_the_session_ends_with_its_call(site: RunningSite) -> None:
    answer = await call(site, "import os; os._exit(3)")
    assert answer["success"] is False
    assert answer["reason"] == "session_ended"
    assert "3" in answer["text"]


async def test_a_caller_who_goes_away_ends_what_he_started(site: RunningSite) -> None:
    seconds = str(100_000 + os.getpid())
    code = f"import subprocess\nsubprocess.run(['sleep', '{seconds}'])"

    def sleeps() -> bool:
        return any(process.info["cmdline"] == ["sleep", seconds] for process in psutil.process_iter(["cmdline"]))

    caller = asyncio.create_task(call(site, code))
    async with asyncio.timeout(5):
        while not sleeps():
            await asyncio.sleep(0.05)
    caller.cancel()
    async with asyncio.timeout(5):
        while sleeps():
            await asyncio.sleep(0.1)
    await assert_serves(site.url)
