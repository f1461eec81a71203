"""Pages of another origin that embed SageMathCell, with our address in the place of its: what they rely on is there.

The pages are written as those of books and of SageMathCell's documentation are; their code is Python, for which no
Sage is needed. With Sage: tests/sage/test_embedded_sagecell.py.
"""

import re

from playwright.sync_api import Browser, expect

from tests.browser.embedding_pages import PYTHON, Open, book, cell, cells, evaluate, make, outputs, show
from tests.browser.test_link import packed
from tests.running import RunningSite

__all__ = ["book", "cells", "show"]


def test_the_page_of_the_documentation(show: Open) -> None:
    page = show(
        """<div id="mycell"><script type="text/x-sage">print(2 ** 10)</script></div>
        <div class="compute"><script type="text/x-sage">
for k in range(3):
    print(k, k < 2)
</script></div><div class="compute"><script type="text/x-sage">1 / 0</script></div>""",
        make(f'inputLocation: "#mycell", template: sagecell.templates.minimal, evalButtonText: "Activate", {PYTHON}')
        + make(f'inputLocation: "div.compute", evalButtonText: "Evaluate", {PYTHON}'),
    )
    first = cell(page)
    expect(first.locator(".sagecell_editor")).to_be_hidden()
    expect(first.locator(".sagecell_evalButton")).to_have_text("Activate")
    assert evaluate(page).locator("pre.sagecell_stdout").text_content() == "1024\n"
    expect(first.locator(".sagecell_permalink")).to_have_count(0)
    assert evaluate(page, 1).locator("pre.sagecell_stdout").text_content() == "0 True\n1 True\n2 False\n"
    fault = evaluate(page, 2).locator("pre.sagecell_pyerr")
    expect(fault).to_contain_text("ZeroDivisionError")
    fault.get_by_role("button", name="line 1").click()
    expect(cell(page, 2).locator(".cm-content")).to_be_focused()


def test_the_elements_that_pages_know_are_there_at_once(show: Open) -> None:
    page = show(
        "<div id=one><script type='text/x-sage'>  x = 1\ny = 2  </script></div><div id=two></div>",
        "<script>sagecell.makeSagecell({inputLocation: '#one', outputLocation: '#two', languages: ['python', 'r'],"
        " callback: found});"
        "function found() { window.found = ['.sagecell_input', '.sagecell_editor', '.CodeMirror',"
        " 'textarea.sagecell_commands', 'button.sagecell_evalButton', '.sagecell_options .sagecell_language select']"
        ".map((each) => document.querySelectorAll('#one ' + each).length)"
        ".concat(document.querySelectorAll('#two > .sagecell_output_elements > .sagecell_output').length); }</script>",
    )
    page.wait_for_function("window.found !== undefined")
    assert page.evaluate("window.found") == [1] * 7
    one, two = page.locator("#one"), page.locator("#two")
    assert one.get_attribute("class") == "sagecell"
    assert re.fullmatch(r"sagecell output_\S+", two.get_attribute("class") or "")
    assert one.locator(".sagecell_commands").evaluate("(field) => field.value") == "x = 1\ny = 2"
    shown = one.locator("option").evaluate_all("(all) => all.filter((each) => !each.hidden).map((each) => each.value)")
    assert shown == ["python", "r"]
    expect(two.locator(".sagecell_output_elements")).to_be_hidden()
    assert page.evaluate("document.querySelector('#one .sagecell_input').textContent.includes('x = 1')")


def test_code_comes_from_where_a_page_has_it(show: Open) -> None:
    page = show(
        """<div class=c>  1 + 1 &lt; 3 </div><textarea class=c>2 + 2</textarea><div class=c><script>3</script></div>
        <script type='text/x-sage' id=there>5 &lt; 6</script><div id=four></div><div id=five>not this</div>""",
        make("inputLocation: '.c'")
        + make("inputLocation: '#four', codeLocation: '#there'")
        + make("inputLocation: '#five', code: '  7 '"),
    )
    values = page.locator(".sagecell_commands").evaluate_all("(all) => all.map((field) => field.value)")
    assert values == ["1 + 1 < 3", "2 + 2", "3", "5 &lt; 6", "7"]
    assert page.locator("div[id^=input_] > .sagecell_input textarea.sagecell_commands.c").count() == 1


