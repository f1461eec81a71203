"""Pages that embed SageMathCell, as different as authors make them: strict, styled, with formulas, long, on a phone."""

import html
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.book import Book, book_for, policy_of
from tests.browser.embedding_pages import PYTHON, Open, book, cell, cells, evaluate, make, outputs, show
from tests.running import RunningSite, running_site

__all__ = ["book", "cells", "show"]
MODULES = Path(__file__).resolve().parents[2] / "web" / "node_modules"
FORMULA = "from IPython.display import Latex, display; display(Latex(r'Here: $\\frac{1}{2}$'))"
FAKE_MATHJAX = """window.asked = [];
window.MathJax = {version: "%s", typeset(element) {
    asked.push(element.textContent);
    element.replaceChildren(document.createElement("mjx-container"));
}};"""
"""What each version offers a page, of which these tests need no more than that it is asked."""
VERSIONS = {
    "2": "MathJax.Hub = {Queue(...acts) { for (const [act, ...rest] of acts) "
    "typeof act === 'function' ? act() : MathJax.typeset(rest[1]); }};",
    "3": "MathJax.startup = {promise: Promise.resolve()};"
    "MathJax.typesetPromise = async ([one]) => MathJax.typeset(one);",
}
BOOTSTRAP = """<style>
*, ::before, ::after { box-sizing: border-box; }
body { font: 1rem/1.5 serif; }
button, input, select, textarea { margin: 0; font: inherit; line-height: inherit; border-radius: 0; }
pre, code { font-size: 87.5%; color: #d63384; overflow: auto; display: block; margin-bottom: 1rem; }
.output, .place, .answer, .fault, .json, .standing { display: none !important; }
label { display: inline-block; margin-bottom: 0.5rem; }
.sagecell_evalButton { background: rgb(1, 2, 3); }
.sagecell_sessionOutput pre { color: rgb(4, 5, 6); }
</style>"""


def test_a_page_under_a_strict_policy(show: Open, book: Book, cells: RunningSite) -> None:
    script = "$(function () { sagecell.makeSagecell({inputLocation: '#one', languages: ['python']}); });"
    book.keep("page.js", script.encode(), "text/javascript")
    policy = policy_of(cells.url).replace("script-src", f"script-src {book.url.rstrip('/')}")
    page = show("<div id=one>print(7)</div>", "<script src='page.js'></script>", policy=policy)
    assert evaluate(page).locator(".sagecell_stdout").text_content() == "7\n"
    expect(page.locator(".cm-content")).to_have_text("print(7)")
    page.evaluate("(code) => document.querySelector('.CodeMirror').CodeMirror.setValue(code)", FORMULA)
    expect(evaluate(page).locator(".katex").first).to_be_visible()


def test_a_policy_of_nonces(show: Open, cells: RunningSite) -> None:
    host = cells.url.rstrip("/")
    policy = f"default-src 'none'; script-src 'nonce-abc' 'strict-dynamic'; style-src {host}; font-src {host}; "
    policy += f"connect-src {host} {host.replace('http', 'ws')}; frame-src {host}"
    page = show(
        "<div id=one>print(8)</div>",
        make(f"inputLocation: '#one', {PYTHON}")
        .replace("<script>", "<script nonce=abc>$(() => {")
        .replace("</", "});</"),
        script=f"<script nonce=abc src='{cells.url}static/embedded_sagecell.js'></script>",
        policy=policy,
    )
    assert evaluate(page).locator(".sagecell_stdout").text_content() == "8\n"


