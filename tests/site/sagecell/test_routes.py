"""SageMathCell's routes of HTTP: sessions, files, short links, terms, with the statuses and headers that it gives."""

import asyncio
import base64
import json
import zlib
from typing import Any

import aiohttp
import pytest

from tests.running import RunningSite
from tests.site.sagecell.cell_client import opened, page_of, talking
from tests.site.sagecell.conftest import TERMS

BOOK = "https://book.example.org"
Answer = tuple[int, str, dict[str, str]]


async def ask(site: RunningSite, method: str, path: str, headers: dict[str, str] | None = None, **more: Any) -> Answer:
    async with (
        aiohttp.ClientSession() as http,
        asyncio.timeout(60),
        http.request(method, site.url + path, headers=headers, allow_redirects=False, **more) as response,
    ):
        return response.status, await response.text(), dict(response.headers)


def crossing(**more: str) -> dict[str, str]:
    """Return the headers of a request that a page of the book makes."""
    return {"Origin": BOOK, "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors", **more}


async def end_all(site: RunningSite, *identities: str) -> None:
    for identity in identities:
        assert (await ask(site, "DELETE", f"kernel/{identity}"))[0] == 200


# ------------------------------------------------------------------ /kernel


async def test_terms_come_first(guarded: RunningSite) -> None:
    status, text, headers = await ask(guarded, "POST", "kernel", data={})
    assert (status, text) == (403, "")
    status, text, _ = await ask(guarded, "POST", "service", data={"code": "1"})
    assert status == 403 and "accepted_tos=true" in text
    for method in ("GET", "POST"):
        status, text, headers = await ask(guarded, method, "tos.html")
        assert (status, text) == (200, TERMS)
        assert (
            headers["Content-Type"].startswith("text/html") and "script-src" not in headers["Content-Security-Policy"]
        )
    status, text, headers = await ask(guarded, "POST", "tos.html", data={"callback": "page.take"})
    assert headers["Content-Type"].startswith("application/javascript")
    assert text.startswith("/**/page.take(") and json.loads(text[14:-2]) == TERMS
    assert "<" not in text
    assert (await ask(guarded, "POST", "tos.html", data={"callback": "alert(1)//"}))[0] == 400


async def test_a_site_without_terms(site: RunningSite) -> None:
    status, text, _ = await ask(site, "GET", "tos.html")
    assert (status, text) == (404, "No Terms of Service Required\n")
    assert (await ask(site, "POST", "tos.html"))[:2] == (204, "")
    assert (await ask(site, "POST", "tos.html", data={"callback": "f"}))[1] == '/**/f("");'


async def test_arguments_come_in_the_address_as_sagemathcells_library_sends_them(guarded: RunningSite) -> None:
    path = "kernel?CellSessionID=9f0c&timeout=inf&accepted_tos=true"
    status, text, _ = await ask(guarded, "POST", path, headers=crossing(), json={"name": None})
    assert status == 200
    identity = json.loads(text)["id"]
    assert identity.startswith("l")  # several cells share it
    # And it is closed by a form in parts, which has nothing in it.
    form = aiohttp.FormData(default_to_multipart=True)
    form.add_field("method", "DELETE")
    assert (await ask(guarded, "POST", f"kernel/{identity}", headers=crossing(), data=form))[0] == 200
    assert (await ask(guarded, "POST", f"kernel/{identity}", data={}))[0] == 400
    assert (await ask(guarded, "GET", "kernel"))[0] == 405


async def test_a_page_without_cors_is_answered_in_a_frame(guarded: RunningSite) -> None:
    data = {"frame": "on", "accepted_tos": "true"}
    status, text, headers = await ask(guarded, "POST", "kernel", headers=crossing(), data=data)
    assert status == 200 and headers["Content-Type"].startswith("text/html")
    script = text.removeprefix("<!doctype html><script>").removesuffix("</script>")
    told = json.loads(json.loads(script.removeprefix("parent.postMessage(").removesuffix(',"*");')))
    assert set(told) == {"ws_url", "id"}
    policy = headers["Content-Security-Policy"]
    assert f"frame-ancestors 'self' {BOOK}" in policy and "'unsafe-inline'" not in policy
    await end_all(guarded, told["id"])