def test_the_field_the_editor_and_its_shim_are_in_step(show: Open) -> None:
    page = show("<div id=one>a</div>", make(f"inputLocation: '#one', {PYTHON}"))
    set_value = "(code) => document.querySelector('.CodeMirror').CodeMirror.setValue(code)"
    page.evaluate(set_value, "print('shim')")
    assert evaluate(page).locator(".sagecell_stdout").text_content() == "shim\n"
    editor = page.locator(".CodeMirror .cm-content")
    expect(editor).to_have_text("print('shim')")
    page.locator(".sagecell_commands").evaluate("(field) => { field.value = 'print(1)\\nprint(2)'; }")
    expect(editor.locator(".cm-line")).to_have_text(["print(1)", "print(2)"])
    assert evaluate(page).locator(".sagecell_stdout").text_content() == "1\n2\n"
    page.evaluate(
        "window.changes = 0; document.querySelector('.CodeMirror').CodeMirror.on('change', () => { changes += 1; })"
    )
    page.evaluate("document.querySelector('.CodeMirror').CodeMirror.focus()")
    page.keyboard.press("Control+a")
    page.keyboard.insert_text("print('typed')")
    assert page.evaluate("[changes > 0, document.querySelector('.CodeMirror').CodeMirror.getValue()]") == [
        True,
        "print('typed')",
    ]
    assert page.locator(".sagecell_commands").evaluate("(field) => field.value") == "print('typed')"
    page.keyboard.press("Shift+Enter")
    expect(cell(page).locator(".sagecell_stdout")).to_have_text("typed\n")


def test_code_of_other_languages_is_completed_before_anything_was_evaluated(show: Open) -> None:
    page = show("<div id=one>g := 1;</div>", make("inputLocation: '#one', languages: ['gap', 'r']"))
    editor = cell(page).locator(".cm-content")
    offered = cell(page).locator(".cm-tooltip-autocomplete")
    editor.click()
    page.keyboard.press("End")
    page.keyboard.type(" s := Symmetr", delay=20)
    expect(offered.get_by_text("SymmetricGroup", exact=True)).to_be_visible()
    cell(page).locator("select").select_option("r")
    page.keyboard.press("Escape")
    editor.click()
    page.keyboard.press("End")
    page.keyboard.type(" read.c", delay=20)
    offered.get_by_text("read.csv", exact=True).click()
    expect(editor).to_contain_text("read.csv")


def test_jquery_is_there_for_pages_that_have_none(show: Open) -> None:
    page = show(
        "<div class=compute>print('by jQuery')</div>",
        """<script>$(function () {
            window.first = typeof $.fn.jquery;
            sagecell.makeSagecell({inputLocation: $(".compute"), languages: ["python"], callback: function () {
                $(".sagecell_evalButton").addClass("btn").click();
            }});
        });</script>""",
    )
    expect(outputs(page).locator(".sagecell_stdout")).to_have_text("by jQuery\n")
    assert page.evaluate("[first, $ === jQuery, $('.sagecell_stdout').text(), $('.sagecell_evalButton').text()]") == [
        "string",
        True,
        "by jQuery\n",
        "Evaluate",
    ]
    page.evaluate("$('.sagecell_commands').val('print(11)')")
    assert evaluate(page).locator(".sagecell_stdout").text_content() == "11\n"


def test_jquery_comes_also_where_the_library_is_loaded_late(show: Open, cells: RunningSite) -> None:
    late = f"<script async src='{cells.url}embedded_sagecell.js' onload='begin()'></script>"
    page = show(
        "<div class=compute>print('late')</div>",
        script="<script>function begin() { $(document).ready(function () {"
        f"sagecell.makeSagecell({{inputLocation: '.compute', autoeval: true, {PYTHON}}});"
        f" window.real = $.fn.jquery; }}); }}</script>{late}",
    )
    expect(outputs(page).locator(".sagecell_stdout")).to_have_text("late\n")
    assert page.evaluate("real === $.fn.jquery && $.fn.jquery !== undefined")


def test_a_jquery_of_the_page_is_left_alone(show: Open, cells: RunningSite) -> None:
    page = show(
        "<div id=one></div>",
        make("inputLocation: '#one'"),
        script=f"<script>window.$ = 'mine';</script><script src='{cells.url}static/embedded_sagecell.js'></script>",
    )
    expect(cell(page).locator(".CodeMirror")).to_be_visible()
    assert page.evaluate("[$, jQuery]") == ["mine", "mine"]


