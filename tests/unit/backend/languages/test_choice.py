"""Whose word decides the language: the account's, the browser's cookie, its wish, the site's."""

import pytest

from sagews.backend.languages.choice import LONGEST, decided, wished
from sagews.backend.languages.page import language_page
from sagews.backend.languages.speech import in_language
from sagews.backend.style import Style
from sagews.config.language import Language

EN, DE, ES, FR, ZH = Language


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", None),
        ("de", DE),
        ("de-AT, en;q=0.8", DE),
        ("pl, fr-CA;q=0.9, en;q=0.8", FR),
        ("en;q=0.5, es;q=0.7", ES),
        ("zh-CN, zh;q=0.9", ZH),
        ("ZH-hant-TW", ZH),
        ("fr;q=0, de;q=0.1", DE),
        ("fr;q=0", None),
        ("pl, cs", None),
        ("*", None),
        ("de;q=1.0.0, fr", FR),
        ("de;q=....., fr;q=0.2", FR),
        ("de;level=1, es;q=0.1", ES),
        ("den", None),
        ("<b>, \0, é, de", DE),
        (f"{'x, ' * LONGEST}de", None),
    ],
)
def test_the_wish_of_a_browser(header: str, expected: Language | None) -> None:
    assert wished(header) is expected


@pytest.mark.parametrize(
    ("path", "account", "cookie", "wish", "expected"),
    [
        ("/", DE, "fr", "es", DE),
        ("/", None, "fr", "es", FR),
        ("/", None, "", "es", ES),
        ("/", None, "", "", ZH),
        ("/", None, "tlh", "", ZH),
        ("/account", None, "zh-Hans", "en", ZH),
        # What is not translated is said to be English.
        ("/accounts", DE, "fr", "es", EN),
        ("/status", DE, "fr", "es", EN),
        ("/api/v1/version", DE, "fr", "es", EN),
    ],
)
def test_whose_word_decides(path: str, account: Language | None, cookie: str, wish: str, expected: Language) -> None:
    assert decided(path, account, cookie, wish, ZH) is expected


def test_the_page_of_the_choice_says_each_in_its_own_words() -> None:
    page = in_language(DE, lambda: language_page(Style("s.css", "d.css"), '/?q="><b>'))
    for each in Language:
        assert f'value="{each}" lang="{each}"' in page and f">{each.called}</button>" in page
    assert page.count('aria-current="true"') == 1 and 'lang="de" aria-current="true"' in page
    assert "<b>" not in page


def test_a_word_that_is_not_known_is_no_language() -> None:
    assert Language.of("zh-Hans") is ZH
    assert [Language.of(word) for word in ("", "DE", "zh", "de ", "<b>")] == [None] * 5
