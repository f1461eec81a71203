"""Pages of another origin that embed SageMathCell, with our address and Sage: its own pages, and those of a book."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, FrameLocator, Locator, expect

from tests.browser.book import Book, book_for
from tests.browser.conftest import chromium
from tests.browser.embedding_pages import Open, cell, evaluate, outputs, show
from tests.running import RunningSite, running_site
from tests.sage.conftest import CONFIG

__all__ = ["chromium", "show"]
INTERACTS = """<h2>Factorial</h2><div id="mycell"><script type="text/x-sage">
@interact
def _(a=(1, 10)):
    print(factorial(a))
</script></div>
<div class="compute"><script type="text/x-sage">plot(sin(x), (x, 0, 2*pi))</script></div>
<div class="compute"><script type="text/x-sage">
@interact
def f(n=(0,10)):
    print(2^n)
</script></div>"""


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Book]:
    config = f"{CONFIG}\n[embedding]\norigins = ['*']\n"
    with running_site(tmp_path_factory.mktemp("book"), config=config) as site, book_for(site.url) as one:
        yield one
        assert_quiet(site)


def assert_quiet(site: RunningSite) -> None:
    assert "Traceback" not in site.log(), site.log()


def controls(output: Locator) -> FrameLocator:
    return output.frame_locator("iframe").first


def test_linked_cells(show: Open) -> None:
    page = show(
        '<div class="sage"><script type="text/x-sage">x=3</script></div>'
        '<div class="sage"><script type="text/x-sage">x</script></div>',
        "<script>sagecell.makeSagecell({inputLocation: 'div.sage', linked:true});</script>",
    )
    evaluate(page)
    assert (evaluate(page, 1).locator("pre").text_content() or "").strip() == "3"


def test_the_page_of_the_documentation(show: Open) -> None:
    page = show(
        INTERACTS,
        "<script>sagecell.makeSagecell({inputLocation: '#mycell', template: sagecell.templates.minimal,"
        " evalButtonText: 'Activate'});"
        "sagecell.makeSagecell({inputLocation: 'div.compute', evalButtonText: 'Evaluate'});</script>",
    )
    expect(cell(page).locator(".sagecell_evalButton")).to_have_text("Activate")
    first = controls(evaluate(page))
    slider = first.get_by_role("slider")
    slider.wait_for(timeout=30_000)
    slider.press("End")
    expect(first.locator("body")).to_contain_text("3628800", timeout=30_000)
    expect(evaluate(page, 1).locator("img")).to_have_count(1)
    third = controls(evaluate(page, 2))
    third.get_by_role("slider").press("End")
    expect(third.locator("body")).to_contain_text("1024", timeout=30_000)
    # The first one lives on beside it.
    slider.press("Home")
    expect(first.locator("body")).not_to_contain_text("3628800", timeout=30_000)


def test_a_book_with_several_languages(show: Open) -> None:
    languages = {
        "sage": "factor(2^10 - 1)",
        "python": "print(2^10)",
        "gap": "Size(SymmetricGroup(4));",
        "html": "<b>b</b>",
    }
    body = "".join(
        f'<div class="ptx-sagecell sagecell-{name}"><script type="text/x-sage">{code}\n</script></div>'
        for name, code in languages.items()
    )
    calls = "".join(
        f'sagecell.makeSagecell({{inputLocation: "div.sagecell-{name}", linked: true, linkKey: "linked-{name}",'
        f' autoeval: false, languages: ["{name}"], evalButtonText: "Evaluate ({name})"}});'
        for name in languages
    )
    page = show(body, f"<script>{calls}</script>")
    expect(evaluate(page, 0)).to_contain_text("3 * 11 * 31")
    expect(evaluate(page, 1)).to_contain_text("8")
    expect(evaluate(page, 2)).to_contain_text("24")
    expect(evaluate(page, 3).locator("b")).to_have_text("b")


def test_an_interact_of_a_book_comes_by_itself(show: Open) -> None:
    page = show(
        '<div class="sage-interact"><script type="text/x-sage">\n@interact\ndef _(n=slider(1, 5, 1, 2, "n")):\n'
        "    print('square', n^2)\n</script></div>",
        '<script>sagecell.makeSagecell({inputLocation: ".sage-interact", autoeval: true,'
        ' hide: ["editor", "evalButton", "permalink"]});</script>',
    )
    frame = controls(outputs(page))
    expect(frame.locator("body")).to_contain_text("square 4", timeout=30_000)
    expect(cell(page).locator(".sagecell_permalink")).to_have_count(0)


def test_formulas_and_a_picture_that_turns(chromium: Browser, show: Open) -> None:
    page = show(
        "<div class=one>show(integrate(1/(1+x^2), x))</div>"
        "<div class=one>y = var('y'); plot3d(x*y, (x, -1, 1), (y, -1, 1))</div>",
        "<script>sagecell.makeSagecell({inputLocation: '.one'});</script>",
    )
    expect(evaluate(page).locator(".katex").first).to_be_visible()
    expect(evaluate(page, 1).locator("iframe").first).to_be_visible()