def test_linked_cells_share_a_session_and_others_do_not(show: Open) -> None:
    page = show(
        "<div class=sage><script type='text/x-sage'>x=3</script></div>"
        "<div class=sage><script type='text/x-sage'>x</script></div>"
        "<div id=key>x</div><div class=alone>x = 5</div><div class=alone>x</div>",
        make(f"inputLocation: 'div.sage', linked: true, {PYTHON}")
        + make(f"inputLocation: '#key', linkKey: 'another', {PYTHON}")
        + make(f"inputLocation: '.alone', {PYTHON}"),
    )
    evaluate(page)
    assert (evaluate(page, 1).locator("pre").text_content() or "").strip() == "3"
    expect(evaluate(page, 2).locator(".sagecell_pyerr")).to_contain_text("NameError")
    evaluate(page, 3)
    expect(evaluate(page, 4).locator(".sagecell_pyerr")).to_contain_text("NameError")
    expect(cell(page, 1).locator(".sagecell_permalink")).to_have_count(0)
    assert page.evaluate("[sagecell.linkKeys.another, sagecell.kernels[0].id !== '', sagecell.kernels.length]") == [
        1,
        True,
        4,
    ]


def test_output_is_replaced_or_added_before(show: Open) -> None:
    page = show(
        "<div id=one>import random; print(random.random())</div>",
        make(f"inputLocation: '#one', replaceOutput: false, {PYTHON}"),
    )
    first = evaluate(page).locator(".sagecell_stdout").text_content()
    evaluate(page)
    expect(page.locator(".sagecell_sessionContainer")).to_have_count(2)
    expect(page.locator(".sagecell_spinner:visible")).to_have_count(0)
    assert page.locator(".sagecell_sessionContainer").nth(1).locator(".sagecell_stdout").text_content() == first


def test_a_question_is_answered_and_a_run_is_stopped(show: Open) -> None:
    page = show("<div id=one>print('Hello,', input('Who? '))</div>", make(f"inputLocation: '#one', {PYTHON}"))
    cell(page).locator(".sagecell_evalButton").click()
    page.get_by_label("Who?").fill("Emmy")
    page.keyboard.press("Enter")
    expect(outputs(page).locator(".sagecell_stdout")).to_have_text("Hello, Emmy\n")
    page.evaluate("document.querySelector('.CodeMirror').CodeMirror.setValue('while True: pass')")
    cell(page).locator(".sagecell_evalButton").click()
    expect(cell(page).locator(".sagecell_standing")).to_have_text("running")
    cell(page).get_by_role("button", name="Stop").click()
    outputs(page)
    expect(cell(page).locator(".sagecell_standing")).to_contain_text("nterrupted")


def test_a_file_that_a_cell_has_made_is_a_link(show: Open) -> None:
    page = show("<div id=one>open('answer.txt', 'w').write('42')</div>", make(f"inputLocation: '#one', {PYTHON}"))
    evaluate(page)
    link = cell(page).locator(".sagecell_sessionFiles a")
    expect(link).to_have_text("answer.txt")
    with page.expect_download() as saving:
        link.click()
    assert saving.value.suggested_filename == "answer.txt"
    assert saving.value.path().read_text() == "42"


def test_code_is_shared_by_links(show: Open, cells: RunningSite) -> None:
    page = show("<div id=one>print(6 * 7)</div>", make(f"inputLocation: '#one', {PYTHON}"))
    evaluate(page)
    cell(page).get_by_role("button", name="Share").click()
    result = cell(page).locator(".sagecell_permalink_result")
    short = result.get_by_role("link", name="Short temporary link").get_attribute("href") or ""
    long = result.get_by_role("link", name="Permalink").get_attribute("href") or ""
    assert short.startswith(f"{cells.url}?q=") and long.startswith(f"{cells.url}?z=")
    for link in (long, short):
        page.goto(link)
        expect(page.locator(".cm-line").first).to_have_text("print(6 * 7)")
        expect(page.locator("sagews-outputs")).to_have_text("42")


INTERACT = """from sagews.session.interact.names import names; globals().update(names())
@interact
def f(x=(0, 10, 1), n=['one', 'two']):
    print('it is', x, n)"""


