"""The two policies, and the headers of a file whose name a session chose."""

import re
from urllib.parse import unquote

from hypothesis import given
from hypothesis import strategies as st

from sagews.backend import headers


def _directives(policy: str) -> dict[str, list[str]]:
    parts = [part.split() for part in policy.split(";")]
    assert all(parts)
    return {part[0]: part[1:] for part in parts}


def test_the_page_runs_its_own_scripts_only() -> None:
    policy = _directives(headers.page_headers("localhost:8080")["Content-Security-Policy"])
    assert policy["default-src"] == ["'none'"]
    assert policy["script-src"] == ["'self'"]
    assert policy["frame-ancestors"] == ["'none'"]
    assert policy["connect-src"] == ["'self'", "ws://localhost:8080", "wss://localhost:8080"]
    assert not any("unsafe-eval" in source for sources in policy.values() for source in sources)


def test_the_frame_has_no_origin_and_reaches_nothing() -> None:
    policy = _directives(headers.frame_headers("localhost:8080")["Content-Security-Policy"])
    assert policy["sandbox"] == ["allow-scripts", "allow-popups", "allow-popups-to-escape-sandbox"]
    assert policy["default-src"] == ["'none'"]
    assert policy["connect-src"] == ["data:", "blob:"]
    assert policy["form-action"] == ["'none'"]
    reachable = {source for name, sources in policy.items() if name != "sandbox" for source in sources}
    assert {source for source in reachable if "localhost" in source} == {
        "localhost:8080/static/",
        "localhost:8080/nbextensions/",
    }
    assert "*" not in reachable and "http:" not in reachable and "https:" not in reachable


def test_every_answer_forbids_what_it_does_not_need() -> None:
    assert headers.EVERYWHERE["X-Content-Type-Options"] == "nosniff"
    assert "geolocation=()" in headers.EVERYWHERE["Permissions-Policy"]
    assert _directives(headers.PLAIN)["default-src"] == ["'none'"]


def test_a_file_is_saved_and_never_shown() -> None:
    said = headers.file_headers(b"page.html")
    assert said["Content-Type"] == "application/octet-stream"
    policy = _directives(said["Content-Security-Policy"])
    assert policy["sandbox"] == [] and policy["default-src"] == ["'none'"]


def test_names_of_files_in_a_header() -> None:
    assert headers.attachment(b"a b.txt") == "attachment; filename=\"a b.txt\"; filename*=UTF-8''a%20b.txt"
    assert headers.attachment("é.txt".encode()) == "attachment; filename=\"_.txt\"; filename*=UTF-8''%C3%A9.txt"
    assert headers.attachment(b'a"; filename=x') == (
        "attachment; filename=\"a_; filename=x\"; filename*=UTF-8''a_%3B%20filename%3Dx"
    )
    assert headers.attachment("\u202egpj.exe".encode()).startswith('attachment; filename="_gpj.exe"')
    assert headers.attachment(b"\xff").startswith('attachment; filename="_"')


@given(st.binary(min_size=1, max_size=300))
def test_no_name_gets_out_of_its_place_in_the_header(name: bytes) -> None:
    said = headers.attachment(name)
    found = re.fullmatch(
        r"""attachment; filename="([^"\\\x00-\x1f\x7f-\uffff]*)"; filename\*=UTF-8''([\w.%~-]+)""", said
    )
    assert found is not None, said
    assert unquote(found[2]).isprintable() and "/" not in unquote(found[2])


def test_the_page_for_frames_is_for_the_origins_that_are_listed() -> None:
    policy = _directives(headers.bridge_policy("localhost:8080", "'sha256-x'", ["https://book.example.org"]))
    assert policy["default-src"] == ["'none'"]
    assert policy["script-src"] == ["'self'", "'sha256-x'"]
    assert policy["connect-src"] == ["'self'", "ws://localhost:8080", "wss://localhost:8080"]
    assert policy["frame-ancestors"] == ["'self'", "https://book.example.org"]
    assert _directives(headers.bridge_policy("[::1]", "'x'", []))["connect-src"] == ["'self'"]


def test_a_preflight_repeats_names_of_headers_and_nothing_else() -> None:
    for asked in ("a", "a, b", "Content-Type,X-1"):
        assert headers.socket_preflight(asked)["Access-Control-Allow-Headers"] == asked
    for asked in ("", "*", "a b", "a,,b", "a\r\nX: y", "a;b", "\xff"):
        assert "Access-Control-Allow-Headers" not in headers.socket_preflight(asked)
    assert int(headers.socket_preflight("")["Access-Control-Max-Age"]) == 365 * 86400


def test_an_entity_tag_is_compared_weakly() -> None:
    assert headers.names_etag(['"x", W/"a"'], '"a"') and headers.names_etag(["*"], '"a"')
    assert not headers.names_etag([], '"a"') and not headers.names_etag(['"b"'], '"a"')


def test_who_may_have_the_frame_beside_us() -> None:
    alone = headers.frame_headers("localhost:8080")
    assert _directives(alone["Content-Security-Policy"])["frame-ancestors"] == ["'self'"]
    assert alone["X-Frame-Options"] == "SAMEORIGIN" and "Cross-Origin-Resource-Policy" not in alone
    shared = headers.frame_headers("localhost:8080", ["https://a.example", "https://b.example"])
    ancestors = _directives(shared["Content-Security-Policy"])["frame-ancestors"]
    assert ancestors == ["'self'", "https://a.example", "https://b.example"]
    assert "X-Frame-Options" not in shared and shared["Cross-Origin-Resource-Policy"] == "cross-origin"
