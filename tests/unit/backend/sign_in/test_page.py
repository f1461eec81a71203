"""The page that says why a sign-in came to nothing."""

from sagews.backend.sign_in.page import refusal_page
from sagews.backend.style import Style

STYLE = Style("/static/s.css", "/static/d.css")


def test_it_leads_back_to_the_sign_in_with_where_one_wanted_to_go() -> None:
    page = refusal_page("It is over.", "Sign in again.", STYLE, "/w/a?b=c&d")
    assert 'href="/sign-in?next=%2Fw%2Fa%3Fb%3Dc%26d"' in page
    assert "<p>It is over.</p>" in page and 'href="/static/s.css"' in page
    assert 'href="/sign-in"' in refusal_page("a", "b", STYLE)


def test_nothing_in_it_is_markup() -> None:
    page = refusal_page("<script>1</script>", '"><img>', STYLE, '/"><b>')
    assert "<script" not in page and "<img" not in page and "<b>" not in page
