"""Stops an evaluation: sends the signals of the ladder when they are due."""

import asyncio

from sagews.worker.ladder import Ladder, Rung
from sagews.worker.process import SessionProcess


class Stopping:
    """The way from the wish that an evaluation stop to its end, or to that of its session."""

    def __init__(self, process: SessionProcess, pause: float) -> None:
        """Stop what runs in `process`, with `pause` seconds between two signals."""
        self._loop = asyncio.get_running_loop()
        self._process = process
        self._ladder = Ladder(pause)
        self._timer: asyncio.TimerHandle | None = None

    @property
    def has_begun(self) -> bool:
        """Whether it is being stopped for a limit."""
        return self._ladder.climbs

    @property
    def ends_session(self) -> bool:
        """Whether a signal was sent that ends the session."""
        return self._ladder.is_above_interrupts

    def interrupt(self) -> None:
        """Interrupt, by a reader's wish; no second time within the pause."""
        self._send(self._ladder.interrupt(self._loop.time()))

    def begin(self) -> None:
        """Stop for a limit, by stronger and stronger signals until `end`."""
        self._send(self._ladder.climb(self._loop.time()))

    def end(self) -> None:
        """Send no more: it has stopped."""
        self._ladder.leave()
        self._send(None)

    def _send(self, rung: Rung | None) -> None:
        match rung:
            case Rung.SIGINT:
                self._process.interrupt()
            case Rung.SIGQUIT:
                self._process.quit()
            case Rung.SIGKILL:
                self._process.kill()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if (due := self._ladder.due) is not None:
            self._timer = self._loop.call_at(due, self._climb)

    def _climb(self) -> None:
        # The loop's clock may be a little behind the time that it was asked for.
        self._send(self._ladder.step(max(self._loop.time(), self._ladder.due or 0.0)))
