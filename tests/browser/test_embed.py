"""Cells in pages of another origin, in a real browser."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, WebSocketRoute, expect

from tests.browser.book import Book, book_for, cell, policy_of, reads
from tests.browser.reader import Reader
from tests.browser.test_sign_in import serious
from tests.running import RunningSite, running_site

SETTINGS = "[worker]\nmax_sessions = 200\n[embedding]\norigins = ['*']\n"
Read = Callable[..., Reader]
RICH = r"""from IPython.display import HTML, Latex, Markdown, display
import matplotlib.pyplot as plt
display(HTML("<style>td {font-size: 20px}</style>"
    "<table style='color: red; background: url(https://evil.example/x)'><tr><td>a table</td></tr></table>"))
display(Latex(r"$\frac{1}{2}$"), Markdown("**bold** and $x^2$"))
plt.plot([1, 2]); plt.show()
display(HTML("<p id='p'>no</p><script>document.getElementById('p').textContent = 'scripted'</script>"))""".replace(
    "\\\\\\\\", "\\\\"
)


@pytest.fixture(scope="module")
def open_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSite]:
    with running_site(tmp_path_factory.mktemp("embed"), config=SETTINGS) as running:
        yield running


@pytest.fixture(scope="module")
def book(open_site: RunningSite) -> Iterator[Book]:
    with book_for(open_site.url) as running:
        yield running


@pytest.fixture
def read(chromium: Browser, book: Book) -> Iterator[Read]:
    """Give a function that has somebody open a page of the book."""
    contexts: list[BrowserContext] = []
    readers: list[Reader] = []

    def read(path: str, **options: Any) -> Reader:
        context = chromium.new_context(**{"viewport": {"width": 1280, "height": 800}, **options})
        context.set_default_timeout(15_000)
        contexts.append(context)
        reader = reads(context, context.new_page(), book)
        readers.append(reader)
        reader.page.goto(path)
        return reader

    yield read
    cookies = [cookie for context in contexts for cookie in context.cookies()]
    for context in contexts:
        context.close()
    assert cookies == []
    for reader in readers:
        assert reader.faults == []


def press(reader: Reader, place: int = 0) -> None:
    """Evaluate a cell, and wait for the end."""
    reader.button("Evaluate", place).click()
    reader.await_end(place)


def test_one_line_brings_a_cell(book: Book, read: Read) -> None:
    reader = read(book.put("one", cell("6 * 7")))
    reader.await_editor()
    assert reader.code() == "6 * 7"
    press(reader)
    expect(reader.outputs()).to_contain_text("42")
    reader.write("1/0")
    reader.page.keyboard.press("Shift+Enter")
    reader.await_end(reason="error")
    expect(reader.outputs()).to_contain_text("ZeroDivisionError")
    reader.button("Reset").click()
    assert reader.code() == "6 * 7"
    expect(reader.button("Reset")).to_have_count(0)


def test_all_outputs_under_a_strict_policy(book: Book, read: Read) -> None:
    reader = read(book.put("strict", cell(RICH), policy=policy_of(book.site)))
    press(reader)
    outputs = reader.outputs()
    cell_of_table = outputs.locator("td")
    expect(cell_of_table).to_have_text("a table")
    expect(cell_of_table).to_have_css("color", "rgb(255, 0, 0)")
    expect(cell_of_table).to_have_css("font-size", "20px")
    expect(outputs.locator(".katex").first).to_be_visible()
    expect(outputs.locator("strong")).to_have_text("bold")
    expect(outputs.locator("img")).to_be_visible()
    expect(outputs.frame_locator("iframe").locator("#p")).to_have_text("scripted")
    # The fonts of formulas, which only the page around can have; and nothing else of their style sheet.
    assert reader.page.evaluate("document.fonts.load('16px KaTeX_Main').then(faces => faces.length)") > 0
    size = "getComputedStyle(document.querySelector('sagews-cell').shadowRoot.querySelector('.katex')).fontFamily"
    assert "KaTeX_Main" in reader.page.evaluate(size)
    assert reader.page.evaluate("[...document.adoptedStyleSheets].length") == 0


def test_cells_share_a_session_by_name_also_between_pages(book: Book, read: Read) -> None:
    first = book.put(
        "chapter1", cell("n = 20", session="book") + cell("n + 1", session="book") + cell("n", session="x")
    )
    second = book.put("chapter2", cell("n + 22", session="book"))
    reader = read(first)
    press(reader)
    press(reader, 1)
    expect(reader.outputs(1)).to_contain_text("21")
    press(reader, 2)
    expect(reader.outputs(2)).to_contain_text("NameError")
    other = Reader(reader.page.context.new_page(), book.url)
    other.page.goto(second)
    press(other)
    expect(other.outputs()).to_contain_text("42")
    # The page that was there first hears nothing of cells that are not its own; and a reload brings outputs back.
    reader.page.reload()
    expect(reader.outputs(1)).to_contain_text("21")
    expect(reader.page.locator("sagews-cell")).to_have_count(3)
    reader.page.goto(second)
    expect(reader.outputs()).to_contain_text("42")
    expect(reader.page.locator("sagews-outputs")).to_have_count(1)


def test_a_page_with_fifty_cells_has_one_connection_and_makes_those_that_are_near(book: Book, read: Read) -> None:
    sockets: list[str] = []
    reader = read("about:blank")
    reader.page.on("websocket", lambda socket: sockets.append(socket.url))
    text = "<p>" + "Some words. " * 80 + "</p>"
    body = "".join(text + cell(f"{n} + 1", session="long" if n % 2 else "") for n in range(50))
    reader.page.goto(book.put("fifty", f"<div style='height: 3000px'>{text}</div>{body}"))
    expect(reader.page.locator("sagews-cell").nth(49).get_by_role("button")).to_have_text("Evaluate")
    expect(reader.page.locator("sagews-editor")).to_have_count(0)
    assert sockets == []
    reader.cell(20).scroll_into_view_if_needed()
    reader.await_editor(20)
    assert 0 < reader.page.locator("sagews-editor").count() < 30
    press(reader, 20)
    reader.cell(49).scroll_into_view_if_needed()
    press(reader, 49)
    expect(reader.outputs(49)).to_contain_text("50")
    assert len(sockets) == 1


def test_set_up_cells_run_first_and_are_not_seen(book: Book, read: Read) -> None:
    body = (
        cell("secret = 41", session="s", setup=True)
        + cell("secret + 1", session="s", autoevaluate=True)
        + cell("1/0", session="t", setup=True)
        + cell("2", session="t")
    )
    reader = read(book.put("setup", body))
    expect(reader.outputs(1)).to_contain_text("42")
    expect(reader.cell(0)).to_be_hidden()
    expect(reader.cell(2)).to_be_hidden()
    press(reader, 3)
    # What failed is shown, so that it can be known why.
    expect(reader.cell(2)).to_be_visible()
    expect(reader.outputs(2)).to_contain_text("ZeroDivisionError")


def test_what_an_author_chooses(book: Book, read: Read) -> None:
    style = (
        "<style>sagews-cell { --sagews-accent: rgb(200, 0, 0) } sagews-cell::part(button) { font-weight: 900 }</style>"
    )
    expected = '<pre slot="expected">the answer</pre>'
    body = (
        cell("print(6 * 7)", label="Go", readonly=True, slots=expected)
        + '<sagews-cell language="python"></sagews-cell>'
    )
    reader = read(book.put("choices", body, head=style))
    button = reader.button("Go")
    expect(button).to_have_css("background-color", "rgb(200, 0, 0)")
    expect(button).to_have_css("font-weight", "900")
    expect(reader.cell().locator("sagews-editor")).to_have_count(0)
    expect(reader.page.get_by_text("the answer")).to_be_hidden()
    reader.cell().get_by_text("Expected output").click()
    expect(reader.page.get_by_text("the answer")).to_be_visible()
    button.click()
    expect(reader.outputs()).to_contain_text("42")


def test_an_author_grades(book: Book, read: Read) -> None:
    reader = read(book.put("grade", cell("print('hi'); 2 + 2")))
    reader.await_editor()
    result = reader.page.evaluate(
        """async () => {
            const cell = document.querySelector("sagews-cell");
            const heard = new Promise((resolve) =>
                document.addEventListener("sagews-result", (event) => resolve(event.detail)));
            const told = await cell.evaluate();
            const detail = await heard;
            return { same: JSON.stringify(told) === JSON.stringify(detail), detail: structuredClone(detail) };
        }"""
    )
    assert result["same"] and result["detail"]["reason"] == "done" and result["detail"]["code"] == "print('hi'); 2 + 2"
    stream, value = result["detail"]["outputs"]
    assert stream == {"kind": "stream", "name": "stdout", "text": "hi\n"}
    assert value["kind"] == "display" and value["data"]["text/plain"] == "4"
    outcome = "document.querySelector('sagews-cell')"
    reader.page.evaluate(f"{outcome}.code = '3 + 4'")
    assert reader.code() == "3 + 4"
    assert reader.page.evaluate(f"{outcome}.authorsCode") == "print('hi'); 2 + 2"
    assert "7" in reader.page.evaluate(f"{outcome}.evaluate().then(r => r.outputs[0].data['text/plain'])")


def test_stop_input_and_widgets(book: Book, read: Read) -> None:
    body = (
        cell("while True: pass", session="a")
        + cell("while True: pass")
        + cell("print('You are', input('Who? '))")
        + cell("import ipywidgets as w\nw.interact(lambda n: print('n is', n), n=(0, 9));")
    )
    reader = read(book.put("stop", body))
    for place in (0, 1):
        reader.button("Evaluate", place).click()
        expect(reader.cell(place).locator(".standing")).to_have_text("running")
        reader.page.wait_for_timeout(500)  # a second click sooner would be half of a double click
        reader.button("Stop", place).click()
        reader.await_end(place, reason="interrupted")
    reader.button("Evaluate", 2).click()
    reader.outputs(2).get_by_label("Who?").fill("Ada")
    reader.page.keyboard.press("Enter")
    reader.await_end(2)
    expect(reader.outputs(2)).to_contain_text("You are Ada")
    reader.button("Evaluate", 3).click()
    frame = reader.outputs(3).frame_locator("iframe")
    expect(frame.get_by_text("n is 4")).to_be_visible(timeout=30_000)


def test_a_lost_connection_comes_back_by_itself(book: Book, read: Read) -> None:
    sockets: list[WebSocketRoute] = []

    def pass_on(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()
        sockets.append(socket)
        socket.on_message(server.send)
        server.on_message(socket.send)

    reader = read("about:blank")
    reader.page.route_web_socket(re.compile("/socket$"), pass_on)
    slow = "import time\nfor n in range(30):\n    print('line', n)\n    time.sleep(0.1)"
    reader.page.goto(book.put("lost", cell(slow, session="lost") + cell(slow)))
    for place in (0, 1):
        reader.button("Evaluate", place).click()
        expect(reader.outputs(place)).to_contain_text("line 3")
        sockets[-1].close()
        reader.await_end(place, reason="done")
        assert reader.outputs(place).inner_text().split("\n")[:30] == [f"line {n}" for n in range(30)]
    assert len(sockets) == 3


def test_where_no_websocket_comes_through_it_polls_without_a_cookie(book: Book, read: Read) -> None:
    reader = read("about:blank")
    reader.page.add_init_script(
        "delete globalThis.WebSocket; globalThis.WebSocket = class { constructor() { throw 1 } }"
    )
    reader.page.goto(book.put("poll", cell("6 * 7", session="poll")))
    reader.await_editor()
    reader.button("Evaluate").click()
    expect(reader.outputs()).to_contain_text("42", timeout=30_000)


def test_in_a_frame_of_a_third_page(book: Book, read: Read) -> None:
    book.put("inner", cell("6 * 7", session="framed"))
    with book_for(book.site) as outer:
        address = outer.put("outer", f"<iframe title='Book' src='{book.url}inner' width='900' height='500'></iframe>")
        reader = read("about:blank")
        reader.page.goto(address)
        cells = reader.page.frame_locator("iframe").locator("sagews-cell")
        cells.get_by_role("button", name="Evaluate").click()
        expect(cells.locator("sagews-outputs")).to_contain_text("42")
        assert [fault for fault in reader.faults if outer.url not in fault] == []
        reader.faults.clear()


def test_without_scripts_it_reads_well(book: Book, read: Read) -> None:
    path = book.put("plain", cell("n = 6\nn * 7", slots="<div slot='expected'><p>42</p></div>"))
    reader = read(path, java_script_enabled=False)
    expect(reader.page.get_by_text("n * 7")).to_be_visible()
    expect(reader.page.get_by_text("42")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_and_a_phone(book: Book, read: Read, scheme: str) -> None:
    body = cell("print('-' * 300)\n1 + 1", session="p", slots="<pre slot='expected'>2</pre>") + cell(
        "1/0", readonly=True
    )
    look = "<style>:root { color-scheme: light dark }</style>"
    size = {"width": 360, "height": 740}
    reader = read(
        book.put("phone", body, head=look), viewport=size, has_touch=True, is_mobile=True, color_scheme=scheme
    )
    reader.await_editor()
    for place in (0, 1):
        reader.button("Evaluate", place).tap()
        reader.await_end(place)
    reader.editor().tap()
    reader.page.keyboard.type("# ")
    expect(reader.button("Reset")).to_be_visible()
    assert serious(reader.page) == []
    assert reader.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    small = """() => [...document.querySelectorAll("sagews-cell")]
        .flatMap((cell) => [...cell.shadowRoot.querySelectorAll("button:not(.place), summary")])
        .filter((each) => each.getBoundingClientRect().height < 44).map((each) => each.outerHTML)"""
    assert reader.page.evaluate(small) == []
    background = (
        "getComputedStyle(document.querySelector('sagews-cell').shadowRoot.querySelector('.cell')).backgroundColor"
    )
    assert reader.page.evaluate(background) == {"light": "rgb(255, 255, 255)", "dark": "rgb(29, 33, 37)"}[scheme]


def test_the_keyboard_alone_does_everything(book: Book, read: Read) -> None:
    body = cell("6 * 7", session="k", slots="<pre slot='expected'>42</pre>")
    reader = read(book.put("keys", body))
    reader.await_editor()
    keys = reader.page.keyboard
    keys.press("Tab")
    keys.press("Control+End")
    keys.type(" + 1")
    keys.press("Shift+Enter")
    reader.await_end()
    expect(reader.outputs()).to_contain_text("43")
    keys.press("Escape")
    focused = "document.activeElement.shadowRoot.activeElement.textContent.trim()"
    seen = []
    for _ in range(3):
        keys.press("Tab")
        seen.append(reader.page.evaluate(focused))
    assert seen[:2] == ["Evaluate", "Reset"] and "Expected output" in seen
    keys.press("Enter")
    expect(reader.page.get_by_text("42", exact=True)).to_be_visible()
    keys.press("Shift+Tab")
    keys.press("Enter")
    expect(reader.button("Reset")).to_have_count(0)


@pytest.mark.parametrize(
    ("language", "says"),
    [("de", "Auswerten"), ("fr", "Évaluer"), ("es", "Evaluar"), ("zh", "计算"), ("", "Evaluate"), ("x_y", "Evaluate")],
)
def test_it_speaks_the_language_of_the_page(book: Book, read: Read, language: str, says: str) -> None:
    reader = read(book.put(f"in-{language}", cell("1"), language=language), locale="en-GB")
    expect(reader.cell().get_by_role("button")).to_have_text(says)