@pytest.mark.parametrize("version", VERSIONS)
def test_formulas_are_set_by_the_mathjax_of_the_page(show: Open, version: str) -> None:
    mathjax = f"<script>{FAKE_MATHJAX % version}{VERSIONS[version]}</script>"
    page = show("<div id=one></div>", mathjax + make(f"inputLocation: '#one', {PYTHON}"))
    page.evaluate("(code) => document.querySelector('.CodeMirror').CodeMirror.setValue(code)", FORMULA)
    expect(evaluate(page).locator("mjx-container")).to_have_count(1)
    assert page.evaluate("asked") == [r"Here: \(\frac{1}{2}\)"]
    assert page.locator(".katex").count() == 0
    page.evaluate(
        "(code) => document.querySelector('.CodeMirror').CodeMirror.setValue(code)",
        FORMULA.replace("\\frac{1}{2}", r"\href{javascript:alert(1)}{x}"),
    )
    evaluate(page)
    expect(page.locator(".latex")).to_be_visible()
    assert len(page.evaluate("asked")) == 1


def test_a_page_with_styles_for_everything(show: Open) -> None:
    page = show(
        "<div id=one>1 / 0</div><div id=two>print(2)</div>",
        BOOTSTRAP + make(f"inputLocation: '#one', {PYTHON}") + make(f"inputLocation: '#two', {PYTHON}"),
    )
    expect(evaluate(page).locator(".sagecell_pyerr")).to_be_visible()
    text = evaluate(page, 1).locator("pre.sagecell_stdout")
    assert text.evaluate("(each) => getComputedStyle(each).color") == "rgb(4, 5, 6)"
    button = cell(page).locator(".sagecell_evalButton")
    assert button.evaluate("(each) => getComputedStyle(each).backgroundColor") == "rgb(1, 2, 3)"
    # And what is ours reaches nothing of the page's own.
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<p class=\"latex remark unfold\" id=own>own</p>')")
    assert page.locator("#own").evaluate("(each) => getComputedStyle(each).color") == "rgb(0, 0, 0)"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_page_with_bootstrap(show: Open, book: Book, theme: str) -> None:
    css = (MODULES / "bootstrap" / "dist" / "css" / "bootstrap.min.css").read_bytes()
    book.keep("bootstrap.css", css, "text/css")
    book.keep("axe.js", (MODULES / "axe-core" / "axe.min.js").read_bytes(), "text/javascript")
    code = "import html\nfrom IPython.display import HTML, display\ndisplay(HTML('<table><tr><td>1</table>'))\n1 / 0"
    page = show(
        f"<div class='container'><div id=one>{html.escape(code)}</div><div id=two>input('Name? ')</div></div>",
        head=f"<link rel=stylesheet href=/bootstrap.css><script src=/axe.js></script>"
        f"<script>document.documentElement.dataset.bsTheme = '{theme}'</script>",
        script=f'<script src="{book.site}static/embedded_sagecell.js"></script>'
        + make("inputLocation: '#one', languages: ['python', 'r']")
        + make(f"inputLocation: '#two', {PYTHON}"),
        viewport={"width": 360, "height": 800},
    )
    expect(evaluate(page).locator(".sagecell_pyerr")).to_contain_text("ZeroDivisionError")
    cell(page, 1).locator(".sagecell_evalButton").click()
    expect(page.get_by_label("Name?")).to_be_visible()
    cell(page).get_by_role("button", name="Share").click()
    expect(page.get_by_role("link", name="Permalink")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    card = cell(page).locator(".CodeMirror").evaluate("(each) => getComputedStyle(each).backgroundColor")
    assert card == {"light": "rgb(255, 255, 255)", "dark": "rgb(29, 33, 37)"}[theme]
    # Colours that a traceback says itself are its own.
    rules = "{runOnly: ['color-contrast', 'target-size', 'label', 'button-name']}"
    found = page.evaluate(f"axe.run({{exclude: [[\"[style*='rgb']\"]]}}, {rules})")
    assert [(each["id"], [one["html"] for one in each["nodes"]]) for each in found["violations"]] == []


def test_the_style_sheet_for_pages_that_load_it(show: Open, cells: RunningSite) -> None:
    page = show(
        "<div id=one>1</div>",
        f"<link rel=stylesheet href='{cells.url}static/sagecell_embed.css'>"
        + BOOTSTRAP
        + make(f"inputLocation: '#one', {PYTHON}"),
    )
    button = cell(page).locator(".sagecell_evalButton")
    expect(button).to_be_visible()
    assert button.evaluate("(each) => getComputedStyle(each).backgroundColor") == "rgb(15, 107, 102)"


def test_fifty_cells(show: Open) -> None:
    page = show(
        "".join(f"<h2>{n}</h2><p>{'Words. ' * 60}</p><div class=c>print({n})</div>" for n in range(50)),
        make(f"inputLocation: '.c', {PYTHON}"),
    )
    expect(page.locator(".sagecell_evalButton")).to_have_count(50)
    expect(page.locator(".cm-content").first).to_be_visible()
    assert page.locator(".cm-content").count() < 25
    values = page.locator(".sagecell_commands").evaluate_all("(all) => all.map((field) => field.value)")
    assert values == [f"print({n})" for n in range(50)]
    sockets: list[str] = []
    page.on("websocket", lambda socket: sockets.append(socket.url))
    page.evaluate("$('.sagecell_evalButton').click()")
    expect(page.locator(".sagecell_stdout")).to_have_count(50, timeout=60_000)
    assert page.locator(".sagecell_stdout").all_text_contents() == [f"{n}\n" for n in range(50)]
    assert len(sockets) == 1
    cell(page, 49).scroll_into_view_if_needed()
    expect(cell(page, 49).locator(".cm-content")).to_be_visible()


def test_a_phone(show: Open) -> None:
    long = "x = " + " + ".join(map(str, range(60)))
    plot = "import matplotlib.pyplot as plt\nplt.figure(figsize=(9, 2)).gca()\nplt.show()"
    page = show(
        f"<div id=one>{long}\nprint('y' * 400)\n{plot}</div>",
        make("inputLocation: '#one', languages: ['python', 'r', 'octave']"),
        viewport={"width": 360, "height": 740},
        has_touch=True,
        is_mobile=True,
        device_scale_factor=2,
    )
    expect(page.locator(".cm-content")).to_be_visible()
    picture = evaluate(page).locator("img:not(.sagecell_spinner)").first
    expect(picture).to_be_visible()
    box = picture.bounding_box()
    assert box is not None and box["x"] + box["width"] <= 360
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    small = page.locator(".sagecell button:visible, .sagecell select:visible").evaluate_all(
        "(all) => all.filter((each) => each.getBoundingClientRect().height < 44).map((each) => each.outerHTML)"
    )
    assert small == []


def test_the_keyboard_alone(show: Open) -> None:
    page = show("<div id=one>print(5)</div>", make(f"inputLocation: '#one', {PYTHON}"))
    expect(page.locator(".cm-content")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.locator(".cm-content")).to_be_focused()
    page.keyboard.press("F11")
    expect(page.locator(".CodeMirror-fullscreen")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".CodeMirror-fullscreen")).to_have_count(0)
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    expect(cell(page).locator(".sagecell_evalButton")).to_be_focused()
    page.keyboard.press("Enter")
    expect(outputs(page).locator(".sagecell_stdout")).to_have_text("5\n")


