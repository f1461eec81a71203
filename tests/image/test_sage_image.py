"""The image with Sage: a container of it answers its first request in seconds."""

import time

import pytest

from tests.image.containers import SAGE_IMAGE, container

pytestmark = pytest.mark.skipif(not SAGE_IMAGE, reason="no SAGEWS_SAGE_IMAGE: `make test-image SAGE=1` builds one")

WALLS = ("--cap-add", "SYS_ADMIN,SYS_PTRACE")
FIRST_ANSWER = 60
"""Seconds from `podman run` in which the first answer must be there; that of SageMathCell's container took minutes."""


def test_its_first_request_is_answered_in_seconds(volume: str) -> None:
    begun = time.monotonic()
    with container(f"{volume}:/data", *WALLS, image=SAGE_IMAGE) as site:
        told = site.ask("/service", b"code=print(factor(2^64-1)); print(integrate(sin(x)^2, x, 0, pi))")
        took = time.monotonic() - begun
        print(f"the first answer of Sage came {took:.1f} s after the container was begun")
        assert told["stdout"] == "3 * 5 * 17 * 257 * 641 * 65537 * 6700417\n1/2*pi\n"
        assert took < FIRST_ANSWER
        assert [worker["tier"] for worker in site.ask("/status.json")["workers"]] == ["A"]


def test_plain_python_is_there_too(volume: str) -> None:
    with container(f"{volume}:/data", *WALLS, image=SAGE_IMAGE) as site:
        told = site.ask("/service", b"code=print(2^3, 1/2)&language=python")
        assert told["stdout"] == "1 0.5\n"
