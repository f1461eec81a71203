"""Signing in with a provider that says odd things: nobody comes in by them, and nothing waits or grows for them."""

import asyncio
import gzip
import json
import re
import ssl
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest
from aiohttp import web
from yarl import URL

from sagews.backend.sign_in import cached, routes
from sagews.backend.sign_in.outgoing import LONGEST
from sagews.backend.sign_in.refused import Why
from tests.site.admin.balanced import self_signed
from tests.site.sign_in.browser import Browser, browser
from tests.site.sign_in.front import QUIETLY, Front, listening, running_front
from tests.site.sign_in.odd_provider import OddProvider, endless, running_odd_provider
from tests.unit.backend.sign_in.signing import by_secret, elliptic, half_hash, public, rsa, signed, unsigned

pytestmark = QUIETLY

DEADLINE = 1.0
"""Seconds that the front gives a provider here; in service it is ten."""


@pytest.fixture
async def odd() -> AsyncIterator[OddProvider]:
    async with running_odd_provider() as odd:
        yield odd


@pytest.fixture
async def front(odd: OddProvider, tmp_path: Path) -> AsyncIterator[Front]:
    with listening() as sock:
        async with running_front(sock, str(tmp_path), odd.settings(), deadline=DEADLINE) as front:
            yield front


@pytest.fixture
async def ada(front: Front) -> AsyncIterator[Browser]:
    async with browser() as ada:
        yield ada


async def refused(odd: OddProvider, front: Front, ada: Browser, outcome: str) -> None:
    """Assert that a sign-in comes to this, with a page of our own words."""
    before = front.count("odd", outcome)
    page = await odd.sign_in(front, ada)
    assert page.status >= 400 and re.search("<h1>Sign-in failed</h1>", page.text), page.text
    assert front.count("odd", outcome) == before + 1
    assert not front.admitted


async def test_a_good_provider_lets_people_in(odd: OddProvider, front: Front, ada: Browser) -> None:
    page = await odd.sign_in(front, ada)
    assert page.status == 200 and page.json()["claims"]["subject"] == "person-1"
    (form,) = odd.forms
    assert form["client_id"] == "client-1" and form["redirect_uri"] == f"{front.url}/sign-in/odd/callback"
    assert len(form["code_verifier"]) == 43 and "client_secret" not in form
    # All was in the token: nothing else was asked.
    assert odd.count("/me") == 0


@pytest.mark.parametrize(
    "token",
    [
        lambda odd: signed(odd.claims(nonce="m" * 43), rsa()),
        lambda odd: signed(odd.claims(nonce=None), rsa()),
        lambda odd: signed(odd.claims(aud="somebody-else"), rsa()),
        lambda odd: signed(odd.claims(aud=["client-1", "somebody-else"]), rsa()),
        lambda odd: signed(odd.claims(azp="somebody-else"), rsa()),
        lambda odd: signed({**odd.claims(), "iss": "https://evil.example"}, rsa()),
        lambda odd: signed(odd.claims(exp=int(time.time()) - 100), rsa()),
        lambda odd: signed(odd.claims(iat=int(time.time()) + 100), rsa()),
        lambda odd: signed(odd.claims(at_hash=half_hash("other")), rsa()),
        lambda odd: signed(odd.claims(sub=""), rsa()),
        lambda odd: unsigned(odd.claims()),
        lambda odd: unsigned(odd.claims(), kid="rsa-0"),
        lambda odd: by_secret(odd.claims(), b"client-1", kid="rsa-0"),
        lambda odd: by_secret(odd.claims(), rsa().as_pem(private=False), kid="rsa-0"),
        lambda odd: signed(odd.claims(), rsa(1)),
        lambda odd: signed(odd.claims(), rsa(1), kid="rsa-0"),
        lambda odd: signed(odd.claims(), elliptic(), "ES256"),
        lambda odd: "not.a.token",
        lambda odd: "",
    ],
)
async def test_a_word_that_is_not_its_own_or_not_for_us_lets_nobody_in(
    odd: OddProvider, front: Front, ada: Browser, token: Any
) -> None:
    odd.tokens = lambda: odd.with_token(token(odd))
    await refused(odd, front, ada, "token")


async def test_who_was_not_asked_for_enough_does_not_come_in(odd: OddProvider, ada: Browser, tmp_path: Path) -> None:
    both = ["https://refeds.org/profile/mfa", "phr"]
    with listening() as sock:
        settings = msgspec.structs.replace(odd.settings(), acr=both)
        async with running_front(sock, str(tmp_path), settings, deadline=DEADLINE) as front:
            there = await odd.begin(front, ada)
            assert URL(there.location).query["acr_values"] == " ".join(both)
            for said in both:
                odd.tokens = lambda said=said: odd.with_token(signed(odd.claims(acr=said), rsa()))
                assert (await odd.sign_in(front, ada)).status == 200, said
            front.admitted.clear()
            for weak in (None, "", "0", "https://refeds.org/profile/sfa", "phr ", " ".join(both), both, True):
                odd.tokens = lambda weak=weak: odd.with_token(signed(odd.claims(acr=weak), rsa()))
                await refused(odd, front, ada, "weak")