async def test_too_many_sessions_and_the_places_of_those_that_rest(guarded: RunningSite) -> None:
    said = [await opened(guarded, timeout="inf") for _ in range(3)]
    status, text, headers = await ask(guarded, "POST", "kernel", data={"accepted_tos": "true"})
    refused = json.loads(text)
    assert status == 429 and int(headers["Retry-After"]) > 0
    assert refused["error"] == "too_many_kernels_for_cell_session" and refused["message"]
    await end_all(guarded, *(each["id"] for each in said))
    # One that runs alone, and has run, gives its place to the next.
    said = [await opened(guarded) for _ in range(3)]
    async with talking(said[0]) as talk:
        await talk.evaluate("1")
        said.append(await opened(guarded))
        await talk.dies()
    await end_all(guarded, *(each["id"] for each in said))


# --------------------------------------------------------------------- CORS


@pytest.mark.parametrize("path", ["kernel", "kernel/c1", "permalink", "tos.html", "service"])
async def test_pages_that_may_embed_may_ask(guarded: RunningSite, path: str) -> None:
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    status, text, headers = await ask(guarded, "OPTIONS", path, headers=crossing(**asked))
    assert status in (200, 204) and not text
    assert headers["Access-Control-Allow-Origin"] == BOOK
    assert headers["Access-Control-Allow-Credentials"] == "true"
    assert "POST" in headers["Access-Control-Allow-Methods"]
    assert "content-type" in headers["Access-Control-Allow-Headers"].lower()
    stranger = crossing(Origin="https://elsewhere.example.com", **asked)
    status, _, headers = await ask(guarded, "OPTIONS", path, headers=stranger)
    assert status == 403 and "Access-Control-Allow-Origin" not in headers


async def test_a_page_of_another_origin_evaluates(guarded: RunningSite) -> None:
    data = {"accepted_tos": "true"}
    status, text, headers = await ask(guarded, "POST", "kernel", headers=crossing(), data=data)
    assert status == 200 and headers["Access-Control-Allow-Origin"] == BOOK
    identity = json.loads(text)["id"]
    async with page_of(guarded, Origin=BOOK) as page:
        assert (await page.talk(identity).evaluate("6*7")).result == "42"
    await end_all(guarded, identity)
    with pytest.raises(aiohttp.WSServerHandshakeError):
        async with page_of(guarded, Origin="https://elsewhere.example.com"):
            pass


# -------------------------------------------------------------------- files


async def test_files_of_a_session(guarded: RunningSite) -> None:
    said = await opened(guarded, timeout="inf")
    files = f"kernel/{said['id']}/files/"
    code = """
import os
os.mkdir('d')
for name in ('a.png', 'page.html', 'b.txt', 'd/s.svg'):
    with open(name, 'w') as file: file.write('<script>alert(1)</script>')
os.symlink('/etc/passwd', 'link.png')
"""
    async with talking(said) as talk:
        assert (await talk.evaluate(code)).reply["status"] == "ok"
        status, text, headers = await ask(guarded, "GET", files + "a.png?q=1")
        assert (status, text) == (200, "<script>alert(1)</script>")
        assert headers["Content-Type"] == "image/png" and headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "no-cache"
        assert headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
        assert headers["Cross-Origin-Resource-Policy"] == "cross-origin"
        status, _, headers = await ask(guarded, "GET", files + "d/s.svg")
        assert headers["Content-Type"] == "image/svg+xml" and "sandbox;" in headers["Content-Security-Policy"]
        for name in ("b.txt", "page.html"):
            status, _, headers = await ask(guarded, "GET", files + name)
            assert status == 200 and headers["Content-Type"] == "application/octet-stream"
            assert headers["Content-Disposition"].startswith("attachment")
        # As a frame of a page that embeds: it runs, in an origin that is nobody's.
        frame = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"}
        status, _, headers = await ask(guarded, "GET", files + "page.html", headers=frame)
        assert status == 200 and headers["Content-Type"].startswith("text/html")
        policy = headers["Content-Security-Policy"]
        assert "sandbox allow-scripts" in policy and "allow-same-origin" not in policy
        assert f"frame-ancestors 'self' {BOOK}" in policy
        picture = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}
        assert (await ask(guarded, "GET", files + "a.png", headers=picture))[0] == 200
        for path in ("nothing", "", "d/", "link.png", "..%2f..%2fetc/passwd", "%00"):
            assert (await ask(guarded, "GET", files + path))[0] == 404, path
    wrong = "c" + "A" * 32 + said["id"][33:]
    assert (await ask(guarded, "GET", f"kernel/{wrong}/files/a.png"))[0] == 404
    await end_all(guarded, said["id"])
    assert (await ask(guarded, "GET", files + "a.png"))[0] == 404


