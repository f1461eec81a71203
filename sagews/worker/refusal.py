"""A request that the worker refuses: the error that becomes a Failure on the link."""

import time

from sagews.errors import SagewsError
from sagews.protocol import sagews_pb2 as pb


class Refusal(SagewsError):
    """Why a request is not carried out; the link goes on."""

    def __init__(self, code: pb.FailureCode, what: str, noun: str, hint: str, *, load: pb.Load | None = None) -> None:
        super().__init__(what, noun, hint)
        self.code = code
        self.load = load
        """The worker's, where it is why."""

    def event(self, request: int) -> pb.Event:
        """Return the event that answers the request."""
        event = pb.Event(request=request, time=time.time())
        event.failure.code = self.code
        event.failure.what = self.what
        event.failure.noun = self.noun
        event.failure.hint = self.hint
        if self.load is not None:
            event.failure.load.CopyFrom(self.load)
        return event
