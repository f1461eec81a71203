"""Those who are attached to a session, and when they get its events: at once, or in a moment with what follows."""

import asyncio

from sagews.worker.attachment import Attachment

SOON = 0.002
"""Seconds that the news of a beginning waits for what follows: of most evaluations the first output comes sooner, and
one message for both costs every process on the way half as much."""


class Feed:
    """The attachments of one session."""

    def __init__(self) -> None:
        self._attachments: set[Attachment] = set()
        self._later: asyncio.TimerHandle | None = None

    def add(self, attachment: Attachment) -> None:
        """Feed an attachment from now on."""
        self._attachments.add(attachment)
        attachment.pump()

    def discard(self, attachment: Attachment) -> None:
        """Stop feeding an attachment."""
        self._attachments.discard(attachment)

    def pump(self) -> None:
        """Give everybody what they do not have yet."""
        if self._later is not None:
            self._later.cancel()
            self._later = None
        for attachment in tuple(self._attachments):
            attachment.pump()

    def pump_soon(self) -> None:
        """Do so within a moment."""
        if self._later is None:
            self._later = asyncio.get_running_loop().call_later(SOON, self.pump)
