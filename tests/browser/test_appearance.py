"""Light and dark: as the system has it, or as an account has chosen, from the first moment that anything is seen."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_quotas import SHOTS, person, school
from tests.browser.test_sign_in import assert_clean
from tests.running import RunningSite

__all__ = ["person", "school"]  # fixtures
LIGHT, DARK = "rgb(247, 246, 243)", "rgb(21, 24, 27)"
PAPER = "getComputedStyle(document.documentElement).backgroundColor"


def choose(page: Page, school: RunningSite, label: str) -> None:
    page.goto(school.url + "account")
    page.get_by_label("Appearance").select_option(label=label)
    page.locator("form[action='/account/appearance'] button").click()
    page.wait_for_url(school.url + "account")
    expect(page.get_by_label("Appearance").locator("option:checked")).to_have_text(label)


def papers(page: Page, school: RunningSite, *paths: str) -> set[str]:
    """Return what pages look like, also before any script has run, and what the browser's own widgets are drawn for."""
    found = set()
    for path in paths:
        page.goto(school.url + path, wait_until="commit")
        page.wait_for_selector("body", state="attached")
        found.add(page.evaluate(PAPER))
        page.wait_for_load_state("load")
        found.add(page.evaluate(PAPER))
        found.add(page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches ? 'system dark' : 'system light'"))
        # What is drawn by the browser itself, such as a field that has no colours of ours.
        found.add(
            page.evaluate(
                "(() => { const e = document.createElement('div'); e.style.color = 'canvastext';"
                "document.body.append(e); const c = getComputedStyle(e).color; e.remove();"
                "return c === 'rgb(0, 0, 0)' ? 'widgets light' : 'widgets dark' })()"
            )
        )
    return found


def test_as_chosen_whatever_the_system_prefers(person: Callable[..., Page], school: RunningSite) -> None:
    page = person("Ada of the night", "--operator")
    pages = ("", "account", "account/delete", "accounts", "accounts/audit", "sign-in", "status?still", "api")
    for system in ("light", "dark"):
        page.emulate_media(color_scheme=system)  # type: ignore[arg-type]
        mine, drawn = (DARK, "widgets dark") if system == "dark" else (LIGHT, "widgets light")
        assert papers(page, school, *pages) == {mine, drawn, f"system {system}"}
    choose(page, school, "Light")
    assert papers(page, school, *pages) == {LIGHT, "widgets light", "system dark"}
    choose(page, school, "Dark")
    page.emulate_media(color_scheme="light")
    assert papers(page, school, *pages) == {DARK, "widgets dark", "system light"}
    choose(page, school, "As this device has it")
    assert papers(page, school, *pages) == {LIGHT, "widgets light", "system light"}


@pytest.mark.parametrize("label", ["Light", "Dark"])
def test_all_can_be_read_in_both(person: Callable[..., Page], school: RunningSite, label: str) -> None:
    page = person(f"Reader of {label}", "--operator")
    page.emulate_media(color_scheme="dark" if label == "Light" else "light", reduced_motion="reduce")
    choose(page, school, label)
    for path in ("account", "account/delete", "accounts", "accounts/sign-out-all", "accounts/audit", ""):
        page.goto(school.url + path)
        if path:
            assert_clean(page)
        for width in (360, 1280):
            page.set_viewport_size({"width": width, "height": 740})
            name = f"{path.replace('/', '-') or 'cells'}-{label.lower()}-{width}.png"
            page.screenshot(path=SHOTS / name, full_page=True)
        page.set_viewport_size({"width": 360, "height": 740})
