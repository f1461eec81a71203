"""Who may ask, row by row."""

import pytest

from sagews.backend.origin import Origins

HOME = Origins("127.0.0.1", ["Cells.Example.org"], ["https://Book.example.org/"])
WIDE = Origins("0.0.0.0", ["cells.example.org"])
NAMED = Origins("math.example.org")


@pytest.mark.parametrize(
    ("host", "home", "wide", "named"),
    [
        ("127.0.0.1", None, None, None),
        ("127.0.0.1:8080", None, None, None),
        ("127.99.0.1", None, None, None),
        ("[::1]:8080", None, None, None),
        ("localhost", None, None, None),
        ("LocalHost:1", None, None, None),
        ("a.localhost", None, None, None),
        ("cells.example.org", None, None, 421),
        ("cells.example.org.", None, None, 421),
        ("math.example.org", 421, 421, None),
        ("192.168.1.5:8080", 421, None, None),
        ("[fe80::1]", 421, None, None),
        ("0.0.0.0", 421, None, None),
        ("evil.example", 421, 421, 421),
        ("xlocalhost", 421, 421, 421),
        ("localhost.evil.example", 421, 421, 421),
        ("127.0.0.1.nip.io", 421, 421, 421),
        ("2130706433", 421, 421, 421),
        ("0x7f.1", 421, 421, 421),
        ("", 400, 400, 400),
        ("a b", 400, 400, 400),
        ("a@127.0.0.1", 400, 400, 400),
        ("127.0.0.1/", 400, 400, 400),
        ("127.0.0.1:x", 400, 400, 400),
        ("127.0.0.1;script-src *", 400, 400, 400),
        ("::1", 400, 400, 400),
        ("ä.example", 400, 400, 400),
        ("a" * 300, 400, 400, 400),
    ],
)
def test_hosts(host: str, home: int | None, wide: int | None, named: int | None) -> None:
    for origins, status in ((HOME, home), (WIDE, wide), (NAMED, named)):
        refused = origins.check_host([host])
        assert (refused.status if refused else None) == status


def test_one_host_and_no_more() -> None:
    assert HOME.check_host([]) is not None
    assert HOME.check_host(["127.0.0.1", "127.0.0.1"]) is not None


def test_the_refusal_says_which_setting_helps_and_fits_a_line() -> None:
    refused = HOME.check_host(["evil.example"])
    assert refused is not None
    assert "'evil.example'" in refused.text and "backend.hosts" in refused.text
    foreign = HOME.check_origin(
        method="GET", socket=False, host="localhost", origin="http://evil\r\n.example", fetch_site=None
    )
    assert foreign is not None
    assert "backend.origins" in foreign.text and "\n" not in foreign.text


@pytest.mark.parametrize(
    ("method", "socket", "origin", "fetch_site", "welcome"),
    [
        # Pages of our own, whatever scheme a proxy before us speaks.
        ("POST", False, "http://localhost:8080", "same-origin", True),
        ("GET", True, "https://LOCALHOST:8080", "same-origin", True),
        # Programs that make an origin of the socket's address, as no page has.
        ("GET", True, "ws://localhost:8080", None, True),
        ("GET", True, "wss://localhost:8080", None, True),
        ("GET", True, "ws://localhost:8081", None, False),
        ("GET", True, "ftp://localhost:8080", None, False),
        ("GET", True, "localhost:8080", None, False),
        # Programs, and the address line.
        ("POST", False, None, None, True),
        ("GET", True, None, None, True),
        ("GET", False, None, "none", True),
        # Links from anywhere show the page and run nothing.
        ("GET", False, None, "cross-site", True),
        ("HEAD", False, None, "same-site", True),
        # Other origins.
        ("GET", False, "http://localhost:8081", "same-site", False),
        ("GET", False, "http://localhost", "same-site", False),
        ("POST", False, "http://evil.example", "cross-site", False),
        ("GET", True, "http://evil.example", None, False),
        ("POST", False, "null", "cross-site", False),
        ("GET", True, "null", None, False),
        ("GET", False, "", None, False),
        ("POST", False, None, "cross-site", False),
        ("POST", False, None, "same-site", False),
        ("GET", True, None, "cross-site", False),
        ("DELETE", False, None, "cross-site", False),
        # Listed ones.
        ("POST", False, "https://book.example.org", "cross-site", True),
        ("GET", True, "https://book.example.org", "cross-site", True),
        ("POST", False, "http://book.example.org", "cross-site", False),
        ("POST", False, "https://book.example.org.evil.example", "cross-site", False),
    ],
)
def test_origins(method: str, socket: bool, origin: str | None, fetch_site: str | None, welcome: bool) -> None:
    refused = HOME.check_origin(
        method=method, socket=socket, host="localhost:8080", origin=origin, fetch_site=fetch_site
    )
    assert (refused is None) is welcome
    assert refused is None or refused.status == 403


@pytest.mark.parametrize("site", ["cross-site", "same-site", "same-origin", "none", None])
@pytest.mark.parametrize("mode", ["navigate", "no-cors", "cors", "websocket", None])
@pytest.mark.parametrize(("method", "socket"), [("GET", False), ("HEAD", False), ("GET", True), ("POST", False)])
def test_other_sites_pages_take_nothing_in(site: str | None, mode: str | None, method: str, socket: bool) -> None:
    refused = HOME.check_origin(
        method=method, socket=socket, host="127.0.0.1", origin=None, fetch_site=site, fetch_mode=mode
    )
    foreign = site in {"cross-site", "same-site"}
    link = not socket and method != "POST" and mode in {"navigate", None}
    assert (refused is not None) == (foreign and not link)


def test_pages_of_accounts_are_for_the_sites_own_pages_alone() -> None:
    def check(origin: str, *, secure: bool) -> bool:
        refused = HOME.check_origin(
            method="POST",
            socket=False,
            host="cells.example.org",
            origin=origin,
            fetch_site=None,
            listed=False,
            secure=secure,
        )
        return refused is None

    assert not check("https://book.example.org", secure=True) and not check("null", secure=False)
    assert check("https://cells.example.org", secure=True) and check("http://cells.example.org", secure=False)
    # Somebody on the way makes a page without TLS of the same name.
    assert not check("http://cells.example.org", secure=True)