def test_controls_begin_where_the_page_says_and_are_shared(show: Open) -> None:
    kept = "[{state: {x: 4, n: 1, strange: 5}, bookmarks: [{name: 'far', state: {x: 9}}]}]"
    page = show(f"<div id=one>{INTERACT}</div>", make(f"inputLocation: '#one', interacts: {kept}, {PYTHON}"))
    evaluate(page)
    frame = cell(page).frame_locator("iframe")
    expect(frame.locator("body")).to_contain_text("it is 4 two")
    expect(outputs(page)).to_contain_text("f: the value for strange fits no control of this name")
    frame.get_by_role("button", name="far").click()
    expect(frame.locator("body")).to_contain_text("it is 9 two")
    cell(page).get_by_role("button", name="Share").click()
    long = cell(page).locator(".sagecell_permalink_result").get_by_role("link", name="Permalink").get_attribute("href")
    page.keyboard.press("Escape")
    evaluate(page)
    expect(frame.locator("body")).to_contain_text("it is 0 one")
    page.goto(long or "")
    linked = page.frame_locator("iframe")
    expect(linked.locator("body")).to_contain_text("it is 9 two")
    expect(linked.get_by_role("button", name="far")).to_be_visible()


def test_controls_that_cannot_be_read_begin_as_the_code_says(show: Open) -> None:
    page = show(
        f"<div id=one>{INTERACT}</div><div id=two>1</div>",
        "<script>const circle = {}; circle.itself = circle;"
        f"sagecell.makeSagecell({{inputLocation: '#one', interacts: [circle], {PYTHON}}});"
        f"sagecell.makeSagecell({{inputLocation: '#two', interacts: 7, {PYTHON}}});</script>",
    )
    evaluate(page)
    expect(cell(page).frame_locator("iframe").locator("body")).to_contain_text("it is 0 one")
    expect(evaluate(page, 1)).to_have_text("1")


def test_a_link_is_evaluated_once_where_the_site_lets_links_do_that(chromium: Browser, cells: RunningSite) -> None:
    page = chromium.new_context().new_page()
    page.goto(f"{cells.url}?c=import+time%0Atime.time_ns()")
    shown = page.locator("sagews-outputs")
    expect(shown).to_contain_text(re.compile(r"\d{19}"))
    first = shown.text_content()
    page.reload()
    expect(shown).to_have_text(first or "")
    page.goto(f"{cells.url}?c=1%2B1&autoeval=false")
    expect(page.get_by_role("alert")).to_contain_text("This code came with the link.")
    page.goto(f"{cells.url}?c=6*7%0A%0A%23+%25%25%0A_%2B1&autoeval=true")
    expect(shown.nth(1)).to_contain_text("43")
    page.goto(f"{cells.url}?z={packed('6')}&interacts=nonsense")
    expect(page.get_by_role("alert")).to_contain_text("The values of its controls cannot be read")
    expect(shown).to_contain_text("6")
    page.context.close()


def test_the_log_of_messages(show: Open) -> None:
    page = show("<div id=one>print(6 * 7)</div>", make(f"inputLocation: '#one', mode: 'debug', {PYTHON}"))
    evaluate(page)
    log = cell(page).locator(".sagecell_messages")
    expect(log).to_contain_text('→ {"kind":"evaluate"')
    expect(log).to_contain_text("← {")
    expect(log).to_contain_text('"output_kind":"stream"')


def test_scripted_output_runs_in_a_frame_and_reaches_no_page(show: Open) -> None:
    code = """from IPython.display import HTML, display
display(HTML('''<p id=told>no</p><script>document.getElementById("told").textContent = "ran";
try { parent.reached = 1 } catch (e) {}</script>'''))
display(HTML('<table><tr><td>static</td></tr></table>'))"""
    page = show("<div id=one></div>", make(f"inputLocation: '#one', {PYTHON}"))
    page.evaluate("(code) => document.querySelector('.CodeMirror').CodeMirror.setValue(code)", code)
    output = evaluate(page)
    expect(output.frame_locator("iframe").locator("#told")).to_have_text("ran")
    expect(output.locator("td")).to_have_text("static")
    assert page.evaluate("window.reached") is None


