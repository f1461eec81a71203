"""The typed Python client of a sagews site, which `sagews run` and `sagews console` use.

    async with Client("http://127.0.0.1:8080/") as client:
        session = await client.open()
        async for event in session.evaluate("1 + 1"):
            print(event)

`client.py` opens sessions, `connection.py` keeps the WebSocket, `session.py`
thinks about what a session's events mean, `events.py` are those events,
`files.py` moves files.
"""

from sagews.client.client import Client
from sagews.client.events import Done, Ended, Event, Gap, InputTaken, Output, Queued, Started, Truncated
from sagews.client.files import File, FileList
from sagews.client.session import Session

__all__ = [
    "Client",
    "Done",
    "Ended",
    "Event",
    "File",
    "FileList",
    "Gap",
    "InputTaken",
    "Output",
    "Queued",
    "Session",
    "Started",
    "Truncated",
]
