"""How messages stand in the frames of a WebSocket: one in each, or in SockJS's way. Thinking only, no I/O.

Source: SockJS protocol 0.3.3, "Protocol and framing".
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Framing:
    """One way in which a socket's frames hold messages."""

    opening: str
    """The frame that comes before all others; none if empty."""
    wrap: Callable[[str], str]
    """Makes a frame of a message."""
    unwrap: Callable[[str], Iterable[str]]
    """Gives the messages of a client's frame. Raises ValueError if it holds none in this way."""
    closing: Callable[[int, str], str]
    """Makes the frame that comes last, of a code and a reason; none if empty."""


def sockjs_messages(text: str) -> list[str]:
    """Return the messages of a client's frame: a JSON list of texts, or one text.

    Raises ValueError for anything else.
    """
    if not text:
        return []
    try:
        messages = json.loads(text)
    except RecursionError as error:
        raise ValueError("is nested too deeply") from error
    if isinstance(messages, str):
        messages = [messages]
    if not isinstance(messages, list) or not all(isinstance(message, str) for message in messages):
        raise ValueError("is not a list of texts")
    return messages


def sockjs_frame(messages: Sequence[str]) -> str:
    """Return the frame that holds these messages; it is ASCII, so that no browser changes anything in it."""
    return "a" + _json(messages)


def sockjs_closing(code: int, reason: str) -> str:
    """Return the frame after which the server sends nothing."""
    return "c" + _json([code, reason])


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


PLAIN = Framing(opening="", wrap=str, unwrap=lambda text: (text,), closing=lambda code, reason: "")
SOCKJS = Framing(opening="o", wrap=lambda text: sockjs_frame([text]), unwrap=sockjs_messages, closing=sockjs_closing)
