"""Two people in one worksheet, each in a browser of their own; and one of them without a network for a while."""

import re

from playwright.sync_api import Cookie, Page, WebSocketRoute, expect

from tests.browser.sheet import Sheet, ask, notebook, workspace
from tests.browser.test_sign_in import assert_clean
from tests.browser.test_worksheet import People, people

__all__ = ["people"]  # a fixture


def two(people: People, role: str = "editor", *sources: str) -> tuple[Sheet, Sheet]:
    """Let two people open one worksheet with these cells; the second one has a role in its workspace."""
    owner, other = people.actor(), people.actor()
    made = workspace(people.site.url, owner.headers, "a.ipynb", notebook([("code", each) for each in sources]))
    url = f"{people.site.url}api/v1/workspaces/{made}/members"
    body = f'{{"account": "{other.account}", "role": "{role}"}}'.encode()
    ask(url, "POST", {**owner.headers, "Origin": people.site.url.rstrip("/")}, body)
    first, second = (Sheet(people.context(each).new_page(), people.address(made)) for each in (owner, other))
    return first, second


def test_both_write_and_each_undoes_their_own(people: People) -> None:
    one, other = two(people, "editor", "a", "b")
    one.enter(0)
    one.page.keyboard.type("ü😀")
    other.await_sources("aü😀", "b")
    other.enter(0)
    other.page.keyboard.type("中")
    one.await_sources("aü😀中", "b")
    other.enter(1)
    other.page.keyboard.type("!")
    one.await_sources("aü😀中", "b!")
    one.press("Control+z")
    other.await_sources("a中", "b!")
    other.press("Escape", "d", "d")
    one.await_sources("a中")
    assert one.source() == "a中"
    one.await_saved()
    other.await_saved()


def test_each_sees_where_the_other_is(people: People) -> None:
    one, other = two(people, "editor", "alpha", "beta")
    other.enter(1)
    people_here = one.page.get_by_role("list", name="Who else is here")
    expect(people_here.get_by_role("button")).to_have_count(1)
    caret = one.cell(1).locator(".cm-person")
    expect(caret).to_have_count(1)
    other.press("Shift+Home")
    expect(one.cell(1).locator("[style*='color-mix']")).to_have_text("beta")
    assert_clean(one.page)
    people_here.get_by_role("button").click()
    expect(one.cell(1)).to_be_focused()
    other.page.close()
    expect(people_here).to_have_count(0)
    expect(caret).to_have_count(0)


def test_who_writes_in_a_cell_that_another_moves_loses_nothing(people: People) -> None:
    one, other = two(people, "editor", "a", "b", "c")
    one.enter(1)
    one.page.keyboard.type("1")
    other.await_sources("a", "b1", "c")
    other.enter(1)
    other.press("Escape", "Control+Shift+ArrowUp")
    one.await_sources("b1", "a", "c")
    one.page.keyboard.type("2")
    other.await_sources("b12", "a", "c")
    other.press("Control+Shift+ArrowDown")
    one.await_sources("a", "b12", "c")
    one.page.keyboard.type("3")
    other.await_sources("a", "b123", "c")
    other.press("Control+Shift+ArrowDown")
    one.await_sources("a", "c", "b123")
    one.page.keyboard.type("4")
    other.await_sources("a", "c", "b1234")


def test_a_viewer_looks_on(people: People) -> None:
    one, viewer = two(people, "viewer", "a", "b")
    viewer.await_status("you look on")
    viewer.editor(0).click()
    viewer.page.keyboard.type("x")
    viewer.press("Escape", "d", "d", "b")
    expect(viewer.page.locator(".notice")).to_contain_text("not change it")
    one.enter(0)
    one.page.keyboard.type("1")
    viewer.await_sources("a1", "b")
    assert one.sources() == ["a1", "b"]
    assert_clean(viewer.page)


def test_written_without_a_network_and_merged_on_return(people: People) -> None:
    one, other = two(people, "editor", "a", "b")
    one.page.context.set_offline(True)
    one.page.evaluate("window.dispatchEvent(new Event('offline'))")
    one.enter(0)
    one.page.keyboard.type("1")
    expect(one.page.locator(".saved")).to_contain_text(re.compile("[0-9] edits? kept in this browser"))
    other.enter(1)
    other.page.keyboard.type("2")
    other.await_saved()
    assert other.sources() == ["a", "b2"]
    one.page.context.set_offline(False)
    other.await_sources("a1", "b2")
    one.await_sources("a1", "b2")
    one.await_saved()


def test_what_is_not_saved_is_there_after_a_reload(people: People) -> None:
    one, other = two(people, "editor", "a")
    is_deaf = True

    def between(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()
        socket.on_message(lambda said: None if is_deaf and "edit_worksheet" in str(said) else server.send(said))

    # The page itself comes, and its edits do not arrive.
    page = one.page.context.new_page()
    page.route_web_socket("**/socket", between)
    tab = Sheet(page, one.url)
    tab.enter(0)
    page.keyboard.type("1")
    expect(page.locator(".saved")).to_contain_text(re.compile("[0-9] edits? kept in this browser"))
    page.reload()
    tab.await_open()
    tab.await_sources("a1")
    expect(page.locator(".saved")).to_contain_text("kept in this browser")
    assert other.sources() == ["a"]
    # Another person at the same browser does not send it as theirs.
    own = page.context.cookies()
    come_as(page, other.page.context.cookies())
    page.reload()
    tab.await_open()
    tab.await_sources("a")
    tab.await_saved()
    come_as(page, own)
    is_deaf = False
    page.reload()
    other.await_sources("a1")
    tab.await_saved()


def come_as(page: Page, cookies: list[Cookie]) -> None:
    """Have a browser be signed in as who has these cookies."""
    page.context.clear_cookies()
    for each in cookies:
        page.context.add_cookies(
            [{"name": each["name"], "value": each["value"], "url": page.url.partition("workspaces")[0]}]
        )
