"""The page of a file's history, as people use it: the slider, the list, what differs, the way back."""

import re
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_sign_in import assert_clean
from tests.browser.test_workspaces import Come, add, come, make
from tests.unit.backend.worksheets.filed import cell, notebook

__all__ = ["come"]

HOSTILE = "<img src=x onerror=alert(1)>\n1\n2\n3\n4\n5\n"
VERSIONS = (
    notebook(cell("a", HOSTILE), cell("b", "# A title", "markdown")),
    notebook(cell("b", "# A title", "markdown"), cell("a", HOSTILE.replace("5", "five")), cell("c", "plot(x)")),
    notebook(cell("b", "# Another title", "markdown"), cell("c", "plot(x)")),
)


def written(page: Page) -> None:
    """Have three versions of a notebook in a workspace, and go to their history."""
    make(page, "Rings")
    for number, data in enumerate(VERSIONS):
        page.locator("input[type=file]").set_input_files(  # type: ignore[arg-type]
            [{"name": "λ.ipynb", "mimeType": "", "buffer": data}]
        )
        told = "is saved" if number == 0 else "is replaced"
        expect(page.locator(".report > p")).to_contain_text(told)
        expect(page.locator(".path")).to_have_count(1)
        page.reload()
        expect(page.get_by_role("link", name="History of λ.ipynb")).to_be_visible()
    page.get_by_role("link", name="History of λ.ipynb").click()
    expect(page.get_by_role("heading", name="History of λ.ipynb")).to_be_visible()


def test_through_time_and_back(come: Come) -> None:
    page, _ = come()
    written(page)
    slider = page.get_by_role("slider", name="Version")
    expect(page.locator(".version")).to_contain_text("Version 3 of 3")
    expect(page.locator(".cell h3")).to_have_text(["Text cell 1: changed", "Code cell 2: removed"])
    expect(page.get_by_role("button", name="Bring it back")).to_have_count(0)
    slider.focus()
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".version")).to_contain_text("Version 2 of 3")
    expect(page.locator(".cell h3")).to_have_text(["Text cell 1: moved", "Code cell 2: changed", "Code cell 3: new"])
    expect(page.locator(".cell").nth(1).locator(".lines .removed")).to_have_text("removed: - 5")
    expect(page.locator(".cell").nth(1).locator(".lines .added")).to_have_text("added: + five")
    # The address says which it is.
    assert "#version=" in page.url
    page.reload()
    expect(page.locator(".version")).to_contain_text("Version 2 of 3")
    page.locator(".versions button").last.click()
    expect(page.locator(".cell h3")).to_have_text(["Code cell 1: new", "Text cell 2: new"])
    # What a notebook says is text.
    expect(page.locator(".cell").first).to_contain_text("<img src=x onerror=alert(1)>")
    page.get_by_label("Compare it with").select_option("now")
    expect(page.locator(".cell h3")).to_have_text(["Code cell 1: removed", "Text cell 1: changed", "Code cell 2: new"])
    with page.expect_download() as download:
        page.get_by_role("button", name="Download it").click()
    assert download.value.suggested_filename == "λ.ipynb" and download.value.path().read_bytes() == VERSIONS[0]
    page.get_by_role("button", name="Bring it back").click()
    page.get_by_role("dialog").get_by_role("button", name="Bring it back").click()
    expect(page.get_by_text("It is the newest version now.")).to_be_visible()
    expect(page.locator(".version")).to_contain_text("Version 4 of 4")
    expect(page.locator(".version")).to_contain_text("Restore λ.ipynb of")
    page.get_by_role("link", name="Rings").click()
    expect(page.get_by_role("button", name="Look λ.ipynb")).to_be_visible()


def test_who_came_by_a_link_sees_it(come: Come) -> None:
    page, _ = come()
    make(page, "Rings")
    add(page, a__txt=b"one\n")
    page.get_by_label("For").select_option("viewer")
    page.get_by_role("button", name="Make a link").click()
    address = page.get_by_role("dialog").locator("code").inner_text()
    anybody, _ = come("anonymous", "#" + address.partition("#")[2])
    anybody.get_by_role("link", name="History of a.txt").click()
    expect(anybody.locator(".cell h3")).to_have_text(["The file"])
    expect(anybody.locator(".lines .added")).to_have_text("added: + one")
    anybody.get_by_role("link", name="Rings").click()
    expect(anybody.get_by_role("link", name="History of a.txt")).to_be_visible()


def test_whose_a_version_is(come: Come, tmp_path: Path) -> None:
    page, _ = come()
    written(page)
    expect(page.locator(".version")).not_to_contain_text("says")
    # A bundle says what it likes, and as much as it likes.
    who, text = "Emmy <img@src>", "x" * 1_000_000
    commit = f"commit refs/heads/main\ncommitter {who} 1 +0000\ndata {len(text)}\n{text}\n"
    commit += "M 100644 inline a.txt\ndata 1\n1\n"
    for words in ("init -q -b main", "fast-import --quiet", "bundle create -q bundle --all"):
        given = commit.encode() if words.startswith("fast") else b""
        subprocess.run(["git", *words.split()], cwd=tmp_path, input=given, check=True)
    origin = page.evaluate("location.origin")
    answer = page.request.post(
        f"{origin}/api/v1/imports/bundle?name=forged",
        data=(tmp_path / "bundle").read_bytes(),
        headers={"Origin": origin, "Content-Type": "application/octet-stream"},
    )
    assert answer.status == 201, answer.text()
    page.goto(f"{origin}/workspaces/{answer.json()['id']}/history/a.txt")
    expect(page.locator(".version")).to_contain_text("says it is by Emmy <img@src>, imported by ")
    expect(page.locator(".versions button")).to_have_text(re.compile("^\\s*x{200} says it is by Emmy"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone_with_axe(come: Come, scheme: str, tmp_path: Path) -> None:
    page, _ = come(viewport={"width": 360, "height": 740}, color_scheme=scheme, has_touch=True)
    written(page)
    expect(page.locator(".cell")).to_have_count(2)
    assert_clean(page)
    page.get_by_role("slider", name="Version").focus()
    page.keyboard.press("Home")
    expect(page.locator(".version")).to_contain_text("Version 1 of 3")
    expect(page.locator(".cell h3")).to_have_text(["Code cell 1: new", "Text cell 2: new"])
    assert_clean(page)
    page.screenshot(path=tmp_path / f"{scheme}.png", full_page=True)
