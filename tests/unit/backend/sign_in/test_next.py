"""Where somebody goes on to stays on our origin, whoever reads the address: browsers, proxies, libraries."""

import os
from urllib.parse import unquote, urljoin, urlsplit

import ada_url
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from yarl import URL

from sagews.backend.sign_in.next import HOME, LONGEST, own_path

GENERATED = 50_000 if os.environ.get("SAGEWS_PROVE") else 500
OURS = "https://math.example.org"

PARTS = (
    *(
        "/",
        "//",
        "\\",
        "/\\",
        "\\/",
        "///",
        "..",
        ".",
        "../",
        "./",
        "/..//",
        "%2f",
        "%2F",
        "%5c",
        "%5C",
        "%2e",
        "%252f",
    ),
    *(
        "%25252f",
        "%09",
        "%0a",
        "%0d%0a",
        "%00",
        "\t",
        "\n",
        "\r",
        "\0",
        " ",
        "\u00a0",
        "\u200b",
        "\ufeff",
        "@",
        ":",
        ";",
    ),
    *(
        "?",
        "#",
        "??",
        "?next=",
        "&",
        "http:",
        "https:",
        "http://",
        "https:/",
        "https:",
        "javascript:",
        "data:",
        "blob:",
    ),
    *(
        "evil.example",
        "evil.example:443",
        "user@evil.example",
        "[::1]",
        "127.0.0.1",
        "\uff0f",
        "\u2044",
        "\u3002",
        "%E3",
    ),
    *(
        "math.example.org",
        ".evil.example",
        "w",
        "a b",
        "%",
        "%zz",
        "\ud800",
        "é",
        "~",
        "|",
        "^",
        "`",
        "<",
        ">",
        '"',
        "'",
    ),
)
HOSTILE = st.lists(st.one_of(st.sampled_from(PARTS), st.text(max_size=3)), max_size=8).map("".join)
SLASHED = HOSTILE.map(lambda text: "/" + text)
WORDS = st.lists(st.from_regex(r"[A-Za-z0-9._~!$&'()*+,;=:@-]{1,8}", fullmatch=True), max_size=4).map("/".join)
LIKELY = st.tuples(WORDS, HOSTILE).map(lambda pair: f"/{pair[0]}{pair[1]}")


def readings(path: str) -> list[str]:
    """Return what may become of a path on its way: as it is, and as a proxy may decode it, up to twice."""
    before, mark, after = path.partition("?")
    once = unquote(before, errors="surrogateescape")
    return [path, once + mark + after, unquote(once, errors="surrogateescape") + mark + after]


def lead_away(path: str) -> list[str]:
    """Return by whose reading a path leads away from our origin."""
    found = []
    for reading in readings(path):
        text = reading.encode("utf-8", "replace").decode()
        if ada_url.URL(text, f"{OURS}/sign-in/a/callback").origin != OURS:
            found.append(f"a browser: {reading!r}")
        parts = urlsplit(urljoin(f"{OURS}/sign-in/a/callback", text))
        if (parts.scheme, parts.netloc) != ("https", "math.example.org"):
            found.append(f"urllib: {reading!r}")
    if str(URL(f"{OURS}/sign-in").join(URL(path, encoded=True)).origin()) != OURS:
        found.append("yarl")
    return found


@given(st.one_of(HOSTILE, SLASHED, LIKELY, st.text()))
@example("//evil.example")
@example("/\\evil.example")
@example("/%09/evil.example")
@example("/..//evil.example")
@example("/.%2f/evil.example")
@settings(max_examples=GENERATED, deadline=None)
def test_whatever_is_asked_for_stays_on_our_origin(text: str) -> None:
    path = own_path(text)
    assert path in (text, HOME)
    assert path.isascii() and path.isprintable() and " " not in path
    assert lead_away(path) == []


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "evil",
            "//evil.example",
            "///evil.example",
            "http://evil.example",
            "https:evil.example",
            "\\\\evil.example",
        ),
        *("/\\evil.example", "\\/evil.example", "%2f%2fevil.example", "javascript:alert(1)", "/%09/evil.example"),
        *("/\t/evil.example", "/\n/evil.example", " //evil.example", "/ /evil.example", "/%2fevil.example", "/%5cevil"),
        *(
            "/%252fevil.example",
            "/%25252fevil.example",
            "/a//evil.example",
            "/./",
            "/..",
            "/../x",
            "/%2e%2e/x",
            "/a/../b",
        ),
        *("/a%00", "/a%3fb", "/é", "/a\r\nSet-Cookie: a=b", "/a?b\r\nc: d", "/" + "a" * LONGEST, "/a?x=\0"),
    ],
)
def test_what_could_lead_away_leads_home(text: str) -> None:
    assert own_path(text) == HOME


@pytest.mark.parametrize(
    "text",
    [
        *("/", "/w/algebra", "/w/algebra/", "/w/My%20notes.ipynb", "/w/%C3%A9t%C3%A9", "/?q=abc", "/?c=1%2B1#cell-2"),
        *("/account", "/a/...b/c.d", "/?next=https://elsewhere.example/", "/a:b@c", "/" + "a" * (LONGEST - 1)),
    ],
)
def test_a_path_of_ours_is_kept_as_it_is(text: str) -> None:
    assert own_path(text) == text
