"""Pages in every language in a real browser: nothing sticks out on a phone, axe finds no serious fault, all is said."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from sagews.config.language import Language
from tests.browser.test_quotas import SHOTS, evaluate, person, school
from tests.browser.test_sign_in import assert_clean, serious
from tests.running import RunningSite

__all__ = ["person", "school"]  # fixtures
SAID = {
    Language.ENGLISH: ("Evaluate", "Ended with an error", "Stop", "Sign out"),
    Language.GERMAN: ("Auswerten", "Mit einem Fehler beendet", "Stopp", "Abmelden"),
    Language.SPANISH: ("Evaluar", "Terminó con un error", "Detener", "Cerrar sesión"),
    Language.FRENCH: ("Évaluer", "Terminé par une erreur", "Arrêter", "Se déconnecter"),
    Language.CHINESE: ("计算", "因错误而结束", "停止", "退出登录"),
}
"""The button of a cell, the end of an evaluation that failed, the buttons that stop it and that sign out."""
OVERFLOWING = """() => {
    const shown = [...document.querySelectorAll("button, a, p, label, select, h1, h2, li, span")]
        .filter((each) => each.getBoundingClientRect().width > 0 && each.closest(".cm-editor, .announcer") === null);
    const sticksOut = (each) => {
        const box = each.getBoundingClientRect();
        const around = each.parentElement.getBoundingClientRect();
        const tooWide = each.localName === "button" && each.scrollWidth > each.clientWidth + 1;
        const out = ["BUTTON", "SELECT"].includes(each.tagName) && box.right > around.right + 1;
        return tooWide || out || box.right > innerWidth + 1 || box.left < -1;
    };
    const buttons = shown.filter((each) => each.matches("button, select"));
    const meets = (one, other) => {
        const [a, b] = [one.getBoundingClientRect(), other.getBoundingClientRect()];
        return a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1;
    };
    const areBeside = (one, other) => one !== other && one.parentElement === other.parentElement && meets(one, other);
    const beside = (one) => buttons.some((other) => areBeside(one, other));
    return [...shown.filter(sticksOut), ...buttons.filter(beside)].map((each) => each.outerHTML.slice(0, 120));
}"""
"""What sticks out of the window, or as a button out of what it is in, has no room for its text, or lies on another."""


@pytest.fixture
def reader(chromium: Browser, school: RunningSite) -> Iterator[Callable[[Language], Page]]:
    """Give a function that opens a phone whose browser wants a language."""
    contexts: list[BrowserContext] = []

    def come(language: Language) -> Page:
        size = {"width": 360, "height": 740}
        contexts.append(context := chromium.new_context(viewport=size, locale=language.value))  # type: ignore[arg-type]
        context.set_default_timeout(15_000)
        return context.new_page()

    yield come
    for context in contexts:
        context.close()


def assert_fits(page: Page, language: Language, name: str, *, sized: bool = True) -> None:
    """Assert that a page speaks a language and fits into its window; leave a picture of it.

    `sized`: it has no button that is smaller for a mouse than for a finger.
    """
    expect(page.locator("html")).to_have_attribute("lang", language)
    if sized:
        assert_clean(page)
    else:
        assert serious(page) == []
    assert page.evaluate(OVERFLOWING) == []
    SHOTS.mkdir(exist_ok=True)
    page.screenshot(path=SHOTS / f"language-{language}-{name}.png", full_page=True)


@pytest.mark.parametrize("language", Language)
def test_cells_speak_as_the_browser_wants(
    reader: Callable[[Language], Page], school: RunningSite, language: Language
) -> None:
    button, failed, _, _ = SAID[language]
    page = reader(language)
    page.goto(school.url)
    expect(page.locator(".cell button.main")).to_have_text(button)
    expect(page.locator(".welcome .chip")).to_have_count(7)
    assert_fits(page, language, "cells")
    page.get_by_role("button", name=re.compile("^(Link|Enlace|Lien|链接)$")).click()
    expect(page.locator("dialog")).to_be_visible()
    assert_fits(page, language, "link")
    page.keyboard.press("Escape")
    page.get_by_role("button", name=re.compile("^(Files|Dateien|Archivos|Fichiers|文件)$")).click()
    expect(page.locator("sagews-files")).to_be_visible()
    assert_fits(page, language, "files", sized=False)
    evaluate(page, "1/0", "ZeroDivisionError")
    expect(page.locator(".standing")).to_contain_text(failed)
    assert page.evaluate(OVERFLOWING) == []
    page.screenshot(path=SHOTS / f"language-{language}-failed.png", full_page=True)


@pytest.mark.parametrize("language", Language)
def test_pages_of_accounts_speak_as_is_chosen(
    person: Callable[..., Page], school: RunningSite, language: Language
) -> None:
    page = person(f"Reader of {language}")
    page.goto(school.url + "account")
    page.locator("select[name=language]").select_option(value=language)
    page.locator("form[action='/language'] button").click()
    expect(page.locator("select[name=language] option:checked")).to_have_text(language.called)
    for path in ("account", "account/delete", "sign-in", "language", "sign-in?again=1"):
        page.goto(school.url + path)
        assert_fits(page, language, re.sub(r"\W+", "-", path))
    page.goto(school.url + "workspaces")
    expect(page.locator("main h1")).to_be_visible()
    assert_fits(page, language, "workspaces")
    page.locator("main button.main").click()
    page.locator("dialog input").fill("Analysis")
    page.locator("dialog button.main").click()
    expect(page.get_by_role("heading", name="Analysis")).to_be_visible()
    page.locator("sagews-workspace-sharing h2").first.wait_for()
    assert_fits(page, language, "workspace")
    page.goto(school.url)
    expect(page.locator(".cell button.main")).to_have_text(SAID[language][0])
    expect(page.locator("sagews-status button").first).to_have_text(SAID[language][2])
    page.goto(school.url + "account")
    page.get_by_role("button", name=SAID[language][3], exact=True).first.click()
    # Who has signed out is still spoken to in it: the browser keeps the choice.
    page.wait_for_url(school.url + "sign-in")
    assert_fits(page, language, "sign-in")


def test_who_has_no_account_chooses_in_the_menu(reader: Callable[[Language], Page], school: RunningSite) -> None:
    page = reader(Language.ENGLISH)
    page.goto(school.url)
    page.get_by_role("link", name="Language: English").click()
    page.get_by_role("button", name="Deutsch").click()
    page.wait_for_url(school.url)
    expect(page.locator(".cell button.main")).to_have_text("Auswerten")
    # The code that came with a link is still there in the next language.
    page.goto(school.url + "?c=6*7")
    expect(page.locator(".cm-content")).to_have_text("6*7")
    expect(page.get_by_role("alert")).to_contain_text("Dieser Code kam mit dem Link.")
    page.get_by_role("link", name="Sprache: Deutsch").click()
    page.get_by_role("button", name="Wie in diesem Browser").click()
    page.wait_for_url(school.url + "?c=6*7")
    expect(page.locator(".cell button.main")).to_have_text("Evaluate")
    expect(page.locator(".cm-content")).to_have_text("6*7")


def test_without_its_catalogue_a_page_speaks_english(reader: Callable[[Language], Page], school: RunningSite) -> None:
    page = reader(Language.FRENCH)
    page.route("**/static/language-fr-*", lambda route: route.abort())
    page.goto(school.url)
    expect(page.locator(".cell button.main")).to_have_text("Evaluate")
