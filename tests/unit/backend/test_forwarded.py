"""Who the client is behind proxies: what trusted ones say, and nothing that anybody else invented."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagews.backend.forwarded import Client, Proxies, find_client, usual

NEAR, FAR, CLIENT, OTHER = "10.0.0.1", "10.0.0.2", "192.0.2.7", "198.51.100.9"
PROXIES = Proxies(["10.0.0.0/24", "fd00::1", "127.0.0.1"])


def found(
    *, peer: str = NEAR, forwarded: tuple[str, ...] = (), xff: tuple[str, ...] = (), proto: tuple[str, ...] = ()
) -> Client:
    return find_client(peer, PROXIES, forwarded, xff, proto)


@pytest.mark.parametrize(
    ("forwarded", "client"),
    [
        ((f"for={CLIENT}",), Client(CLIENT)),
        ((f"For={CLIENT};Proto=HTTPS;by=10.0.0.1;host=math.example.org",), Client(CLIENT, "https")),
        ((f'for="{CLIENT}:4711"; proto=http',), Client(CLIENT, "http")),
        (('for="[2001:DB8::7]:4711"',), Client("2001:db8::7")),
        (('for="[2001:db8::7]"',), Client("2001:db8::7")),
        (('for="[::ffff:192.0.2.7]"',), Client(CLIENT)),
        (('for="\\1\\92.0.2.7"',), Client(CLIENT)),
        # The nearest proxies are trusted; who stands left of the first stranger is that stranger's word.
        ((f"for={OTHER}, for={CLIENT};proto=https, for={FAR};proto=http",), Client(CLIENT, "https")),
        ((f"for={OTHER}", f"for={CLIENT}", f"for={FAR}"), Client(CLIENT)),
        ((f"for={OTHER};proto=http,for={CLIENT}",), Client(CLIENT)),
        # All are trusted: somebody within.
        ((f"for=10.0.0.77, for={FAR}",), Client("10.0.0.77")),
        # A proxy that hides its client is all that is known.
        ((f"for={OTHER}, for=unknown, for={FAR}",), Client(FAR)),
        ((f'for={OTHER}, for="_hidden:_x", for={FAR};proto=https',), Client(FAR, "https")),
        (("proto=https",), Client(NEAR, "https")),
        (("",), Client(NEAR)),
        ((" , ",), Client(NEAR)),
        (("for=1.2.3.4.5",), Client(NEAR)),
        ((f"for={CLIENT};proto=gopher",), Client(CLIENT)),
    ],
)
def test_forwarded(forwarded: tuple[str, ...], client: Client) -> None:
    assert found(forwarded=forwarded) == client


@pytest.mark.parametrize(
    ("xff", "proto", "client"),
    [
        ((CLIENT,), (), Client(CLIENT)),
        ((f"{OTHER}, {CLIENT}, {FAR}",), ("https",), Client(CLIENT, "https")),
        ((f"{OTHER}, {CLIENT}, {FAR}",), ("http, https, http",), Client(CLIENT, "https")),
        ((f"{CLIENT}, {FAR}",), ("http, https, https, http",), Client(CLIENT, "https")),
        ((f"{CLIENT}, {FAR}",), ("https, ",), Client(CLIENT, "https")),
        ((OTHER, CLIENT), (), Client(CLIENT)),
        ((f"{CLIENT}:4711",), (), Client(CLIENT)),
        (("[2001:db8::7]:4711",), (), Client("2001:db8::7")),
        (("2001:db8::7",), (), Client("2001:db8::7")),
        (("fe80::1%eth0",), (), Client(NEAR)),
        (("fd00::1",), (), Client("fd00::1")),
        (("x" * 8000,), (), Client(NEAR)),
        (("",), (), Client(NEAR)),
        ((f"{OTHER}, ",), (), Client(NEAR)),
        ((), ("https",), Client(NEAR, "https")),
        ((), ("gopher",), Client(NEAR)),
    ],
)
def test_x_forwarded_for(xff: tuple[str, ...], proto: tuple[str, ...], client: Client) -> None:
    assert found(xff=xff, proto=proto) == client


@pytest.mark.parametrize("peer", [CLIENT, "10.0.1.1", "fd00::2", "127.0.0.2", "", "nobody"])
def test_whoever_is_not_trusted_is_not_believed(peer: str) -> None:
    told = {"forwarded": (f"for={OTHER};proto=https",), "xff": (OTHER,), "proto": ("https",)}
    assert found(peer=peer, **told) == Client(peer)
    assert found(peer=peer, forwarded=('for="',)) == Client(peer)


def test_a_client_cannot_add_the_header_that_its_proxy_does_not_write() -> None:
    with pytest.raises(ValueError, match="disagree"):
        found(xff=(CLIENT,), forwarded=(f"for={OTHER}",))
    with pytest.raises(ValueError, match="disagree"):
        found(forwarded=(f"for={CLIENT}",), xff=(f"{CLIENT}, {OTHER}",))
    assert found(forwarded=(f"for={CLIENT}",), xff=(f"{OTHER}, {CLIENT}",)) == Client(CLIENT)


@pytest.mark.parametrize(
    "value",
    [
        'for="',
        "for",
        "for=",
        "for =1.2.3.4",
        "for= 1.2.3.4",
        "=x",
        f"for={CLIENT} proto=https",
        f"for={CLIENT};for={OTHER}",
        "for=2001:db8::7",
        'for="a"b',
        "for=\xe4",
        "ä=1",
        # What the client left open, and its proxy went on with.
        f'for={OTHER};x=", for={CLIENT};host="math.example.org"',
        f'for="{OTHER}, for={CLIENT};proto="https"',
    ],
)
def test_what_is_not_well_formed_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="RFC 7239"):
        found(forwarded=(value,))


_NODES = st.sampled_from([CLIENT, OTHER, NEAR, FAR, "unknown", "_x", '"[2001:db8::1]"', '"', "", "a b"])
_TEXTS = st.text(alphabet='for=,;" \t\\[]:.0123456789abcunkw_', max_size=60)


@given(st.lists(_NODES, max_size=6), _TEXTS, st.lists(_TEXTS, max_size=3), st.booleans())
def test_nothing_left_of_the_first_stranger_matters(nodes: list[str], junk: str, more: list[str], quotes: bool) -> None:
    """Whatever a client sends, the address is that which the nearest trusted proxy has added."""
    invented = [", ".join(nodes), junk, *more]
    for add in ([f"for={CLIENT}"], [f"for={CLIENT};proto=https", f"for={FAR}"]):
        try:
            assert found(forwarded=(*invented, *add)).address == CLIENT
        except ValueError as error:
            assert str(error).endswith(".")
    for added in (f"for={CLIENT}", f'for="{CLIENT}"', f'for="{CLIENT}:1";proto="https"', f'for={CLIENT};host=""'):
        try:
            assert found(forwarded=(f"{junk}, {added}",)).address == CLIENT
        except ValueError as error:
            assert "RFC 7239" in str(error)
    assert found(xff=(*invented, CLIENT)).address == CLIENT
    assert found(xff=(*invented, f"{junk.replace(',', '')}, {CLIENT}", FAR)).address == CLIENT


@given(st.lists(_TEXTS, max_size=4), st.lists(_TEXTS, max_size=4), st.lists(_TEXTS, max_size=4))
def test_whatever_comes_is_read_or_refused(forwarded: list[str], xff: list[str], proto: list[str]) -> None:
    try:
        client = find_client(NEAR, PROXIES, forwarded, xff, proto)
    except ValueError as error:
        assert str(error).endswith(".")
    else:
        assert client.address == usual(client.address) != ""
        assert client.scheme in {"", "http", "https"}


@pytest.mark.parametrize("text", ["10.0.0.5/8", "math.example.org", "", "10.0.0", "::/129", "*"])
def test_what_is_no_network(text: str) -> None:
    with pytest.raises(ValueError):
        Proxies([text])
