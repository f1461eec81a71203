"""The two policies."""

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
    assert {source for source in reachable if "localhost" in source} == {"localhost:8080/static/"}
    assert "*" not in reachable and "http:" not in reachable and "https:" not in reachable


def test_every_answer_forbids_what_it_does_not_need() -> None:
    assert headers.EVERYWHERE["X-Content-Type-Options"] == "nosniff"
    assert "geolocation=()" in headers.EVERYWHERE["Permissions-Policy"]
    assert _directives(headers.PLAIN)["default-src"] == ["'none'"]
