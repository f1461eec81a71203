"""The files of a worksheet's session in the page: listed after each evaluation, looked at, downloaded, saved."""

import re

from playwright.sync_api import expect

from tests.browser.test_sign_in import assert_clean
from tests.browser.test_worksheet import PHONE, People, people

__all__ = ["people"]  # a fixture
CODE = """import matplotlib.pyplot as plt, os
open('table.csv', 'w').write('name,value\\nκ,2\\n'); os.symlink('/etc/passwd', 'link')
plt.plot([1, 4, 9]); plt.savefig('plot.png'); plt.close(); print('written')"""


def test_what_code_writes_is_seen_and_kept(people: People) -> None:
    for options in ({}, PHONE):
        sheet = people.open([("code", CODE)], **options)
        page = sheet.page
        page.get_by_role("button", name="More to do with cells").click()
        page.get_by_role("menuitem", name="Files of the session").click()
        panel = page.locator("sagews-session-files")
        expect(panel.get_by_role("status")).to_contain_text("has no session now")
        sheet.enter(0)
        sheet.press("Control+Enter")
        expect(sheet.outputs(0)).to_contain_text("written")
        expect(panel.locator("li")).to_have_count(3)
        expect(panel.locator("li").nth(0)).to_contain_text("symbolic link")
        with page.expect_download() as download:
            panel.get_by_role("button", name="Download table.csv").click()
        assert download.value.path().read_text() == "name,value\nκ,2\n"
        panel.get_by_role("button", name="Look at table.csv").click()
        expect(page.get_by_role("dialog").get_by_role("cell", name="κ")).to_be_visible()
        page.keyboard.press("Escape")
        panel.get_by_role("button", name="Look at plot.png").click()
        expect(page.get_by_role("dialog").get_by_role("img", name="plot.png")).to_be_visible()
        page.keyboard.press("Escape")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        panel.get_by_role("button", name="Save to workspace").click()
        expect(panel.get_by_role("status")).to_have_text("2 of 2 saved to the workspace.")
        expect(panel.locator("li")).to_have_count(1)
        assert_clean(page)
        page.get_by_role("link", name="Workspace").click()
        expect(page.get_by_text(re.compile("plot.png")).first).to_be_visible()
