"""The asyncio loop of a session, made in the zygote, opened after the fork."""

import asyncio
import selectors


class Loop(asyncio.SelectorEventLoop):
    """A loop that gets its descriptors late, and whose copies in forked processes work on their own.

    Its selector is poll(2), which has no state outside the process; epoll's
    would be shared with every fork.
    """

    def __init__(self) -> None:
        super().__init__(selectors.PollSelector())

    def _make_self_pipe(self) -> None:
        """Make no descriptors yet: the zygote's would be common to all sessions."""

    def open(self) -> None:
        """Make the pipe by which threads and signals wake the loop."""
        super()._make_self_pipe()  # type: ignore[misc]

    @property
    def is_at_rest(self) -> bool:
        """Whether nothing waits in it but what a session itself waits for: no task, timer, callback or descriptor."""
        waits = len(self._selector.get_map()) > 1  # type: ignore[attr-defined]  # the pipe that wakes it
        timers = any(not timer.cancelled() for timer in self._scheduled)  # type: ignore[attr-defined]
        return not (waits or timers or self._ready or asyncio.all_tasks(self))  # type: ignore[attr-defined]
