"""What a message of a widget has run is interrupted: alone, when it has just ended, and before others that wait."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.running import RunningSite
from tests.site.client_end import ClientEnd, connected, result_of

CODE = """
import comm, time
kept, done = [], []
c = comm.create_comm(target_name="test")
def act(message):
    seconds = message["content"]["data"]["seconds"]
    kept.append(seconds)
    print("begun", flush=True)
    end = time.monotonic() + seconds
    while time.monotonic() < end: pass
    done.append(seconds)
c.on_msg(act)
print(c.comm_id)
"""
FOREVER = 1_000


class Callbacks:
    """One reader and their session, whose comm takes as many seconds as it is told."""

    def __init__(self, client: ClientEnd, session: str, comm: str) -> None:
        self.client, self.session, self._comm = client, session, comm

    async def tell(self, seconds: float) -> int:
        body = json.dumps({"comm_id": self._comm, "data": {"seconds": seconds}})
        return await self.client.send("comm_message", session=self.session, comm_kind="message", body=body)

    async def begin(self, seconds: float) -> int:
        request = await self.tell(seconds)
        while (await self.client.until("output"))[-1]["output_kind"] != "stream":
            pass
        return request

    async def interrupt(self, **scope: str) -> None:
        await self.client.send("interrupt", session=self.session, **scope)

    async def ask_for(self, name: str, code: str) -> None:
        """Have a cell evaluated, and wait until it stands in the queue."""
        await self.client.send("evaluate", session=self.session, evaluation=name, code=code)
        await self.client.until("queued", evaluation=name)

    async def evaluate(self, code: str) -> list[dict[str, Any]]:
        return await self.client.evaluate(self.session, code)


@pytest.fixture
async def callbacks(site: RunningSite) -> AsyncIterator[Callbacks]:
    async with connected(site.url) as client:
        session = await client.open()
        events = await client.evaluate(session, CODE)
        bodies = [json.loads(each["body"]) for each in events if each["kind"] == "output"]
        yield Callbacks(client, session, next(body["comm_id"] for body in bodies if "comm_id" in body))
        await client.send("close", session=session)


async def test_one_that_never_ends(callbacks: Callbacks) -> None:
    request = await callbacks.begin(FOREVER)
    await callbacks.interrupt()
    events = await callbacks.client.until("comm_handled", request=request)
    (fault,) = [json.loads(each["body"]) for each in events if each.get("output_kind") == "error"]
    assert fault["ename"] == "KeyboardInterrupt"
    assert result_of(await callbacks.evaluate("kept, done")) == "([1000], [])"
    # The next one runs to its end.
    request = await callbacks.begin(0)
    await callbacks.client.until("comm_handled", request=request)
    assert result_of(await callbacks.evaluate("done")) == "[0]"


async def test_an_interrupt_that_comes_late_meets_no_evaluation(callbacks: Callbacks) -> None:
    for _ in range(20):
        request = await callbacks.begin(0.002)
        await callbacks.interrupt()
        events = await callbacks.evaluate("for _ in range(100_000): pass\n7")
        assert events[-1]["reason"] == "done" and result_of(events) == "7"
        assert any(each["kind"] == "comm_handled" and each["request"] == request for each in events)


async def test_those_behind_it_are_taken(callbacks: Callbacks) -> None:
    await callbacks.begin(FOREVER)
    last = [await callbacks.tell(0) for _ in range(3)][-1]
    await callbacks.interrupt()
    await callbacks.client.until("comm_handled", request=last)
    assert result_of(await callbacks.evaluate("done")) == "[0, 0, 0]"


async def test_a_cell_that_waits_is_taken_back_and_what_it_waits_for_goes_on(callbacks: Callbacks) -> None:
    request = await callbacks.begin(FOREVER)
    for name in ("one", "two"):
        await callbacks.ask_for(name, f"kept.append({name!r})")
    await callbacks.interrupt()
    for name in ("one", "two"):
        assert (await callbacks.client.until("done", evaluation=name))[-1]["reason"] == "not_run"
    # These end evaluations alone, of which there are none.
    await callbacks.interrupt(scope="evaluations")
    await callbacks.ask_for("three", "kept, done")
    await callbacks.interrupt(scope="callback")
    events = await callbacks.client.until("done", evaluation="three")
    assert [each["kind"] for each in events if each["kind"] in ("comm_handled", "started", "done")] == [
        *("comm_handled", "started", "done")
    ]
    assert any(each["kind"] == "comm_handled" and each["request"] == request for each in events)
    assert result_of(events) == "([1000], [])" and events[-1]["reason"] == "done"


async def test_what_is_said_while_a_cell_waits_is_taken_after_it(callbacks: Callbacks) -> None:
    await callbacks.begin(FOREVER)
    await callbacks.ask_for("between", "done.append('between')")
    last = [await callbacks.tell(0) for _ in range(3)][-1]
    await callbacks.interrupt(scope="callback")
    await callbacks.client.until("comm_handled", request=last)
    assert result_of(await callbacks.evaluate("done")) == "['between', 0, 0, 0]"
    # It is taken back: what was said after it is not.
    await callbacks.begin(FOREVER)
    await callbacks.ask_for("never", "done.append('never')")
    last = await callbacks.tell(0)
    await callbacks.interrupt()
    await callbacks.interrupt()
    await callbacks.client.until("comm_handled", request=last)
    assert result_of(await callbacks.evaluate("done")) == "['between', 0, 0, 0, 0]"


async def test_a_control_is_not_stopped_while_a_cell_runs(callbacks: Callbacks) -> None:
    await callbacks.client.send(
        "evaluate",
        session=callbacks.session,
        evaluation="long",
        code="import time\nprint('in')\ntime.sleep(0.5)\n'whole'",
    )
    await callbacks.client.until("started", evaluation="long")
    request = await callbacks.tell(0)
    await callbacks.interrupt(scope="callback")
    events = await callbacks.client.until("comm_handled", request=request)
    assert (
        result_of(events) == "'whole'" and next(each for each in events if each["kind"] == "done")["reason"] == "done"
    )


async def test_an_unknown_scope_is_refused(callbacks: Callbacks) -> None:
    await callbacks.interrupt(scope="all")
    failure = (await callbacks.client.until("failure"))[-1]
    assert failure["code"] == "bad_message" and "evaluations, callback" in failure["hint"]


async def test_what_is_said_while_a_cell_waits_is_held_up_to_a_limit(callbacks: Callbacks) -> None:
    await callbacks.begin(FOREVER)
    await callbacks.ask_for("between", "1")
    said = [await callbacks.tell(0) for _ in range(1001)]
    failure = (await callbacks.client.until("failure"))[-1]
    assert (failure["request"], failure["code"]) == (said[-1], "full")
    await callbacks.interrupt(scope="callback")
    await callbacks.client.until("comm_handled", request=said[-2])
    assert result_of(await callbacks.evaluate("len(done)")) == "1000"
