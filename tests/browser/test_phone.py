"""The page on a phone of 360 x 740."""

from playwright.sync_api import expect

from tests.browser.reader import Reader

WIDE = """import pandas as pd, numpy as np
import matplotlib.pyplot as plt
from sympy import symbols, expand
x = symbols('x')
print('-' * 300)
plt.figure(figsize=(20, 2)); plt.plot([1, 2]); plt.show()
display(pd.DataFrame(np.arange(60).reshape(2, 30)))
expand((x + 1) ** 25)"""


def test_nothing_makes_the_page_scroll_sideways(phone: Reader) -> None:
    assert_narrow(phone)
    phone.evaluate(WIDE)
    expect(phone.outputs().locator(".katex").first).to_be_visible()
    assert_narrow(phone)
    phone.add_cell()
    phone.evaluate("1/0", place=1)
    assert_narrow(phone)
    phone.page.get_by_role("button", name="Examples").tap()
    assert_narrow(phone)
    phone.page.keyboard.press("Escape")
    phone.page.get_by_role("button", name="Link", exact=True).tap()
    expect(phone.page.get_by_role("dialog")).to_be_visible()
    assert_narrow(phone)


def test_everything_to_touch_is_large_enough(phone: Reader) -> None:
    phone.editor().tap()
    expect(phone.page.get_by_role("toolbar")).to_be_visible()
    assert small_targets(phone) == []
    phone.begin("for n in range(500): print(n)\ninput('Well? ')")
    expect(phone.outputs().locator("input")).to_be_visible()
    phone.page.get_by_role("button", name="Examples").tap()
    assert small_targets(phone) == []


def test_completions_are_large_enough(phone: Reader) -> None:
    phone.evaluate("import math")
    phone.write("")
    phone.page.keyboard.type("math.fact")
    expect(phone.cell().get_by_role("listbox", name="Completions").get_by_role("option").first).to_contain_text(
        "factorial"
    )
    assert small_targets(phone) == []


def test_what_folds_is_large_enough(phone: Reader) -> None:
    phone.evaluate(
        "from IPython.display import HTML, JSON, display\n"
        "display(JSON({'a': [1, {'b': None}]}))\n"
        "HTML('<details><summary>More</summary>less</details>')"
    )
    expect(phone.outputs().locator("summary")).to_have_count(3)
    assert small_targets(phone) == []


def test_the_link_dialog_is_large_enough(phone: Reader) -> None:
    phone.page.get_by_role("button", name="Link", exact=True).tap()
    expect(phone.page.get_by_role("dialog")).to_be_visible()
    assert small_targets(phone) == []


def test_fields_are_large_enough_that_no_phone_zooms(phone: Reader) -> None:
    phone.begin("input('Well? ')")
    expect(phone.outputs().locator("input")).to_be_visible()
    for field in (phone.editor(), phone.outputs().locator("input")):
        assert field.evaluate("field => parseFloat(getComputedStyle(field).fontSize)") >= 16


def test_the_row_of_keys(phone: Reader) -> None:
    row = phone.page.get_by_role("toolbar", name="Keys")
    expect(row).to_be_hidden()
    phone.editor().tap()
    expect(row).to_be_visible()
    for key in ("(", "[", "^", ":", "Left", "_", "Undo", "Tab", "="):
        row.get_by_role("button", name=key, exact=True).tap()
        expect(phone.editor()).to_be_focused()
    assert phone.code() != ""
    phone.write("")
    for key in ("(", ")", "Left"):
        row.get_by_role("button", name=key, exact=True).tap()
    phone.page.keyboard.type("7")
    assert phone.code() == "(7)"
    phone.write("ab\ncd")
    for key in ("Up", "]", "Down", "{", "Left", "Left", "Right"):
        row.get_by_role("button", name=key, exact=True).tap()
    phone.page.keyboard.type("1")
    assert phone.code() == "ab]\ncd1{"
    phone.write("(7)")
    row.get_by_role("button", name="Evaluate").tap()
    expect(phone.outputs()).to_contain_text("7")


def test_no_row_of_keys_on_a_desktop(reader: Reader) -> None:
    reader.editor().click()
    expect(reader.page.get_by_role("toolbar", name="Keys")).to_be_hidden()


def test_the_keyboard_of_a_phone_leaves_code_alone(phone: Reader) -> None:
    for name, value in {"autocapitalize": "off", "autocorrect": "off", "spellcheck": "false"}.items():
        expect(phone.editor()).to_have_attribute(name, value)
    phone.editor().tap()
    phone.page.keyboard.insert_text("“")
    assert phone.code() == '"'


def assert_narrow(reader: Reader) -> None:
    width = reader.page.evaluate("document.scrollingElement.scrollWidth")
    assert width <= 360, f"the page is {width} px wide"


def small_targets(reader: Reader) -> list[str]:
    """Name what can be touched and is smaller than 44 px, through shadow roots, but for links within text."""
    found = reader.page.evaluate(
        """() => {
        const all = (root) => [...root.querySelectorAll("*")]
            .flatMap((element) => [element, ...(element.shadowRoot ? all(element.shadowRoot) : [])]);
        return all(document)
            .filter((element) => element.matches("button, a, input, select, summary, [role=menuitem], [role=option]"))
            .filter((target) => target.checkVisibility() && !target.closest("pre, dialog:not([open])"))
            .map((target) => [target, target.getBoundingClientRect()])
            .filter(([, box]) => box.width < 44 || box.height < 44)
            .map(([target, box]) => `${target.textContent || target.ariaLabel}: ${box.width} x ${box.height}`);
        }"""
    )
    assert isinstance(found, list)
    return found


def test_the_page_of_the_api_is_as_narrow_as_the_phone(phone: Reader) -> None:
    phone.page.goto(phone.url + "api")
    expect(phone.page.get_by_role("heading", name="The API")).to_be_visible()
    assert_narrow(phone)
    # Its style sheet was allowed, and came.
    assert phone.page.evaluate("getComputedStyle(document.querySelector('.contents')).listStyleType") == "none"
    phone.page.get_by_role("link", name="POST /api/v1/evaluate").tap()
    expect(phone.page.get_by_role("heading", name="Evaluate once")).to_be_in_viewport()