def test_cells_come_and_go_with_the_page(show: Open) -> None:
    page = show("<form id=form><div id=one>1</div></form>", make(f"inputLocation: '#one', {PYTHON}"))
    expect(cell(page).locator(".CodeMirror")).to_be_visible()
    page.evaluate(
        """() => { const knowl = document.createElement("div"); knowl.className = "knowl";
        knowl.textContent = "print('knowl')";
        window.info = sagecell.makeSagecell({inputLocation: ".knowl", languages: ["python"], autoeval: true});
        document.body.append(knowl); sagecell.makeSagecell({inputLocation: "#one"}); }"""
    )
    expect(outputs(page, 1).locator(".sagecell_stdout")).to_have_text("knowl\n")
    assert page.evaluate("info.session.rawcode") == "print('knowl')"
    page.evaluate("sagecell.moveInputForm(info)")
    expect(page.locator(".knowl > *")).to_have_count(0)
    page.evaluate("sagecell.restoreInputForm(info)")
    expect(page.locator(".knowl .sagecell_evalButton")).to_be_visible()
    assert page.locator("#sagecell_moved").count() == 0
    page.evaluate("sagecell.deleteSagecell(info)")
    assert page.locator(".knowl").count() == 0
    assert page.evaluate("document.querySelectorAll('.sagecell_input').length") == 1


def test_the_calls_of_a_book_made_with_pretext(show: Open) -> None:
    page = show(
        """<div class="ptx-sagecell sagecell-python" id="a"><script type="text/x-sage">a = 6
</script></div><div class="ptx-sagecell sagecell-python" id="b"><script type="text/x-sage">a * 7
</script></div><div class="ptx-sagecell sagecell-python-autoeval" id="c"><script type="text/x-sage">print("by itself")
</script></div><div class="ptx-sagecell sagecell-practice" id="d"></div>
<pre class="ptx-sagecell sagecell-display" id="e"><script type="text/x-sage">1 / 3
</script></pre>
<div class="sage-interact" id="f"><script type="text/x-sage">print("alive")
</script></div>""",
        """<script>
sagecell.makeSagecell({inputLocation: "div.sagecell-python", linked: true, linkKey: "linked-python", autoeval: false,
    languages: ["python"], evalButtonText: "Evaluate (Python)"});
sagecell.makeSagecell({inputLocation: "div.sagecell-python-autoeval", linked: true, linkKey: "linked-python",
    autoeval: true, languages: ["python"], evalButtonText: "Evaluate (Python)"});
sagecell.makeSagecell({inputLocation: "div.sagecell-practice", languages: sagecell.allLanguages, linked: true,
    linkKey: "linked-practice", evalButtonText: "Evaluate"});
sagecell.makeSagecell({inputLocation: ".sagecell-display", editor: "codemirror-readonly",
    hide: ["evalButton", "editorToggle", "language"], languages: ["python"]});
sagecell.makeSagecell({inputLocation: ".sage-interact", autoeval: true, hide: ["editor", "evalButton", "permalink"],
    languages: ["python"]});
</script>""",
    )
    expect(outputs(page, 2).locator(".sagecell_stdout")).to_have_text("by itself\n")
    expect(outputs(page, 5).locator(".sagecell_stdout")).to_have_text("alive\n")
    evaluate(page, 0)
    assert (evaluate(page, 1).locator("pre").text_content() or "").strip() == "42"
    expect(cell(page, 0).locator(".sagecell_evalButton")).to_have_text("Evaluate (Python)")
    expect(cell(page, 0).locator(".sagecell_language")).to_be_hidden()
    practice = cell(page, 3)
    expect(practice.locator(".sagecell_language")).to_be_visible()
    assert practice.locator("select").evaluate("(field) => field.value") == "sage"
    display = cell(page, 4)
    expect(display.locator(".sagecell_evalButton")).to_be_hidden()
    content = display.locator(".cm-content")
    expect(content).to_have_text("1 / 3")
    content.click()
    page.keyboard.type("no")
    expect(content).to_have_text("1 / 3")
    expect(cell(page, 5).locator(".sagecell_editor")).to_be_hidden()


def test_errors_that_the_original_has_too(show: Open) -> None:
    page = show("<div class=two></div><div class=two></div><div id=out></div>")
    said = "(given) => { try { sagecell.makeSagecell(given); return ''; } catch (error) { return String(error); } }"
    assert "inputLocation" in page.evaluate(said, {})
    assert "unique" in page.evaluate(said, {"inputLocation": ".two", "outputLocation": "#out"})
    assert page.evaluate(said, {"inputLocation": ".nothing"}) == ""
    assert page.evaluate("new Promise((resolve) => sagecell.init(() => resolve('called')))") == "called"
    assert page.evaluate("singlecell === sagecell && sagecell.allLanguages[0]") == "sage"
