"""The header `Cache-Status`, as RFC 9211 writes it."""

import pytest

from sagews.backend.cache_status import CacheStatus


@pytest.mark.parametrize(
    ("status", "header"),
    [
        (CacheStatus(hit=True, ttl=376.4, detail="memory"), "sagews; hit; ttl=376; detail=memory"),
        (CacheStatus(hit=True), "sagews; hit"),
        (CacheStatus(forwarded="miss", stored=True), "sagews; fwd=miss; stored"),
        (CacheStatus(forwarded="miss", stored=True, collapsed=True), "sagews; fwd=miss; stored; collapsed"),
        (CacheStatus(forwarded="request", detail="clock"), "sagews; fwd=request; detail=clock"),
        (CacheStatus(), "sagews; fwd=miss"),
    ],
)
def test_headers(status: CacheStatus, header: str) -> None:
    assert str(status) == header
