"""In which form events go to a caller: one JSON object, JSON lines, or server-sent events. Thinking only, no I/O.

Sources: RFC 9110 section 12.5.1 (Accept), HTML standard (server-sent events), ndjson.org.
"""

from collections.abc import Iterable
from enum import Enum

from sagews.backend.hold import Told

JSON = "application/json"


class Form(Enum):
    """A media type of events."""

    WHOLE = JSON
    """All at once, in one object."""
    LINES = "application/x-ndjson"
    """As they come, one JSON object a line."""
    SENT = "text/event-stream"
    """As they come, as server-sent events whose id is the sequence number."""

    def encoded(self, told: Iterable[Told]) -> bytes:
        """Return events as they are sent in one of the two streaming forms."""
        if self is Form.SENT:
            return "".join(f"id: {one.event.sequence}\ndata: {one.text}\n\n" for one in told).encode()
        return "".join(f"{one.text}\n" for one in told).encode()

    @property
    def beat(self) -> bytes:
        """What is sent to show that the stream lives, and means nothing: a comment, or an empty line."""
        return b":\n\n" if self is Form.SENT else b"\n"


def form_of(accept: str) -> Form:
    """Return the form that an Accept header prefers among those that it names; else all at once."""
    best, weight = Form.WHOLE, 0.0
    for part in accept.lower().split(","):
        media, *parameters = (word.strip() for word in part.split(";"))
        quality = _quality(parameters)
        if quality > weight and media in _FORMS:
            best, weight = _FORMS[media], quality
    return best


_FORMS = {form.value: form for form in Form}


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                return min(max(float(parameter[2:]), 0.0), 1.0)
            except ValueError:
                return 0.0
    return 1.0
