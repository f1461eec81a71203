"""What a widget's message begins, and does not end: it is interrupted, and nothing that comes after it."""

import asyncio
import json

from tests.replay.outputs import error_of, stream
from tests.site.client_end import Json
from tests.site.desk import Desk

CODE = """
from comm import create_comm
c = create_comm(target_name='test')
def take(message):
    print('in', flush=True)
    while message['content']['data'] == 'endless': pass
c.on_msg(take)
"""


async def tell(desk: Desk, comm: str, data: str) -> None:
    body = json.dumps({"comm_id": comm, "data": data})
    await desk.client.send("comm_message", session=desk.session, comm_kind="message", body=body)


def comm_of(events: list[Json]) -> str:
    (opened,) = [json.loads(event["body"]) for event in events if event.get("output_kind") == "comm_open"]
    return str(opened["comm_id"])


async def test_a_callback_is_interrupted_and_the_next_evaluation_is_not(desk: Desk) -> None:
    comm = comm_of(await desk.evaluate(CODE))
    for _ in range(3):
        await tell(desk, comm, "endless")
        async with asyncio.timeout(20):
            assert "in" in json.loads((await desk.client.until("output"))[-1]["body"])["text"]
        await desk.interrupt()
        events = await desk.evaluate("sum(range(10**6)); print('whole')")
        # The line end of what it said may come by itself.
        assert stream(events, "stdout").lstrip("\n") == "whole\n"
        assert error_of(events)["ename"] == "KeyboardInterrupt"


async def test_an_interrupt_that_comes_too_late_hurts_nobody(desk: Desk) -> None:
    comm = comm_of(await desk.evaluate(CODE))
    for _ in range(20):
        await tell(desk, comm, "short")
        await desk.interrupt()
        events = await desk.evaluate("print('whole')")
        assert "whole\n" in stream(events, "stdout")
