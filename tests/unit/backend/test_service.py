"""What a call of `/service` asks for."""

import pytest
from aiohttp import web

from sagews.backend.fields import parse_form, parse_json
from sagews.backend.service import Wish, cache_directives, read_wish
from sagews.protocol import MAX_CODE


def test_forms() -> None:
    assert read_wish(parse_form(b"code=1%2B1")) == Wish("1+1", 0.0)
    assert read_wish(parse_form(b"code=a%0D%0A&accepted_tos=true&code=b")) == Wish("a\r\nb", 0.0)
    assert read_wish(parse_form(b"code=%CE%B2")) == Wish("β", 0.0)
    assert read_wish(parse_form(b"code=&timeout=2.5")) == Wish("", 2.5)
    assert read_wish(parse_form(b"code=1&language=r")) == Wish("1", 0.0, "r")
    assert read_wish(parse_json(b'{"code": "1", "language": ""}')) == Wish("1", 0.0)


@pytest.mark.parametrize(("timeout", "seconds"), [("inf", 0), ("0", 0), ("-1", 0), ("nan", 0), ("7", 7)])
def test_timeouts(timeout: str, seconds: float) -> None:
    assert read_wish([("code", "1"), ("timeout", timeout)]).timeout == seconds


@pytest.mark.parametrize("timeout", ["soon", [1], None, 10**400])
def test_timeouts_that_are_none(timeout: object) -> None:
    with pytest.raises(web.HTTPBadRequest) as refused:
        read_wish([("code", "1"), ("timeout", timeout)])
    assert "timeout" in (refused.value.text or "")


@pytest.mark.parametrize("body", [b"code=%ff", b"code=\xff", b"&".join([b"a=1"] * 1000)])
def test_forms_that_are_none(body: bytes) -> None:
    with pytest.raises(ValueError):
        parse_form(body)


@pytest.mark.parametrize("body", [b"", b"[]", b"1", b"{", b"\xff", b'"code"'])
def test_json_that_is_no_object(body: bytes) -> None:
    with pytest.raises(ValueError):
        parse_json(body)


@pytest.mark.parametrize(
    ("code", "status"),
    [
        (None, 400),
        (17, 400),
        (["1"], 400),
        (True, 400),
        ("\ud800", 400),
        ("#" * (MAX_CODE + 1), 413),
        ("ä" * (MAX_CODE // 2 + 1), 413),
    ],
)
def test_what_is_no_code(code: object, status: int) -> None:
    with pytest.raises(web.HTTPException) as refused:
        read_wish([("code", code)])
    assert refused.value.status == status
    assert "\n" not in (refused.value.text or "") and "code" in (refused.value.text or "")


def test_code_may_be_as_large_as_an_evaluation() -> None:
    assert len(read_wish([("code", "#" * MAX_CODE)]).code) == MAX_CODE


@pytest.mark.parametrize(
    ("values", "names"),
    [
        ([], set()),
        (["no-cache"], {"no-cache"}),
        (["max-age=0, No-Store", 'private="a"'], {"max-age", "no-store", "private"}),
        (["x-no-cache=1"], {"x-no-cache"}),
    ],
)
def test_directives_of_a_cache(values: list[str], names: set[str]) -> None:
    assert cache_directives(values) == names


@pytest.mark.parametrize("language", ["R", "cobol", 7, None, ["r"]])
def test_a_language_that_is_not_known_is_refused(language: object) -> None:
    with pytest.raises(web.HTTPBadRequest) as refused:
        read_wish([("code", "1"), ("language", language)])
    assert "language is not known: send one of sage, gap" in str(refused.value.text)
