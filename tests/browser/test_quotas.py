"""Quotas, as the person sees them before they bite; and the way from the cells to one's account."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.test_sign_in import BARE, assert_clean
from tests.running import RunningSite, running_site
from tests.site.accounts.browser_end import link_in, users

QUOTAS = """
[quotas.account]
evaluations = 5
sessions = 3
wall_time = 60
[[provider]]
name = "campus"
label = "the Campus"
issuer = "https://login.example.org"
client_id = "cells"
client_secret_file = "SECRET"
"""
SHOTS = Path(__file__).parents[1] / "output"


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSite]:
    folder = tmp_path_factory.mktemp("school")
    secret = folder / "secret"
    secret.write_text("a secret of the provider's")
    secret.chmod(0o600)
    with running_site(folder, config=BARE + QUOTAS.replace("SECRET", str(secret))) as running:
        yield running


@pytest.fixture
def person(chromium: Browser, school: RunningSite) -> Iterator[Callable[..., Page]]:
    """Give a function that lets somebody with a new account come, on a phone; or nobody in particular."""
    contexts: list[BrowserContext] = []

    def come(name: str = "", *more: str) -> Page:
        contexts.append(context := chromium.new_context(viewport={"width": 360, "height": 740}))
        context.set_default_timeout(15_000)
        page = context.new_page()
        if name:
            token = link_in(users(school.data, "add", name, *more)).partition("token=")[2]
            page.goto(f"{school.url}sign-in/link?token={token}")
            page.get_by_role("button", name="Sign in").click()
            page.wait_for_url(school.url)
        return page

    yield come
    for context in contexts:
        context.close()


def evaluate(page: Page, code: str, result: str) -> None:
    """Evaluate in the last cell, by keyboard."""
    editor = page.locator(".cm-content").last
    editor.click()
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.type(code)
    page.keyboard.press("Shift+Enter")
    expect(page.locator("sagews-page")).to_contain_text(result)


def test_a_quota_is_told_before_it_bites(person: Callable[..., Page], school: RunningSite) -> None:
    page = person("Ada")
    expect(page.locator(".cm-content").first).to_be_visible()
    for number in range(3):
        evaluate(page, f"{number} + 1000", str(1000 + number))
    expect(page.locator(".status .warning")).to_have_count(0)
    evaluate(page, "1234 + 1", "1235")
    expect(page.locator(".status .warning")).to_contain_text("4 of 5 evaluations of today used; anew at 00:00 UTC.")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    SHOTS.mkdir(exist_ok=True)
    page.screenshot(path=str(SHOTS / "quota-near.png"))
    # By keyboard, the first thing in the page.
    page.reload()
    expect(page.locator(".status .warning")).to_contain_text("4 of 5 evaluations")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Account")).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url(school.url + "account")
    row = page.get_by_role("row", name="Evaluations today")
    expect(row).to_contain_text("4")
    meter = row.get_by_role("meter", name="Evaluations today")
    assert (meter.get_attribute("value"), meter.get_attribute("max")) == ("4", "5")
    expect(page.get_by_role("row", name="Time of one evaluation").first).to_contain_text("60 s")
    assert_clean(page)
    page.screenshot(path=str(SHOTS / "quota-account.png"))
    page.goto(school.url)
    expect(page.locator(".cm-content").first).to_be_visible()
    evaluate(page, "5000 + 5", "5005")
    evaluate(page, "6000 + 6", "this account: has had its 5 evaluations of today")
    page.screenshot(path=str(SHOTS / "quota-refused.png"))


def test_who_is_not_signed_in_is_offered_to(person: Callable[..., Page], school: RunningSite) -> None:
    page = person()
    page.goto(school.url)
    expect(page.locator(".cm-content").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    SHOTS.mkdir(exist_ok=True)
    page.screenshot(path=str(SHOTS / "quota-sign-in.png"))
    page.get_by_role("link", name="Sign in").click()
    page.wait_for_url(school.url + "sign-in")


def test_an_operator_changes_them_by_keyboard(person: Callable[..., Page], school: RunningSite) -> None:
    page = person("Olga", "--operator")
    users(school.data, "add", "Pupil")
    page.goto(school.url + "accounts?search=pupil")
    assert_clean(page)
    page.get_by_role("link", name="Quotas").press("Enter")
    expect(page.get_by_role("heading", name="Quotas of one account")).to_be_visible()
    assert_clean(page)
    SHOTS.mkdir(exist_ok=True)
    page.screenshot(path=str(SHOTS / "quota-form.png"))
    page.get_by_label("Evaluations in a day").fill("many")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("'many' is no number")
    page.get_by_label("Evaluations in a day").fill("7")
    page.keyboard.press("Enter")
    page.wait_for_url(school.url + "accounts")
    page.goto(school.url + "accounts?search=pupil")
    page.get_by_role("link", name="Quotas").click()
    expect(page.get_by_label("Evaluations in a day")).to_have_value("7")
