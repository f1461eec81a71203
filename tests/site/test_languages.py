"""Cells in other languages, as programs ask for them: over `/service`, the API and a connection."""

import json
import shutil
from typing import Any

import aiohttp
import pytest

from sagews.session.languages.programs import PROGRAMS
from tests.running import RunningSite
from tests.site.api_end import LINES, calling
from tests.site.desk import Desk

VALUES = {
    "gap": ("Order(SymmetricGroup(5));", "120\n"),
    "gp": ("2^10", "1024\n"),
    "macaulay2": ("2^10", "\no1 = 1024\n\n"),
    "maxima": ("integrate(x^2, x);", "x^3/3\n"),
    "octave": ("disp (2^10)", "1024\n"),
    "r": ("2^10", "[1] 1024\n"),
    "singular": ("2^10;", "1024\n"),
}
"""A cell of each, and what it says."""


async def service(site: RunningSite, status: int = 200, **fields: Any) -> dict[str, Any]:
    """Post a form and return the answer."""
    async with (
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(60)) as http,
        http.post(site.url + "service", data=fields) as response,
    ):
        assert response.status == status, await response.text()
        answer: dict[str, Any] = json.loads(await response.text()) if status == 200 else {"text": await response.text()}
        return answer


async def test_python_and_html_over_service(quick: RunningSite) -> None:
    assert (await service(quick, code="2 ** 10", language="python"))["result"] == "1024"
    answer = await service(quick, code="<b>2 ** 10</b>", language="html")
    assert (answer["success"], answer["outputs"][0]["data"]["text/html"]) == (True, "<b>2 ** 10</b>")


async def test_an_unknown_language_is_refused(quick: RunningSite) -> None:
    assert "one of sage, gap" in (await service(quick, 400, code="1", language="cobol"))["text"]
    async with calling(quick) as caller:
        failure = await caller.ask("POST", "evaluate", 400, json={"code": "1", "language": "cobol"})
        assert "cobol" in str(failure) and "language" in str(failure), failure


@pytest.mark.parametrize("name", PROGRAMS)
async def test_a_program_runs_or_its_package_is_named(quick: RunningSite, name: str) -> None:
    program, (code, expected) = PROGRAMS[name], VALUES[name]
    answer = await service(quick, code=code, language=name)
    if program.path:
        assert answer["success"] is True, answer
        assert answer["stdout"].endswith(expected)
    else:
        reply = answer["execute_reply"]
        assert reply["ename"] == "MissingProgramError"
        assert f"`{program.package}`" in reply["evalue"]


async def test_sage_where_there_is_none(quick: RunningSite) -> None:
    reply = (await service(quick, code="factor(6)", language="sage"))["execute_reply"]
    assert reply["evalue"].startswith("Sage: is not in this environment; ")


async def test_the_same_code_in_another_language_has_another_result(quick: RunningSite) -> None:
    code = "'<i>1</i>'"
    async with calling(quick) as caller:
        for _ in range(2):  # The second time they are kept.
            assert (await caller.evaluate(code))["result"] == repr("<i>1</i>")
            shown = (await caller.evaluate(code, language="html"))["outputs"]
            assert [output["data"]["text/html"] for output in shown] == [code]
        assert (await caller.evaluate(code, language="html"))["kept_since"] > 0


async def test_evaluations_of_a_session_have_a_language_each(desk: Desk) -> None:
    await desk.evaluate("x = 7")
    events = await desk.run("<b>x</b>", language="html")
    assert [event["language"] for event in events if event["kind"] == "queued"] == ["html"]
    assert "text/html" in next(event["body"] for event in events if event["kind"] == "output")
    events = await desk.run("x", language="python")
    assert "'7'" in next(event["body"] for event in events if event["kind"] == "output").replace('"', "'")


async def test_a_session_of_the_api_takes_one_too(quick: RunningSite) -> None:
    async with calling(quick) as caller:
        opened = await caller.ask("POST", "sessions", 201, json={})
        headers = {"Sagews-Session-Token": opened["token"], "Accept": LINES}
        path = f"sessions/{opened['id']}/evaluations"
        body = {"code": "<b>1</b>", "language": "html"}
        events = await caller.all_of("POST", path, LINES, headers=headers, json=body)
        assert any("<b>1</b>" in event.get("body", "") for event in events)
        await caller.ask("DELETE", f"sessions/{opened['id']}", 204, headers=headers)


@pytest.mark.skipif(not shutil.which("R"), reason="R is not installed here")
async def test_a_figure_and_an_interrupt_of_r_behind_all_walls(desk: Desk) -> None:
    events = await desk.run("plot(1:3)", language="r")
    assert events[-1]["reason"] == "done"
    assert "iVBOR" in next(event["body"] for event in events if event["kind"] == "output")
    await desk.begin("slow", "cat('begun\\n'); Sys.sleep(100)", language="r")
    await desk.client.until("output", evaluation="slow")
    await desk.interrupt()
    assert (await desk.end_of("slow"))[-1]["reason"] == "interrupted"
    await desk.evaluate("1")
