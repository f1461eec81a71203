"""What is said in the language of who asks, and in English where it is not known."""

import asyncio
import re

import pytest

from sagews.backend.languages.speech import catalogue, in_language, number, say, speak, spoken
from sagews.backend.pages import SHELLS, Pages
from sagews.backend.style import Style
from sagews.backend.text_page import text_page
from sagews.config.language import Language
from sagews.database.appearance import Appearance


def test_english_is_what_stands_in_the_code() -> None:
    assert spoken() is Language.ENGLISH and say("Sign in") == "Sign in"
    assert number(12345.5) == "12,345.5"


@pytest.mark.parametrize(
    ("language", "sign_in", "amount"),
    [
        (Language.GERMAN, "Anmelden", "12.345,5"),
        (Language.SPANISH, "Iniciar sesión", "12.345,5"),
        (Language.FRENCH, "Se connecter", "12\u202f345,5"),
        (Language.CHINESE, "登录", "12,345.5"),
    ],
)
def test_each_language_says_it_its_own_way(language: Language, sign_in: str, amount: str) -> None:
    assert in_language(language, lambda: (say("Sign in"), number(12345.5))) == (sign_in, amount)
    assert spoken() is Language.ENGLISH


def test_what_is_not_translated_is_said_in_english() -> None:
    assert in_language(Language.GERMAN, lambda: say("Said by nobody yet.")) == "Said by nobody yet."


async def test_each_request_has_its_own() -> None:
    async def answer(language: Language) -> str:
        speak(language)
        await asyncio.sleep(0)
        return say("Back")

    async with asyncio.timeout(10):
        said = await asyncio.gather(*(answer(each) for each in (Language.GERMAN, Language.FRENCH, Language.ENGLISH)))
    assert said == ["Zurück", "Retour", "Back"]


def test_a_page_says_in_which_it_is() -> None:
    page = in_language(Language.CHINESE, lambda: text_page("It", Style("s.css", "d.css"), ()))
    assert '<html lang="zh-Hans">' in page


NAMES = ("main", "workspaces", "worksheet", "history", "live")
"""Of the code of each page."""


@pytest.mark.parametrize("language", Language)
def test_the_page_of_cells_loads_the_catalogue_before_its_code(language: Language) -> None:
    pages = Pages()
    for file in (
        pages._indices[language, "", Appearance.SYSTEM],
        *(pages._shells[name, language, Appearance.SYSTEM] for name in SHELLS),
    ):
        body = file.body.decode()
        assert f'<html lang="{language}">' in body and "{{" not in body
        catalogue_at = body.find("/static/language-")
        code_at = max(
            body.find(f'src="/static/{name}-') for name in ("main", "workspaces", "worksheet", "history", "live")
        )
        assert code_at > 0
        # Whatever a page names is there.
        named = re.findall(r'(?:src|href)="/static/([^"]+)"', body)
        assert named and [name for name in named if name not in pages._files] == []
        assert catalogue_at == -1 if language is Language.ENGLISH else 0 < catalogue_at < code_at


def test_a_header_of_a_catalogue_is_no_text() -> None:
    assert "Plural-Forms" in catalogue(Language.GERMAN).gettext("")
