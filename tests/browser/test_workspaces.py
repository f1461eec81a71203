"""The page of workspaces, as people use it: on a desktop, on a phone, with the keyboard alone, by a link."""

import asyncio
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from sagews.config.database import Database as Settings
from tests.browser.conftest import watch
from tests.browser.test_sign_in import assert_clean
from tests.running import RunningSite
from tests.site.accounts.cast import Actor, Cast

PICTURE = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>alert(1)</script><circle r="9"/></svg>'
Come = Callable[..., tuple[Page, Actor]]


@pytest.fixture
def come(chromium: Browser, site: RunningSite) -> Iterator[Come]:
    """Give a function that lets somebody come who is signed in, or not; their pages must be silent."""
    contexts: list[BrowserContext] = []
    faults: list[str] = []

    def come(role: str = "account", at: str = "", **options: object) -> tuple[Page, Actor]:
        # Playwright occupies this thread's event loop.
        with ThreadPoolExecutor(1) as apart:
            actor = apart.submit(asyncio.run, Cast("open", site, Settings()).actor(role)).result(20)
        contexts.append(context := chromium.new_context(**{"viewport": {"width": 1280, "height": 800}, **options}))  # type: ignore[arg-type]
        context.set_default_timeout(15_000)
        watch(context, faults, site.url)
        for cookie in [text.partition("=") for text in actor.headers.values()]:
            context.add_cookies([{"name": cookie[0], "value": cookie[2], "url": site.url}])
        page = context.new_page()
        page.goto(f"{site.url}workspaces{at}")
        return page, actor

    yield come
    for context in contexts:
        context.close()
    # What a test itself has cut off, or had refused, is told in the console.
    told = ("ERR_BLOCKED_BY_CLIENT", "status of 422")
    assert [each for each in faults if not any(part in each for part in told)] == []


def nth(page: Page, held: list[Route], number: int) -> Route:
    """Return a request that is held, once it has come: the page says that it goes before it is gone."""
    for _ in range(100):
        if len(held) > number:
            return held[number]
        page.wait_for_timeout(50)
    raise AssertionError(f"{len(held)} requests have come")


def make(page: Page, name: str) -> None:
    page.get_by_role("button", name="New workspace").click()
    page.get_by_label("Name").fill(name)
    page.get_by_role("button", name="Make it").click()
    expect(page.get_by_role("heading", name=name)).to_be_visible()


def add(page: Page, **files: bytes) -> None:
    """Bring files in, and wait until the page says that all of them are saved."""
    given = [{"name": name.replace("__", "."), "mimeType": "", "buffer": content} for name, content in files.items()]
    page.locator("input[type=file]").set_input_files(given)  # type: ignore[arg-type]
    told = f"{given[0]['name']} is saved." if len(given) == 1 else f"{len(given)} files: {len(given)} saved."
    expect(page.locator(".report > p")).to_have_text(told)


def test_the_life_of_a_workspace(come: Come, tmp_path: Path) -> None:
    page, _ = come()
    expect(page.get_by_text("You have none yet.")).to_be_visible()
    make(page, "Rings <b>")
    expect(page.get_by_text("There is nothing here yet: make a worksheet, or add files.")).to_be_visible()
    add(
        page,
        a__txt=b"<script>alert(1)</script>",
        t__csv=b'n,"s, q"\n1,2\n',
        p__svg=PICTURE,
        d__pdf=b"%PDF-1.4\n%%EOF\n",
    )
    page.get_by_role("button", name="Look d.pdf").click()
    # In the viewer of the browser, which is apart from the page.
    link = page.get_by_role("link", name="Open it in a tab of its own")
    expect(link).to_have_attribute("href", re.compile(f"^blob:{re.escape(page.url.split('/workspaces')[0])}"))
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Look a.txt").click()
    expect(page.locator("pre.preview")).to_have_text("<script>alert(1)</script>")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Look t.csv").click()
    expect(page.get_by_role("columnheader", name="s, q")).to_be_visible()
    page.get_by_role("button", name="Close").click()
    page.get_by_role("button", name="Look p.svg").click()
    expect(page.get_by_role("img", name="p.svg")).to_have_js_property("naturalWidth", 9)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Rename a.txt").click()
    page.get_by_label("New name").fill("text/b.txt")
    page.get_by_role("dialog").get_by_role("button", name="Rename").click()
    expect(page.get_by_role("button", name="Look text/b.txt")).to_be_visible()
    page.get_by_role("button", name="Delete t.csv").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_text("t.csv is deleted.")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download text/b.txt").click()
    assert download.value.suggested_filename == "b.txt" and download.value.path().read_bytes().startswith(b"<script>")
    with page.expect_download() as download:
        page.get_by_role("button", name="With history").click()
    assert download.value.path().read_bytes().startswith(b"# v2 git bundle")
    page.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Bring back Rings <b>").click()
    page.get_by_role("link", name="Rings <b>").click()
    expect(page.get_by_role("button", name="Look text/b.txt")).to_be_visible()