async def test_clocks_that_differ_by_five_seconds_are_no_hindrance(
    odd: OddProvider, front: Front, ada: Browser
) -> None:
    for skew in (-5, 5):
        now = int(time.time()) + skew
        changes = {"iat": now, "exp": now + 300}
        odd.tokens = lambda changes=changes: odd.with_token(signed(odd.claims(**changes), rsa()))
        assert (await odd.sign_in(front, ada)).status == 200


async def test_new_keys_are_fetched_when_a_token_names_one_and_at_most_once_a_minute(
    odd: OddProvider, front: Front, ada: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await odd.sign_in(front, ada)).status == 200
    assert odd.count("/keys") == 1
    odd.keys = public(rsa(1))
    odd.tokens = lambda: odd.with_token(signed(odd.claims(), rsa(1)))
    for _ in range(3):
        assert (await odd.sign_in(front, ada)).status == 502
    assert odd.count("/keys") == 1, "within a minute of the last time"
    monkeypatch.setattr(cached, "PAUSE", 0.0)
    assert (await odd.sign_in(front, ada)).status == 200
    assert odd.count("/keys") == 2
    odd.tokens = lambda: odd.with_token(signed(odd.claims(), rsa()))
    assert (await odd.sign_in(front, ada)).status == 502, "what is signed by the old key is not believed any more"


async def test_a_key_that_changes_under_its_name_is_fetched_too(
    odd: OddProvider, front: Front, ada: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cached, "PAUSE", 0.0)
    assert (await odd.sign_in(front, ada)).status == 200
    odd.keys = [{**public(rsa(1))[0], "kid": "rsa-0"}]
    odd.tokens = lambda: odd.with_token(signed(odd.claims(), rsa(1), kid="rsa-0"))
    assert (await odd.sign_in(front, ada)).status == 200


GARBAGE: list[Any] = [
    b"",
    b"<html>",
    b"\xff\xfe",
    b"[]",
    b"null",
    b"[" * 50_000,
    b'{"a":' * 20_000,
    b"{}",
    b" " * (LONGEST + 1),
    {"issuer": 5},
    web.Response,
    lambda: web.Response(status=500, text="{}"),
    lambda: web.Response(status=302, headers={"Location": "http://127.0.0.1:1/"}),
    lambda: web.Response(status=204),
    lambda: web.Response(body=gzip.compress(b" " * 1000), headers={"Content-Encoding": "gzip"}),
]


@pytest.mark.parametrize("said", GARBAGE, ids=range(len(GARBAGE)))
@pytest.mark.parametrize("what", ["discovery", "key_set", "userinfo", "tokens"])
async def test_what_cannot_be_read_is_refused(
    odd: OddProvider, front: Front, ada: Browser, what: str, said: Any
) -> None:
    if what == "userinfo":
        odd.tokens = lambda: odd.with_token(signed(odd.claims(email=None), rsa()))
    setattr(odd, what, said if callable(said) else lambda: said)
    page = await odd.sign_in(front, ada)
    assert page.status in (502, 503) and "<h1>Sign-in failed</h1>" in page.text
    assert not front.admitted
    told = [outcome for outcome in ("garbage", "away", "declined", "token") if front.count("odd", outcome)]
    assert len(told) == 1


@pytest.mark.parametrize("what", ["discovery", "key_set", "userinfo", "tokens"])
@pytest.mark.parametrize("slow", ["silent", "dripping", "endless"])
async def test_what_takes_too_long_is_given_up(
    odd: OddProvider, front: Front, ada: Browser, what: str, slow: str
) -> None:
    if what == "userinfo":
        odd.tokens = lambda: odd.with_token(signed(odd.claims(email=None), rsa()))
    silent = lambda: asyncio.sleep(30)  # noqa: E731
    setattr(odd, what, {"silent": silent, "dripping": lambda: endless(b" ", 0.05), "endless": endless}[slow])
    begun = time.monotonic()
    await refused(odd, front, ada, "garbage" if slow == "endless" else "away")
    assert time.monotonic() - begun < DEADLINE + 5


async def test_all_that_is_asked_together_has_a_deadline(
    odd: OddProvider, front: Front, ada: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routes, "TELL_SECONDS", 0.2)
    odd.tokens = lambda: asyncio.sleep(0.5)
    await refused(odd, front, ada, "away")
    assert front.noted == [("odd", Why.AWAY)]