def test_no_serious_fault_for_who_cannot_see(show: Open, book: Book) -> None:
    book.keep("axe.js", (MODULES / "axe-core" / "axe.min.js").read_bytes(), "text/javascript")
    page = show(
        "<div id=one>print(input('Name? '))</div><textarea id=two>2</textarea>",
        "<script src=axe.js></script>"
        + make("inputLocation: '#one', languages: ['python', 'r']")
        + make(f"inputLocation: '#two', editor: 'textarea', collapse: false, {PYTHON}"),
    )
    expect(page.locator(".cm-content")).to_be_visible()
    cell(page).locator(".sagecell_evalButton").click()
    expect(page.get_by_label("Name?")).to_be_visible()
    cell(page).get_by_role("button", name="Share").click()
    expect(page.get_by_role("link", name="Permalink")).to_be_visible()
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    serious = [
        (each["id"], [one["html"] for one in each["nodes"]])
        for each in found["violations"]
        if each["impact"] in {"serious", "critical"}
    ]
    assert serious == []
    page.get_by_label("Name?").fill("Ada")
    page.keyboard.press("Enter")
    expect(outputs(page).locator(".sagecell_stdout")).to_have_text("Ada\n")


def test_our_words_are_in_the_language_of_the_page(show: Open) -> None:
    page = show(
        "<div id=one>1</div>", make(f"inputLocation: '#one', evalButtonText: 'Rechne', {PYTHON}"), language="de-AT"
    )
    evaluate(page)
    expect(cell(page).get_by_role("button", name="Teilen")).to_be_visible()
    expect(cell(page).locator(".sagecell_evalButton")).to_have_text("Rechne")


