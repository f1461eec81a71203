"""The news of a beginning waits a moment for what follows, and never longer."""

import asyncio

from sagews.worker.attachment import Attachment
from sagews.worker.feed import SOON, Feed
from sagews.worker.replay import Replay


class Reading:
    """A link that takes all."""

    writable = True

    def __init__(self) -> None:
        self.taken: list[bytes] = []

    def send(self, event: bytes) -> None:
        self.taken.append(event)


async def test_what_may_wait_goes_with_what_may_not_and_in_order() -> None:
    replay, reading, feed = Replay(1000), Reading(), Feed()
    feed.add(Attachment("s", replay, reading, after=0))
    replay.append(b"queued")
    feed.pump_soon()
    replay.append(b"started")
    feed.pump_soon()
    assert reading.taken == []
    replay.append(b"output")
    feed.pump()
    assert reading.taken == [b"queued", b"started", b"output"]
    replay.append(b"queued again")
    feed.pump_soon()
    await asyncio.sleep(SOON * 20)
    assert reading.taken[3:] == [b"queued again"]
