"""Each path that SageMathCell has: with which status it answers here, and whether pages of other sites may read that.

They may read files wherever they are, the rest if this site names them, and pages for people not at all. With what the
answers are about: `test_routes.py`.
"""

import pytest

from tests.running import RunningSite
from tests.site.sagecell.test_routes import BOOK, ask, crossing

STRANGER = "https://elsewhere.example.com"
FILE, THEIRS, PEOPLE = "for everybody", "for pages that may embed", "for people"
TABLE = [
    ("GET", "", 200, PEOPLE),
    ("HEAD", "", 200, PEOPLE),
    ("OPTIONS", "", 200, PEOPLE),
    ("GET", "?c=1", 200, PEOPLE),
    ("GET", "?q=abcdef", 404, PEOPLE),
    ("GET", "?z=nonsense", 400, PEOPLE),
    ("GET", "help.html", 200, PEOPLE),
    ("HEAD", "help.html", 200, PEOPLE),
    ("GET", "static/about.html", 200, FILE),
    ("HEAD", "static/about.html", 200, FILE),
    ("GET", "static/embedded_sagecell.js", 200, FILE),
    ("HEAD", "static/embedded_sagecell.js", 200, FILE),
    ("GET", "embedded_sagecell.js", 200, FILE),
    ("GET", "static/sagecell_embed.css", 200, FILE),
    ("GET", "static/jquery.min.js", 200, FILE),
    ("HEAD", "static/jquery.min.js", 200, FILE),
    ("GET", "tos.html", 200, THEIRS),
    ("HEAD", "tos.html", 200, THEIRS),
    ("POST", "tos.html", 200, THEIRS),
    ("POST", "kernel", 403, THEIRS),  # the terms are not accepted
    ("GET", "kernel", 405, THEIRS),
    ("DELETE", "kernel/c1", 200, THEIRS),
    ("GET", "kernel/c1", 405, THEIRS),
    ("GET", "kernel/c1/channels", 404, THEIRS),
    ("GET", "kernel/c1/files/a.png", 404, THEIRS),
    ("GET", "permalink", 404, THEIRS),
    ("POST", "permalink", 400, THEIRS),
    ("POST", "service", 403, THEIRS),
    ("GET", "service", 405, THEIRS),
    ("GET", "sockjs", 200, THEIRS),
    ("GET", "sockjs/info", 200, THEIRS),
    # Its scripts name these, and it has neither.
    ("GET", "complete", 404, PEOPLE),
    ("GET", "sagecell.html", 404, PEOPLE),
]


@pytest.mark.parametrize(("method", "path", "status", "whose"), TABLE, ids=[f"{row[0]} /{row[1]}" for row in TABLE])
async def test_a_path(guarded: RunningSite, method: str, path: str, status: int, whose: str) -> None:
    alone, _, headers = await ask(guarded, method, path)
    assert alone == status and "Set-Cookie" not in headers
    for origin in (BOOK, STRANGER):
        told, _, headers = await ask(guarded, method, path, headers=crossing(Origin=origin))
        allowed = headers.get("Access-Control-Allow-Origin")
        if whose is FILE:
            assert (told, allowed) == (status, "*") and headers["Cross-Origin-Resource-Policy"] == "cross-origin"
        elif whose is THEIRS and origin == BOOK:
            assert (told, allowed) == (status, BOOK)
            assert headers["Access-Control-Allow-Credentials"] == "true" and "Origin" in headers["Vary"]
        else:
            assert (told, allowed) == (403, None)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("kernel", 200),
        ("kernel/c1", 200),
        ("permalink", 204),
        ("service", 204),
        ("tos.html", 204),
        ("sockjs/info", 204),
    ],
)
async def test_a_preflight(guarded: RunningSite, path: str, status: int) -> None:
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type, x-xsrftoken"}
    told, _, headers = await ask(guarded, "OPTIONS", path, headers=crossing(**asked))
    assert (told, headers["Access-Control-Allow-Origin"]) == (status, BOOK)
    assert "POST" in headers["Access-Control-Allow-Methods"]
    if path.startswith("kernel"):
        # jQuery's and the library's own.
        assert {"x-xsrftoken", "content-type"} <= set(headers["Access-Control-Allow-Headers"].lower().split(", "))
    told, _, headers = await ask(guarded, "OPTIONS", path, headers=crossing(Origin=STRANGER, **asked))
    assert told == 403 and "Access-Control-Allow-Origin" not in headers


async def test_the_page_about_cells(guarded: RunningSite) -> None:
    status, text, headers = await ask(guarded, "GET", "static/about.html", headers={"Accept-Language": "de"})
    assert status == 200 and headers["Content-Type"] == "text/html; charset=utf-8"
    assert "<h1>Zellen in Seiten anderer</h1>" in text and headers["Content-Language"] == "de"
    assert f"&lt;script src=&quot;{guarded.url}static/embedded_sagecell.js&quot;&gt;" in text
    assert "<script" not in text and "script-src" not in headers["Content-Security-Policy"]