@pytest.mark.parametrize(
    ("language", "button", "label"),
    [
        ("de", "Auswerten", "Sprache:"),
        ("zh-CN", "计算", "语言"),
        ("", "Evaluate", "Language:"),
        ("pl", "Evaluate", "Language:"),
    ],
)
def test_a_cell_is_in_the_language_of_the_page_from_the_start(
    show: Open, language: str, button: str, label: str
) -> None:
    page = show(
        "<div id=one>1</div>",
        "<script>window.made = sagecell.makeSagecell({inputLocation: '#one', languages: ['python', 'r']});</script>",
        language=language,
        locale="fr",
    )
    expect(cell(page).locator(".sagecell_evalButton")).to_have_text(button)
    expect(cell(page).locator(".sagecell_language label")).to_contain_text(label)
    assert page.evaluate("made.evalButtonText") == button


def test_fields_of_text_instead_of_editors(show: Open) -> None:
    page = show(
        "<form onsubmit='sent = true; return false'><textarea id=one>print(3)</textarea></form>"
        "<div id=two>print(4)</div>",
        make(f"inputLocation: '#one', editor: 'textarea', {PYTHON}")
        + make(f"inputLocation: '#two', editor: 'textarea-readonly', {PYTHON}"),
    )
    field = page.locator("#one")
    field.fill("print(33)")
    field.press("Shift+Enter")
    expect(outputs(page).locator(".sagecell_stdout")).to_have_text("33\n")
    expect(page.locator("#two textarea")).to_have_attribute("readonly", "")
    assert page.evaluate("window.sent") is None


def test_a_lost_connection_ends_nothing(show: Open, cells: RunningSite) -> None:
    counting = """<script>window.sockets = []; window.WebSocket = class extends WebSocket {
    constructor(...all) { super(...all); sockets.push(this); } };</script>"""
    page = show(
        "<div id=one>import time\nfor n in range(6):\n    print(n)\n    time.sleep(0.5)</div>",
        make(f"inputLocation: '#one', linked: true, {PYTHON}"),
        script=f"{counting}<script src='{cells.url}static/embedded_sagecell.js'></script>",
    )
    cell(page).locator(".sagecell_evalButton").click()
    expect(cell(page).locator(".sagecell_stdout")).to_contain_text("1")
    page.evaluate("sockets.at(-1).close()")
    expect(cell(page).locator(".sagecell_stdout")).to_have_text("0\n1\n2\n3\n4\n5\n")
    assert page.evaluate("sockets.length") == 2
    page.evaluate("document.querySelector('.CodeMirror').CodeMirror.setValue('n')")
    assert (evaluate(page).locator("pre").text_content() or "").strip() == "5"


