"""A reader who means harm, as a process of its own: `python -m benchmarks.bad_neighbour URL CODE`.

It runs code in one session after another until it is killed, and throws away
what it is sent, so that it costs the machine that it shares with the service
as little as can be.
"""

import asyncio
import sys

from benchmarks.client import Client

PAUSE = 0.05
"""Seconds between two sessions."""
LONGEST = 3.0
"""Seconds after which it tries a new session."""


async def run(url: str, code: str) -> None:
    """Open a session, run the code, read without looking until the end, again and again."""
    while True:
        client = Client(url)
        await client.enter()
        await client.send({"kind": "open", "id": 1})
        session = ""
        while not session:
            event = await client.receive()
            session = event["session"] if event["kind"] == "opened" else ""
        await client.send({"kind": "evaluate", "id": 2, "session": session, "evaluation": "bad", "code": code})
        try:
            async with asyncio.timeout(LONGEST):
                await client.drain()
        except TimeoutError:
            await client.send({"kind": "close", "id": 3, "session": session})
        await client.close()
        await asyncio.sleep(PAUSE)


if __name__ == "__main__":
    asyncio.run(run(sys.argv[1], sys.argv[2]))
