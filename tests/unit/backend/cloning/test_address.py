"""From which addresses a repository may be fetched."""

import pytest

from sagews.backend.cloning.address import check_address, place_of
from sagews.errors import WorkspaceError


@pytest.mark.parametrize(
    "text",
    [
        *("127.0.0.1", "10.0.0.1", "172.16.3.4", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0"),
        *("224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "ff02::1"),
        *("::ffff:10.0.0.1", "::ffff:8.8.8.8", "64:ff9b::a00:1", "2002:a00:1::1", "2001::1", "2001:db8::1"),
    ],
)
def test_addresses_that_are_not_public(text: str) -> None:
    with pytest.raises(WorkspaceError, match="not on the public Internet"):
        check_address(text)


def test_addresses_that_are_and_names() -> None:
    for text in ("8.8.8.8", "2606:4700::1111", "github.com"):
        check_address(text)


def test_what_an_operator_has_named() -> None:
    allowed = ["GitHub.com", "git.example.org:8443"]
    assert not place_of("https://github.com/a/b", allowed).is_trusted
    assert not place_of("HTTPS://github.com.:443/a/b.git", allowed).is_trusted
    assert place_of("https://git.example.org:8443/a", allowed).is_trusted
    for text in ("https://git.example.org/a", "https://github.com:8443/a", "https://x.github.com/a", "https://git/a"):
        with pytest.raises(WorkspaceError, match="fetches nothing"):
            place_of(text, allowed)
    assert not place_of("https://anything.example/a", ["*"]).is_trusted
    with pytest.raises(WorkspaceError, match="public"):
        place_of("https://10.0.0.1/a", ["*"])