async def test_pictures_of_other_pages_need_a_site_that_lets_them(site: RunningSite) -> None:
    said = await opened(site)
    picture = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}
    assert (await ask(site, "GET", f"kernel/{said['id']}/files/a.png", headers=picture))[0] == 403
    assert (await ask(site, "POST", "kernel", headers=crossing()))[0] == 403


# -------------------------------------------------------------- short links


def packed(text: str) -> str:
    return base64.urlsafe_b64encode(zlib.compress(text.encode())).decode()


async def test_short_links(guarded: RunningSite) -> None:
    data = {"code": "x < 1 # ä", "language": "gap", "interacts": '[{"state": {}}]', "n": "7"}
    status, text, headers = await ask(guarded, "POST", "permalink", headers=crossing(), data=data)
    assert status == 200 and headers["Access-Control-Allow-Origin"] == BOOK
    made = json.loads(text)
    assert made["n"] == 7 and len(made["query"]) > 20
    assert (made["zip"], made["interacts"]) == (packed(data["code"]), packed(data["interacts"]))
    status, text, headers = await ask(guarded, "GET", f"permalink?q={made['query']}", headers=crossing())
    assert status == 200 and headers["Content-Type"].startswith("application/json")
    assert json.loads(text) == ["x < 1 # ä", "gap", '[{"state": {}}]']
    script = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "script"}
    status, text, headers = await ask(guarded, "GET", f"permalink?q={made['query']}&callback=f", headers=script)
    assert status == 200 and headers["Content-Type"].startswith("application/javascript")
    assert json.loads(json.loads(text.removeprefix("/**/f(").removesuffix(");"))) == [
        "x < 1 # ä",
        "gap",
        '[{"state": {}}]',
    ]
    status, text, _ = await ask(guarded, "GET", "permalink?q=abcdef")
    assert (status, text) == (404, "ID not found in permalink database\n")
    status, text, headers = await ask(guarded, "POST", "permalink", data={"code": "</script>", "frame": "on"})
    assert status == 200 and text.count("</script>") == 1


@pytest.mark.parametrize(
    ("data", "status"),
    [
        ({}, 400),
        ({"code": "1", "n": "many"}, 400),
        ({"code": "1", "language": "klingon"}, 400),
        ({"code": "x" * 300_000}, 413),
        ({"code": "1", "frame": "on", "interacts": "y" * 500_000}, 413),
    ],
)
async def test_what_makes_no_short_link(guarded: RunningSite, data: dict[str, str], status: int) -> None:
    assert (await ask(guarded, "POST", "permalink", data=data))[0] == status


async def test_links_to_the_first_page(guarded: RunningSite) -> None:
    _, text, _ = await ask(guarded, "POST", "permalink", data={"code": "1"})
    made = json.loads(text)
    bare = made["zip"].rstrip("=")
    good = (
        "?c=1%2B1",
        f"?z={made['zip']}",
        f"?z={bare}&interacts={packed('[]')}&lang=gap",
        f"?q={made['query']}",
        "?x=1",
    )
    for query in good:
        status, text, headers = await ask(guarded, "GET", query)
        assert status == 200 and headers["Content-Type"].startswith("text/html"), query
    large = packed("x" * (2 << 20))
    for query in ("?z=nonsense", f"?z={bare[:-4]}", f"?z={large}", f"?z={bare}&interacts=%21", "?z=", "?z=%C3%A4"):
        status, text, headers = await ask(guarded, "GET", query)
        assert status == 400 and headers["Content-Type"].startswith("text/html"), query
    for query in ("?q=abcdef", "?q=", "?q=" + "x" * 1000, "?q=%00%C3%A4"):
        assert (await ask(guarded, "GET", query))[0] == 404, query
    # The first that is there counts.
    assert (await ask(guarded, "GET", "?c=1&z=nonsense"))[0] == 200


async def test_help(site: RunningSite) -> None:
    status, text, headers = await ask(site, "GET", "help.html")
    assert status == 200 and headers["Content-Type"].startswith("text/html") and "<h1>" in text
    assert "<script" not in text
