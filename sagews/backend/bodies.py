"""How large the body of a request may be: each route says so, and what says it is larger is refused unread."""

from collections.abc import Callable
from typing import Any, TypeVar

MOST = 1 << 14
"""Bytes, where a route says nothing: it takes no body."""

F = TypeVar("F", bound=Callable[..., Any])

_ATTRIBUTE = "most_body"


def takes(most: int | None) -> Callable[[F], F]:
    """Have the doorkeeper let bodies of so many bytes through to what is decorated; None: it looks itself."""

    def declared(answer: F) -> F:
        setattr(answer, _ATTRIBUTE, most)
        return answer

    return declared


def most_body(answer: Callable[..., Any]) -> int | None:
    """Return how many bytes of body what answers a route takes; None: it looks itself."""
    most: int | None = getattr(answer, _ATTRIBUTE, MOST)
    return most
