"""The page of a worksheet and that of its history in every language, on a phone: all is said, nothing sticks out."""

import pytest
from playwright.sync_api import expect

from sagews.config.language import Language
from tests.browser.sheet import notebook, workspace
from tests.browser.test_languages import assert_fits
from tests.browser.test_worksheet import PHONE, People, people

__all__ = ["people"]
SAID = {
    Language.ENGLISH: ("Code cell 2", "Ended with an error", "Publish the worksheet", "What differs"),
    Language.GERMAN: ("Codezelle 2", "Mit einem Fehler beendet", "Das Arbeitsblatt veröffentlichen", "Unterschiede"),
    Language.SPANISH: ("Celda de código 2", "Terminó con un error", "Publicar la hoja de trabajo", "Diferencias"),
    Language.FRENCH: ("Cellule de code 2", "Terminé par une erreur", "Publier la feuille de travail", "Différences"),
    Language.CHINESE: ("代码单元格 2", "因错误而结束", "发布工作表", "差异"),
}
"""What a cell is called, the end of an evaluation that failed, the publish dialog, the heading of differences."""


@pytest.mark.parametrize("language", Language)
def test_a_worksheet_speaks_as_the_browser_wants(people: People, language: Language) -> None:
    cell, failed, publish, differs = SAID[language]
    actor = people.actor()
    made = workspace(people.site.url, actor.headers, "a.ipynb", notebook([("markdown", "# Rings"), ("code", "1/0")]))
    page = people.context(actor, locale=language.value, **PHONE).new_page()
    page.goto(people.address(made))
    expect(page.locator("main[aria-busy=false]")).to_be_visible()
    code = page.get_by_role("group", name=cell)
    code.locator(".cm-content").click()
    page.keyboard.press("Control+Enter")
    expect(code.locator(".standing")).to_contain_text(failed)
    assert_fits(page, language, "worksheet", sized=False)
    page.locator("header sagews-menu > button").click()
    assert_fits(page, language, "worksheet-menu", sized=False)
    page.get_by_role("menuitem").last.click()
    expect(page.get_by_role("dialog").get_by_role("heading", name=publish)).to_be_visible()
    assert_fits(page, language, "worksheet-publish", sized=False)
    page.keyboard.press("Escape")
    page.goto(people.address(made).replace("/worksheets/", "/history/"))
    expect(page.get_by_role("heading", name=differs)).to_be_visible()
    expect(page.locator(".cell h3").first).to_be_visible()
    assert_fits(page, language, "history")
