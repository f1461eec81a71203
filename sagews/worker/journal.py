"""What the log tells of a session and its evaluations: how they ended and what they used, never what was in them."""

import asyncio
import hashlib

import structlog

from sagews.protocol import sagews_pb2 as pb
from sagews.worker.evaluations import Evaluation

LOGGED_AFTER = 0.25
"""Seconds after the end of an evaluation by which the log tells of it: not on the way of the next one."""

log = structlog.get_logger()


class Journal:
    """Writes the log of one session."""

    def __init__(self, session: str, reader: str) -> None:
        self._session = session
        self._reader = reader
        self._unwritten: list[tuple[Evaluation, pb.Done]] = []
        self._timer: asyncio.TimerHandle | None = None

    def evaluation_ended(self, evaluation: Evaluation, done: pb.Done) -> None:
        """Log an evaluation by the size and the hash of its code: the code itself is the reader's."""
        self._unwritten.append((evaluation, done))
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(LOGGED_AFTER, self._write)

    def session_ended(self, ended: pb.Ended, output_bytes: int) -> None:
        """Log the session's end; `output_bytes` are those of all its evaluations."""
        if self._timer is not None:
            self._timer.cancel()
        self._write()
        log.info(
            "session ended",
            session=self._session,
            reader=self._reader,
            reason=pb.SessionReason.Name(ended.reason),
            status=ended.status,
            cpu_seconds=round(ended.cpu_seconds, 3),
            memory_peak=ended.memory_peak,
            output_bytes=output_bytes,
        )

    def _write(self) -> None:
        self._timer = None
        unwritten, self._unwritten = self._unwritten, []
        for evaluation, done in unwritten:
            code = evaluation.code.encode()
            log.info(
                "evaluation ended",
                session=self._session,
                reader=self._reader,
                evaluation=evaluation.name,
                reason=pb.EvaluationReason.Name(done.reason),
                code_bytes=len(code),
                code_sha256=hashlib.sha256(code).hexdigest(),
                wall_seconds=round(done.wall_seconds, 3),
                cpu_seconds=round(done.cpu_seconds, 3),
                output_bytes=done.output_bytes,
            )