async def test_many_who_wait_for_a_silent_provider_wait_no_longer_than_one(odd: OddProvider, front: Front) -> None:
    odd.discovery = lambda: asyncio.sleep(30)
    begun = time.monotonic()
    async with browser() as ada:
        pages = await asyncio.gather(*(odd.begin(front, ada) for _ in range(50)))
    assert {page.status for page in pages} == {503}
    assert time.monotonic() - begun < DEADLINE + 5
    assert odd.count("/.well-known/openid-configuration") == 1
    assert not front.store.kept


async def test_a_provider_that_is_not_there(odd: OddProvider, front: Front, ada: Browser) -> None:
    odd.discovery = lambda: odd.good_discovery(token_endpoint="http://127.0.0.1:1/token")
    await refused(odd, front, ada, "away")


@pytest.mark.parametrize(
    "changes",
    [
        {"issuer": "https://evil.example"},
        {"token_endpoint": "http://math.example.org/token"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"jwks_uri": None},
    ],
    ids=str,
)
async def test_a_document_that_would_lead_astray(
    odd: OddProvider, front: Front, ada: Browser, changes: dict[str, Any]
) -> None:
    odd.discovery = lambda: odd.good_discovery(**changes)
    await refused(odd, front, ada, "garbage")


async def test_what_is_not_in_the_token_is_asked_for(odd: OddProvider, front: Front, ada: Browser) -> None:
    odd.tokens = lambda: odd.with_token(signed(odd.claims(email=None, email_verified=None), rsa()))
    odd.userinfo = lambda: {"sub": "person-1", "email": "ada@example.net", "email_verified": True, "name": "Other"}
    said = (await odd.sign_in(front, ada)).json()["claims"]
    assert (said["name"], said["email"], said["verified"]) == ("Ada", "ada@example.net", True)
    assert odd.asked["/me"][0].headers["Authorization"] == "Bearer access-token"


async def test_the_word_on_one_address_is_none_on_another(odd: OddProvider, front: Front, ada: Browser) -> None:
    odd.tokens = lambda: odd.with_token(signed(odd.claims(email="victim@example.org", email_verified=None), rsa()))
    odd.userinfo = lambda: {"sub": "person-1", "email_verified": True}
    assert (await odd.sign_in(front, ada)).json()["claims"]["verified"] is False
    odd.userinfo = lambda: {"sub": "person-1", "email": "eve@example.org", "email_verified": True}
    said = (await odd.sign_in(front, ada)).json()["claims"]
    assert (said["email"], said["verified"]) == ("eve@example.org", True)


@pytest.mark.parametrize("subject", ["somebody-else", None, 5])
async def test_userinfo_of_somebody_else(odd: OddProvider, front: Front, ada: Browser, subject: Any) -> None:
    odd.tokens = lambda: odd.with_token(signed(odd.claims(email=None), rsa()))
    odd.userinfo = lambda: {"sub": subject, "email": "a@b.example"}
    await refused(odd, front, ada, "token")


@pytest.mark.parametrize(
    "changes",
    [{"token_type": "DPoP"}, {"access_token": "a\r\nX-Evil: 1"}, {"access_token": ""}, {"id_token": 5}],
    ids=str,
)
async def test_tokens_that_are_none(odd: OddProvider, front: Front, ada: Browser, changes: dict[str, Any]) -> None:
    odd.tokens = lambda: odd.with_token(signed(odd.claims(email=None), rsa())) | changes
    await refused(odd, front, ada, "garbage")


async def test_what_a_provider_writes_is_on_no_page_and_in_no_log(
    odd: OddProvider, front: Front, ada: Browser, capsys: pytest.CaptureFixture[str]
) -> None:
    there = await odd.begin(front, ada)
    state = there.location.partition("state=")[2].partition("&")[0]
    page = await ada.get(
        f"{front.url}/sign-in/odd/callback?error=server_error&error_description=%3Cscript%3Ealert%3C%2Fscript%3E&state={state}"
    )
    assert page.status == 502 and "script" not in page.text and "alert" not in page.text
    odd.tokens = lambda: web.json_response({"error": "evil<b>", "error_description": "secret words"}, status=400)
    page = await odd.sign_in(front, ada)
    assert page.status == 502 and "evil" not in page.text and "secret words" not in page.text
    odd.tokens = lambda: odd.with_token(signed(odd.claims(sub="hidden-subject", aud="hidden-audience"), rsa()))
    await odd.sign_in(front, ada)
    said = capsys.readouterr()
    log = said.out + said.err
    assert log.count("sign-in refused") == 3
    for secret in ("evil", "secret words", "hidden", "a-code", state, odd.nonce, "ada@example.org"):
        assert secret not in log
    assert "Traceback" not in log


