"""The page in Firefox."""

import asyncio
import json
from pathlib import Path

import pytest

from tests.browser.bidi import Firefox, firefox
from tests.browser.book import book_for, cell
from tests.browser.browsers import FIREFOX, browser_path
from tests.running import RunningSite, running_site

CODE = """from sympy import *
import matplotlib.pyplot as plt
plt.plot([1, 4, 9]); plt.show()
print(6 * 7)
sqrt(Symbol('x'))"""

SLIDER = "from ipywidgets import IntSlider\nIntSlider(value=3)"


@pytest.fixture(scope="module")
def firefox_path() -> str:
    return browser_path(FIREFOX)


async def test_the_page_works_in_firefox(firefox_path: str, site: RunningSite, tmp_path: Path) -> None:
    async with asyncio.timeout(100), firefox(firefox_path, tmp_path) as browser:
        await browser.open(site.url)
        await browser.until("document.querySelector('sagews-editor[data-ready]')")
        await evaluates(browser)
        await shows_figures_and_formulas(browser)
        await runs_scripts_in_the_frame(browser)
        await comes_back_after_a_reload(browser)
        assert browser.errors == []


async def test_cells_in_pages_of_others_work_in_firefox(firefox_path: str, tmp_path: Path) -> None:
    library = "static/embedded_sagecell.js"
    with running_site(tmp_path, config='[embedding]\norigins = ["*"]\n') as site, book_for(site.url) as book:
        scripts = f'<script type=module src="{site.url}embed.js"></script><script src="{site.url}{library}"></script>'
        made = "<script>sagecell.makeSagecell({inputLocation: '#one', languages: ['python']})</script>"
        body = f"{cell(SLIDER)}<div id=one><script type='text/x-sage'>print(6 * 9)</script></div>{made}"
        async with asyncio.timeout(100), firefox(firefox_path, tmp_path) as browser:
            await browser.open(book.put("both.html", body, script=scripts))
            within = "document.querySelector('sagews-cell')?.shadowRoot?.querySelector"
            await browser.until(f"{within}('sagews-editor[data-ready]')")
            keep = "(result) => { window.result = JSON.stringify(result); }"
            await browser.value(f"document.querySelector('sagews-cell').evaluate().then({keep})")
            await browser.until("window.result?.includes('\"done\"') && window.result.includes('IntSlider')")
            await browser.value("document.querySelector('#one .sagecell_evalButton').click()")
            await browser.until("document.querySelector('#one .sagecell_stdout')?.textContent == '54\\n'")
            assert browser.errors == []


async def evaluates(browser: Firefox) -> None:
    await browser.value("document.querySelector('sagews-editor').focus()")
    await browser.type(*"1+1", "Shift+Enter")
    await browser.until("document.querySelector('sagews-outputs pre')?.textContent.trim() == '2'")


async def shows_figures_and_formulas(browser: Firefox) -> None:
    await browser.value(f"document.querySelector('sagews-cell').cell.code = {json.dumps(CODE)}")
    await browser.type("Shift+Enter")
    await browser.until("document.querySelector('.cell').dataset.state == 'ended'")
    await browser.until("document.querySelector('sagews-outputs img')?.naturalWidth > 200")
    await browser.until("document.querySelector('sagews-outputs .katex')")
    await browser.until("[...document.fonts].some((font) => font.status == 'loaded')")


async def runs_scripts_in_the_frame(browser: Firefox) -> None:
    code = "from IPython.display import HTML\nHTML('<div id=a></div><script>a.style.height = \"234px\"</script>')"
    await browser.value("document.querySelector('sagews-cell button[title^=More], sagews-cell .plain').click()")
    await browser.until("document.querySelectorAll('sagews-editor[data-ready]').length == 2")
    await browser.value(f"document.querySelectorAll('sagews-cell')[1].cell.code = {json.dumps(code)}")
    await browser.value("document.querySelectorAll('sagews-cell')[1].evaluate()")
    await browser.until("document.querySelector('iframe')?.offsetHeight >= 234")


async def comes_back_after_a_reload(browser: Firefox) -> None:
    await browser.reload()
    await browser.until("document.querySelector('sagews-outputs')?.textContent.includes('42')")
    await browser.until("document.querySelector('sagews-outputs img')?.naturalWidth > 200")
    await browser.until("document.querySelector('iframe')?.offsetHeight >= 234")
