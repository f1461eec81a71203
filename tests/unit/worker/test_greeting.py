"""What a link must show first."""

from pathlib import Path

import pytest

from sagews.errors import ProtocolError
from sagews.protocol import VERSION
from sagews.protocol import sagews_pb2 as pb
from sagews.service.link_token import LinkToken
from sagews.worker.greeting import NotAdmittedError, greet

NEW, OLD = b"n" * 43, b"o" * 43


@pytest.fixture
def token(tmp_path: Path) -> LinkToken:
    path = tmp_path / "token"
    path.write_bytes(NEW + b"\n" + OLD + b"\n")
    path.chmod(0o600)
    return LinkToken(path)


def hello(shown: bytes = b"", version: int = VERSION, role: int = pb.LINK_ROLE_SESSION) -> pb.Request:
    return pb.Request(hello=pb.Hello(version=version, token=shown, role=role, backend="b" * 100))  # type: ignore[arg-type]


@pytest.mark.parametrize("shown", [NEW, OLD])
def test_the_newest_token_and_the_one_before_are_admitted(token: LinkToken, shown: bytes) -> None:
    greeting = greet(hello(shown), token)
    assert (greeting.role, greeting.backend) == (pb.LINK_ROLE_SESSION, "b" * 64)


@pytest.mark.parametrize("shown", [b"", b"x" * 43, NEW[:-1], NEW + b"\n", NEW + OLD])
def test_what_is_no_token_is_not_admitted(token: LinkToken, shown: bytes) -> None:
    with pytest.raises(NotAdmittedError, match="shows no token"):
        greet(hello(shown), token)


@pytest.mark.parametrize("request_", [pb.Request(open=pb.Open()), hello(version=VERSION + 1)])
def test_who_shows_no_token_learns_nothing_else(token: LinkToken, request_: pb.Request) -> None:
    with pytest.raises(NotAdmittedError):
        greet(request_, token)


def test_on_a_unix_socket_none_is_asked_for() -> None:
    assert greet(hello(role=pb.LINK_ROLE_CONTROL), None).role == pb.LINK_ROLE_CONTROL


@pytest.mark.parametrize(
    ("request_", "what"),
    [
        (pb.Request(open=pb.Open()), "comes before Hello"),
        (hello(version=VERSION + 1), f"speaks version {VERSION + 1}"),
        (hello(role=0), "has role 0"),
        (hello(role=9), "has role 9"),
    ],
)
def test_what_is_no_hello_of_ours(request_: pb.Request, what: str) -> None:
    with pytest.raises(ProtocolError, match=what):
        greet(request_, None)