def test_files_are_dropped_and_a_lost_race_is_told(come: Come, site: RunningSite) -> None:
    page, _ = come()
    make(page, "Rings")
    dropped = page.evaluate_handle(
        "() => { const data = new DataTransfer(); data.items.add(new File(['1'], 'a.txt')); return data; }"
    )
    page.dispatch_event("main", "dragover", {"dataTransfer": dropped})
    expect(page.locator(".drop.over")).to_be_visible()
    page.dispatch_event("main", "drop", {"dataTransfer": dropped})
    expect(page.get_by_text("a.txt is saved.")).to_be_visible()
    # Another tab of the same person has the version before.
    other = page.context.new_page()
    other.goto(page.url)
    expect(other.get_by_role("button", name="Look a.txt")).to_be_visible()
    page.locator("input[type=file]").set_input_files([{"name": "a.txt", "mimeType": "", "buffer": b"2"}])
    expect(page.get_by_text("a.txt is replaced; the one before is in the history.")).to_be_visible()
    # One that others have changed, one that is too large, and one that is saved, in one list.
    files = "new File(['3'], 'a.txt'), new File([new Uint8Array(2 ** 26 + 1)], 'b.bin'), new File(['4'], 'c.txt')"
    several = other.evaluate_handle(
        f"() => {{ const data = new DataTransfer(); for (const each of [{files}]) data.items.add(each); return data; }}"
    )
    other.dispatch_event("main", "drop", {"dataTransfer": several})
    expect(other.locator(".report > p")).to_have_text("3 files: 1 not saved, 1 changed by others, too, 1 saved.")
    expect(other.locator(".report li")).to_have_text(
        [
            "b.bin is not saved. It has more than 64 MiB; keep it elsewhere.",
            re.compile(r"Others had changed a\.txt: theirs stays, yours is a \(conflict"),
            "c.txt is saved.",
        ]
    )
    expect(other.locator(".path")).to_have_count(3)


def test_what_is_on_its_way_is_told_as_it_came_out(come: Come) -> None:
    page, _ = come()
    make(page, "Rings")
    files = [{"name": name, "mimeType": "", "buffer": b"1"} for name in ("a.txt", "b.txt", "c.txt")]
    held: list[Route] = []
    page.route("**/files/*?base=*", lambda route: held.append(route))
    page.locator("input[type=file]").set_input_files(files[:1])  # type: ignore[arg-type]
    expect(page.locator(".report > p")).to_have_text("a.txt is on its way …")
    # Who leaves is asked, and stays.
    with page.expect_event("dialog") as asked:
        page.close(run_before_unload=True)
    assert asked.value.type == "beforeunload"
    asked.value.dismiss()
    # What is added meanwhile waits; the list is away just when the first is saved.
    page.locator("input[type=file]").set_input_files(files[1:])  # type: ignore[arg-type]
    expect(page.locator(".report > p")).to_have_text("a.txt is on its way … 2 more after it.")
    page.route("**/files", lambda route: route.abort("blockedbyclient"))
    nth(page, held, 0).continue_()
    expect(page.locator(".report > p")).to_have_text("b.txt is on its way … 1 more after it.")
    nth(page, held, 1).abort("blockedbyclient")
    expect(page.locator(".report li")).to_have_text(
        [
            "Whether b.txt is saved is not known: the site did not answer. Renew the list, and look.",
            "c.txt was not sent.",
            "a.txt is saved.",
        ]
    )
    expect(page.locator(".report > p").last).to_contain_text("The list below could not be renewed.")
    page.unroute("**/files")
    page.unroute("**/files/*?base=*")
    # Saved from here and not yet seen in the list: it is nobody else's.
    page.locator("input[type=file]").set_input_files([{"name": "a.txt", "mimeType": "", "buffer": b"2"}])
    expect(page.locator(".report > p")).to_have_text("a.txt is replaced; the one before is in the history.")
    expect(page.locator(".path")).to_have_count(1)
    page.close(run_before_unload=True)


def test_a_workspace_is_shared(come: Come) -> None:
    page, _ = come()
    friend, actor = come()
    make(page, "Rings")
    add(page, a__txt=b"1")
    page.get_by_label("Account: its id, or an address").fill(actor.account)
    page.get_by_label("As").select_option("viewer")
    page.get_by_role("button", name="Let in").click()
    expect(page.get_by_text("They may come in.")).to_be_visible()
    friend.reload()
    friend.get_by_role("link", name="Rings").click()
    expect(friend.get_by_role("button", name="Look a.txt")).to_be_visible()
    expect(friend.get_by_role("button", name="Delete")).to_have_count(0)
    page.get_by_label("For").select_option("editor")
    page.get_by_role("button", name="Make a link").click()
    address = page.get_by_role("dialog").locator("code").inner_text()
    page.keyboard.press("Escape")
    expect(page.get_by_text("editor, until")).to_be_visible()
    # Without an account, by the link alone; it is sent to nobody.
    assert "/workspaces#id=" in address and "&link=sagewslink_" in address
    anybody, _ = come("anonymous", "#" + address.partition("#")[2])
    add(anybody, b__txt=b"2")
    # Who leaves, or is removed, comes in again by a link, as the page says.
    friend.get_by_role("button", name="Leave").click()
    expect(friend.get_by_role("dialog")).to_contain_text("by a link that is still good")
    friend.get_by_role("dialog").get_by_role("button", name="Leave").click()
    expect(friend.get_by_text("You have none yet.")).to_be_visible()
    expect(friend.get_by_role("link", name="Rings")).to_have_count(0)
    friend.goto(address)
    friend.reload()
    friend.get_by_role("button", name="Join").click()
    expect(friend).to_have_url(re.compile(r"#id=\w+$"))
    expect(friend.get_by_role("button", name="Add files")).to_be_visible()
    page.reload()
    page.get_by_role("button", name=re.compile("^Remove ")).nth(1).click()
    expect(page.get_by_role("dialog")).to_contain_text("Links stay good")
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(page.get_by_text("They are no member any more.")).to_be_visible()
    friend.goto(address)
    friend.reload()
    expect(friend.get_by_role("button", name="Join")).to_be_visible()


