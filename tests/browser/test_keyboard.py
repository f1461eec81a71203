"""The page without a pointer, and to a screen reader."""

from playwright.sync_api import expect

from tests.browser.reader import Reader


def test_everything_is_reached_by_keyboard(reader: Reader) -> None:
    page = reader.page
    reached = []
    for _ in range(20):
        page.keyboard.press("Tab")
        name = focused(reader)
        if name == "Code of cell 1":
            page.keyboard.press("Escape")
        reached.append(name)
    for name in ("sagews", "Examples", "Link", "New", "Code of cell 1", "Evaluate", "Add cell", "More for this cell"):
        assert name in reached, reached


def test_tab_indents_and_escape_then_tab_leaves(reader: Reader) -> None:
    reader.editor().click()
    reader.page.keyboard.press("Tab")
    reader.page.keyboard.type("x")
    assert reader.code() == "    x"
    expect(reader.editor()).to_be_focused()
    reader.page.keyboard.press("Escape")
    reader.page.keyboard.press("Tab")
    assert focused(reader) == "Evaluate"
    reader.page.keyboard.press("Shift+Tab")
    expect(reader.editor()).to_be_focused()


def test_focus_is_visible(reader: Reader) -> None:
    page = reader.page
    for _ in range(7):
        page.keyboard.press("Tab")
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none"
    page.keyboard.press("Tab")
    expect(reader.cell().locator(".cell:focus-within")).to_be_visible()


def test_a_whole_evaluation_by_keyboard(reader: Reader) -> None:
    page = reader.page
    reader.editor().focus()
    page.keyboard.type("while True: pass")
    page.keyboard.press("Control+Enter")
    reader.await_status("Running")
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    assert focused(reader) == "Stop"
    page.keyboard.press("Enter")
    reader.await_end(reason="interrupted")


def test_alt_enter_adds_a_cell(reader: Reader) -> None:
    reader.write("1+1")
    reader.page.keyboard.press("Alt+Enter")
    expect(reader.outputs(0)).to_contain_text("2")
    expect(reader.editor(1)).to_be_focused()


def test_menus_work_by_keyboard(reader: Reader) -> None:
    page = reader.page
    page.get_by_role("button", name="Examples").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("menuitem").first).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("menuitem").nth(1)).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("menu")).to_have_count(0)
    expect(page.get_by_role("button", name="Examples")).to_be_focused()


def test_outputs_are_announced(reader: Reader) -> None:
    live = reader.page.locator(".announcer[aria-live=polite]")
    reader.evaluate("print('something')\n6*7")
    expect(live).to_contain_text("Cell 1")
    expect(live).to_contain_text("42")
    reader.evaluate("1/0")
    expect(live).to_contain_text("ZeroDivisionError")


def test_everything_has_a_name(reader: Reader) -> None:
    reader.begin("input('Well? ')")
    expect(reader.outputs().locator("input")).to_be_visible()
    nameless = reader.page.evaluate(
        """() => [...document.querySelectorAll("button, a, input, iframe, img")]
            .filter((one) => !(one.textContent.trim() || one.ariaLabel || one.title || one.alt || one.labels?.length))
            .map((one) => one.outerHTML)"""
    )
    assert nameless == []


def test_no_motion_for_those_who_want_none(reader: Reader) -> None:
    reader.page.emulate_media(reduced_motion="reduce")
    reader.begin("while True: pass")
    reader.await_status("Running")
    assert reader.page.locator(".dot").evaluate("dot => getComputedStyle(dot).animationName") == "none"
    reader.button("Stop").click()
    reader.await_end()


def focused(reader: Reader) -> str:
    name = reader.page.evaluate(
        """() => {
            let focused = document.activeElement;
            while (focused.shadowRoot?.activeElement) focused = focused.shadowRoot.activeElement;
            return focused.ariaLabel || focused.textContent.trim();
        }"""
    )
    assert isinstance(name, str)
    return name