async def test_headers_of_an_answer_and_of_a_refusal(odd: OddProvider, front: Front, ada: Browser) -> None:
    there = await odd.begin(front, ada)
    assert there.headers["Cache-Control"] == "no-store"
    (cookie,) = there.cookies
    assert cookie.startswith("sagews-sign-in-") and "HttpOnly" in cookie and "SameSite=Lax" in cookie
    assert "Path=/sign-in" in cookie and "Max-Age=600" in cookie and "Domain" not in cookie
    page = await ada.get(f"{front.url}/sign-in/odd/callback")
    assert page.status == 400 and page.headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    secure = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.1", "Host": "math.example.org"}
    there = await ada.post(f"{front.url}/sign-in/odd", Origin="https://math.example.org", **secure)
    (cookie,) = there.cookies
    assert cookie.startswith("__Host-sagews-sign-in-") and "Secure" in cookie and "Path=/;" in cookie
    assert "redirect_uri=https%3A%2F%2Fmath.example.org%2Fsign-in%2Fodd%2Fcallback" in there.location


async def test_who_may_not_begin(odd: OddProvider, front: Front, ada: Browser) -> None:
    begin = f"{front.url}/sign-in/odd"
    assert (await ada.get(begin)).status == 405
    assert (await ada.post(f"{front.url}/sign-in/nobody")).status == 404
    assert (await ada.get(f"{front.url}/sign-in/nobody/callback")).status == 404
    assert (await ada.post(begin, Origin="https://evil.example")).status == 403
    assert (await ada.post(begin, Origin="null")).status == 403
    assert (await ada.post(begin, {"next": "/" + "x" * 20_000})).status == 413
    assert (await ada.post(begin, {f"field{n}": "" for n in range(50)})).status == 400
    assert not front.store.kept


async def test_a_form_with_two_answers_has_none(odd: OddProvider, front: Front, ada: Browser) -> None:
    await ada.post(f"{front.url}/sign-in/odd", {"next": "/w/a"})
    assert [json.loads(kept)["next"] for kept in front.store.kept.values()] == ["/w/a"]


async def test_a_certificate_that_nobody_trusts(ada: Browser, tmp_path: Path) -> None:
    (tmp_path / "tls.pem").write_bytes(self_signed())
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(tmp_path / "tls.pem")
    with listening() as sock:
        async with (
            running_odd_provider(tls) as odd,
            running_front(sock, str(tmp_path), odd.settings()) as front,
            aiohttp.ClientSession() as careless,
        ):
            assert (await odd.begin(front, ada)).status == 503 and front.count("odd", "away") == 1
            assert odd.asked == {}
            async with careless.get(f"{odd.issuer}/keys", ssl=False) as answer:
                assert answer.status == 200, "to whoever does not look it answers"


@pytest.mark.parametrize("what", ["discovery", "key_set", "tokens"])
async def test_a_redirect_is_not_followed(odd: OddProvider, front: Front, ada: Browser, what: str) -> None:
    setattr(odd, what, lambda: web.Response(status=307, headers={"Location": f"{odd.issuer}/elsewhere"}))
    assert (await odd.sign_in(front, ada)).status == 502
    assert odd.count("/elsewhere") == 0


async def test_while_the_store_is_away(odd: OddProvider, front: Front, ada: Browser) -> None:
    there = await odd.begin(front, ada)
    front.store.away = True
    for page in (await odd.begin(front, ada), await odd.back(front, ada, there)):
        assert page.status == 503 and page.text == "database: cannot be reached; try again in a moment.\n"
    front.store.away = False
    assert (await odd.back(front, ada, there)).status == 200, "and it goes on where it was"


async def test_who_begins_too_often_is_told_when_to_try_again(odd: OddProvider, ada: Browser, tmp_path: Path) -> None:
    with listening() as sock:
        limits = {"sign_ins_per_address": "3/minute"}
        async with running_front(sock, str(tmp_path), odd.settings(), rates=limits) as front:
            pages = [await odd.begin(front, ada) for _ in range(4)]
            assert [page.status for page in pages] == [303, 303, 303, 429]
            assert 1 <= int(pages[-1].headers["Retry-After"]) <= 120
            assert len(front.store.kept) == 3


async def test_begun_at_one_backend_and_ended_at_another(
    odd: OddProvider, front: Front, ada: Browser, tmp_path: Path
) -> None:
    with listening() as sock:
        async with running_front(sock, str(tmp_path), odd.settings(), store=front.store) as other:
            there = await odd.begin(front, ada)
            page = await odd.back(other, ada, there)
            assert page.status == 200 and len(other.admitted) == 1
    assert odd.forms[-1]["redirect_uri"] == f"{front.url}/sign-in/odd/callback", "as it was asked for"