def test_who_is_not_signed_in_is_led_there(come: Come, chromium: Browser, site: RunningSite) -> None:
    context = chromium.new_context()
    page = context.new_page()
    page.goto(f"{site.url}workspaces")
    expect(page.get_by_role("link", name="Sign in")).to_have_attribute("href", "/sign-in?next=/workspaces")
    # What stands behind the `#` may hold a link's token: it is not sent, and there again afterwards, once.
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{site.url}workspaces#id=abc&link=sagewslink_x")
    page.reload()
    page.get_by_role("link", name="Sign in").click()
    page.wait_for_url(re.compile("/sign-in"))
    page.goto(f"{site.url}workspaces")
    expect(page).to_have_url(f"{site.url}workspaces#id=abc&link=sagewslink_x")
    expect(page.get_by_role("link", name="Sign in")).to_be_visible()
    page.goto("about:blank")
    page.goto(f"{site.url}workspaces")
    expect(page.get_by_role("link", name="Sign in")).to_be_visible()
    expect(page).to_have_url(f"{site.url}workspaces")
    assert not any("sagewslink" in url.partition("#")[0] for url in asked)
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone_with_the_keyboard_and_axe(come: Come, scheme: str, tmp_path: Path) -> None:
    page, _ = come(viewport={"width": 360, "height": 740}, color_scheme=scheme)
    assert_clean(page)
    page.get_by_role("button", name="New workspace").focus()
    page.keyboard.press("Enter")
    page.keyboard.type("Rings and fields, with a name that is longer than a phone is wide")
    assert_clean(page)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Rings and fields")).to_be_visible()
    add(page, **{f"{'long' * 20}__txt": b"x" * 500, "t__csv": b"a,b\n1,2\n"})
    page.get_by_role("button", name="Look t.csv").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    assert_clean(page)
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Look t.csv")).to_be_focused()
    page.get_by_label("For").select_option("viewer")
    page.get_by_role("button", name="Make a link").click()
    expect(page.get_by_role("dialog").locator("code")).to_be_visible()
    assert_clean(page)
    page.keyboard.press("Escape")
    assert_clean(page)
    page.screenshot(path=tmp_path / f"{scheme}.png", full_page=True)


def test_files_become_worksheets_and_worksheets_files(come: Come, tmp_path: Path) -> None:
    page, _ = come()
    make(page, "Formats")
    add(page, a__py=b"# %% [markdown]\n# # Rings\n\n# %%\n1 + 1\n", bad__md=b"\xff", p__svg=PICTURE)
    expect(page.get_by_role("button", name="As worksheet p.svg")).to_have_count(0)
    page.get_by_role("button", name="As worksheet a.py").click()
    expect(page.get_by_role("status").first).to_have_text("a.ipynb is made.")
    expect(page.get_by_role("link", name="a.ipynb", exact=True)).to_be_visible()
    page.get_by_role("button", name="Export a.ipynb").click()
    page.get_by_label("Format").select_option(label="Web page (HTML)")
    with page.expect_download() as downloading:
        page.get_by_role("dialog").get_by_role("button", name="Export").click()
    downloading.value.save_as(tmp_path / "a.html")
    assert downloading.value.suggested_filename == "a.html" and "Rings</h1>" in (tmp_path / "a.html").read_text()
    # This site prints nothing, and says what to do instead.
    page.get_by_role("button", name="Export a.ipynb").click()
    page.get_by_label("Format").select_option(label="PDF")
    page.get_by_role("dialog").get_by_role("button", name="Export").click()
    expect(page.get_by_role("status").first).to_contain_text("this site has no browser for it")
    expect(page.get_by_role("status").first).to_contain_text("export it as a web page")
    # Who does not go on gets nothing, and what cannot be read is told with the cause.
    page.get_by_role("button", name="Export a.ipynb").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_role("button", name="As worksheet bad.md").click()
    expect(page.get_by_role("status").first).to_contain_text("file bad.md: text: is not UTF-8 text, from byte 1 on")
    expect(page.get_by_role("button", name="Export")).to_have_count(1)
