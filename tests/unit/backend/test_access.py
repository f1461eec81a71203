"""What shows the access token."""

from sagews.backend.access import Access


def test_what_admits() -> None:
    access = Access("t" * 43, 8080)
    cookie = access.cookie_value
    assert access.cookie_name == "sagews-access-8080"
    assert "t" * 43 not in cookie
    assert access.opens("t" * 43) and not access.opens("t" * 42) and not access.opens("\ud800ä")
    assert access.subject(cookie=cookie, authorization=None)
    assert access.subject(cookie=None, authorization="Bearer " + "t" * 43)
    assert access.subject(cookie=None, authorization="token  " + "t" * 43)
    # A wrong header is not saved by a cookie: whoever sends one means it.
    assert not access.subject(cookie=cookie, authorization="Bearer wrong")
    assert access.subject(cookie=cookie, authorization="Basic eDp5")
    assert not access.subject(cookie="t" * 43, authorization=None)
    assert not access.subject(cookie="", authorization="")
    assert not access.subject(cookie=None, authorization=None)
