"""The TCP sockets of services."""

import contextlib
import socket
from collections.abc import Iterator

import pytest

from sagews.errors import ConfigurationError, ServiceError
from sagews.service.listening import listen


@contextlib.contextmanager
def listening(host: str, port: int = 0) -> Iterator[list[socket.socket]]:
    sockets = listen(host, port)
    try:
        yield sockets
    finally:
        for listener in sockets:
            listener.close()


def test_every_address_of_a_host_on_one_port() -> None:
    with listening("localhost") as sockets:
        ports = {listener.getsockname()[1] for listener in sockets}
        assert len(ports) == 1
        assert sockets[0].getsockname()[0] == "127.0.0.1"
        with socket.create_connection(("127.0.0.1", ports.pop()), timeout=5):
            pass


def test_a_taken_port_says_what_to_do() -> None:
    with listening("127.0.0.1") as sockets:
        port = sockets[0].getsockname()[1]
        with pytest.raises(ServiceError) as taken:
            listen("127.0.0.1", port)
    assert str(taken.value) == (
        f"port {port}: is taken; stop what listens there or choose another with PORT=8081 (make) or --port"
    )
    with listening("127.0.0.1", port):
        pass


@pytest.mark.parametrize("host", ["192.0.2.1", "nowhere.invalid", "x" * 300, "a b"])
def test_a_host_that_is_not_ours(host: str) -> None:
    with pytest.raises(ConfigurationError, match=r"0\.0\.0\.0"):
        listen(host, 0)