def test_a_page_in_a_frame(show: Open, book: Book) -> None:
    library = f"<script src='{book.site}static/embedded_sagecell.js'></script>"
    inner = book.put(
        "inner.html", "<div id=one>print(9)</div>", script=library, head=make(f"inputLocation: '#one', {PYTHON}")
    )
    page = show(f"<iframe title=inner src='{inner}' width=600 height=400></iframe>")
    frame = page.frame_locator("iframe")
    frame.locator(".sagecell_evalButton").click()
    expect(frame.locator(".sagecell_stdout")).to_have_text("9\n")


COUNTING = """<script>
window.sockets = 0;
window.WebSocket = class extends WebSocket { constructor(...given) { super(...given); window.sockets += 1; } };
</script>"""


def test_a_page_with_cells_of_both_kinds_has_one_connection(show: Open, cells: RunningSite) -> None:
    body = "<sagews-cell>print('new')</sagews-cell><sagews-cell session=s>x = 5; x</sagews-cell>"
    page = show(
        f"{body}<div id=one>print('old')</div><div id=two>y = 7; y</div>",
        COUNTING
        + f"<script type=module src='{cells.url}embed.js'></script>"
        + make(f"inputLocation: '#one', {PYTHON}")
        + make(f"inputLocation: '#two', linked: true, {PYTHON}"),
    )
    assert evaluate(page).locator(".sagecell_stdout").text_content() == "old\n"
    elements = page.locator("sagews-cell")
    for place, shown in enumerate(("new", "5")):
        elements.nth(place).get_by_role("button", name="Evaluate").click()
        expect(elements.nth(place).locator("sagews-outputs")).to_contain_text(shown)
    expect(evaluate(page, 1)).to_contain_text("7")
    assert page.evaluate("window.sockets") == 1


def test_code_of_an_old_page_in_xhtml(show: Open, book: Book) -> None:
    page = show("")
    text = (
        "<html xmlns='http://www.w3.org/1999/xhtml'><head><title>Old</title>"
        f"<script src='{book.site}static/embedded_sagecell.js'></script></head><body><div id='one'>print(10)</div>"
        "<script>$(function () { sagecell.makeSagecell({inputLocation: '#one', languages: ['python']}); });</script>"
        "</body></html>"
    )
    book.keep("old.xhtml", text.encode(), "application/xhtml+xml")
    page.goto(f"{book.url}old.xhtml")
    assert evaluate(page).locator(".sagecell_stdout").text_content() == "10\n"


def test_the_terms_of_a_site_are_accepted_once(chromium: Browser, tmp_path: Path) -> None:
    terms = tmp_path / "terms.html"
    made = make(f"inputLocation: '.c', {PYTHON}")
    terms.write_text("<p>Be <b>kind</b>.<script>document.title = 'hostile'</script></p>")
    config = f"[embedding]\norigins = ['*']\n[sagecell]\nterms = '{terms}'\n"
    with chromium.new_context() as context, running_site(tmp_path, config=config) as site, book_for(site.url) as pages:
        page = context.new_page()
        page.set_default_timeout(15_000)
        library = f"<script src='{site.url}static/embedded_sagecell.js'></script>"
        body = "<div class=c>print(1)</div><div class=c>print(2)</div>"
        page.goto(pages.put("page.html", body, script=library, head=made))
        cell(page).locator(".sagecell_evalButton").click()
        dialog = page.get_by_role("dialog")
        expect(dialog).to_contain_text("Be kind.")
        dialog.get_by_role("button", name="Cancel").click()
        expect(dialog).to_have_count(0)
        expect(page.locator(".sagecell_stdout")).to_have_count(0)
        cell(page).locator(".sagecell_evalButton").click()
        page.get_by_role("dialog").get_by_role("button", name="Accept").click()
        expect(outputs(page).locator(".sagecell_stdout")).to_have_text("1\n")
        assert evaluate(page, 1).locator(".sagecell_stdout").text_content() == "2\n"
        assert page.evaluate("[localStorage.accepted_tos, document.title]") == ["true", "Book"]
        page.reload()
        assert evaluate(page).locator(".sagecell_stdout").text_content() == "1\n"
