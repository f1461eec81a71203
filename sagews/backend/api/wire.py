"""What a caller asks for, as a request of the wire: made of the message that a connection would send.

So the rules on fields are those of `sagews/protocol/json_requests.py`, and no others.
"""

import msgspec

from sagews.protocol import sagews_pb2 as pb
from sagews.protocol.json_events import Json
from sagews.protocol.json_requests import request_from_json


def request_of(kind: str, **fields: object) -> pb.Request:
    """Return a request of this kind. Raises RefusedRequest."""
    return request_from_json({"kind": kind, **fields})


def limits_of(limits: msgspec.Struct | None) -> Json:
    """Return the limits that were named, as a message has them."""
    return {} if limits is None else {name: value for name, value in msgspec.structs.asdict(limits).items() if value}
