"""Files in the page: what the session wrote is listed and saved, what the reader has is brought in."""

import re
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.browser.reader import Reader
from tests.browser.test_phone import assert_narrow, small_targets

DROP = """(target, [name, text]) => {
    const carried = new DataTransfer();
    carried.items.add(new File([text], name));
    for (const kind of ["dragover", "drop"]) {
        const event = new DragEvent(kind, { dataTransfer: carried, bubbles: true, cancelable: true, composed: true });
        target.dispatchEvent(event);
    }
}"""


def files(reader: Reader) -> Locator:
    return reader.page.get_by_role("region", name="Files")


def open_files(reader: Reader) -> Locator:
    reader.page.get_by_role("button", name="Files", exact=True).click()
    expect(files(reader)).to_be_visible()
    return files(reader)


def saved(page: Page, button: Locator) -> tuple[str, bytes]:
    """Press a button; return the name and content of the file that the browser saves."""
    with page.expect_download() as download:
        button.click()
    return download.value.suggested_filename, Path(download.value.path()).read_bytes()


def bring(reader: Reader, *named: tuple[str, bytes]) -> None:
    payload = [{"name": name, "mimeType": "text/plain", "buffer": content} for name, content in named]
    files(reader).locator("input[type=file]").set_input_files(payload)  # type: ignore[arg-type]  # the stubs want a class


def test_what_the_session_writes_is_listed_and_saved(reader: Reader) -> None:
    panel = open_files(reader)
    expect(panel).to_contain_text("appears here")
    reader.evaluate("open('numbers.csv', 'wb').write(bytes(range(256)) * 2048)")
    entry = panel.get_by_role("button", name="numbers.csv")
    expect(panel.get_by_role("listitem")).to_contain_text("512 KiB")
    assert saved(reader.page, entry) == ("numbers.csv", bytes(range(256)) * 2048)
    panel.get_by_role("button", name="Close files").click()
    expect(panel).to_have_count(0)
    expect(reader.page.get_by_role("button", name="Files", exact=True)).to_be_focused()


def test_a_file_is_brought_in_before_the_first_evaluation(reader: Reader) -> None:
    panel = open_files(reader)
    bring(reader, ("data.txt", b"from the reader"), ("ü 1%.txt", b"two"))
    expect(panel.get_by_role("status")).to_have_text("2 files are there.")
    expect(panel.get_by_role("listitem")).to_have_count(2)
    expect(reader.evaluate("open('data.txt').read()")).to_contain_text("from the reader")
    assert saved(reader.page, panel.get_by_role("button", name="ü 1%.txt")) == ("ü 1%.txt", b"two")


def test_files_are_dropped_on_the_page(reader: Reader) -> None:
    panel = open_files(reader)
    reader.page.locator("main").evaluate(DROP, ["dropped.txt", "caught"])
    expect(panel.get_by_role("button", name="dropped.txt")).to_be_visible()
    expect(reader.evaluate("open('dropped.txt').read()")).to_contain_text("caught")


def test_a_file_dropped_on_a_cell_is_the_editors(reader: Reader) -> None:
    panel = open_files(reader)
    reader.editor().evaluate(DROP, ["code.py", "1 + 1"])
    expect(reader.editor()).to_contain_text("1 + 1")
    expect(panel.get_by_role("listitem")).to_have_count(0)


def test_what_is_there_is_replaced_only_if_the_reader_says_so(reader: Reader) -> None:
    panel = open_files(reader)
    reader.evaluate("open('a.txt', 'w').write('old')")
    for choice, content in (("Keep", "old"), ("Replace", "new")):
        bring(reader, ("a.txt", b"new"))
        expect(panel.get_by_role("alert")).to_contain_text("a.txt is there already")
        panel.get_by_role("button", name=choice).click()
        expect(panel.get_by_role("alert")).to_have_count(0)
        if choice == "Replace":
            expect(panel.get_by_role("status")).to_have_text("a.txt is there.")
        expect(reader.evaluate("open('a.txt').read()")).to_contain_text(content)


def test_directories_open(reader: Reader) -> None:
    panel = open_files(reader)
    reader.evaluate("import os; os.makedirs('data/deep dir'); open('data/deep dir/x', 'w').write('1')")
    panel.get_by_role("button", name="data/").click()
    panel.get_by_role("button", name="deep dir/").click()
    expect(panel).to_contain_text("data/deep dir/")
    bring(reader, ("y", b"2"))
    expect(panel.get_by_role("button", name="y", exact=True)).to_be_visible()
    panel.get_by_role("button", name="Up").click()
    panel.get_by_role("button", name="Up").click()
    expect(panel.get_by_role("button", name="data/")).to_be_visible()
    expect(reader.evaluate("open('data/deep dir/y').read()")).to_contain_text("2")


def test_hostile_names_are_text(reader: Reader) -> None:
    panel = open_files(reader)
    reader.evaluate(
        "import os\n"
        "for name in (b'<img src=x onerror=document.title=1>', b'\\xff', b'new\\nline', b'%2e%2e',\n"
        "             '\\u202egpj.exe'.encode()):\n"
        "    open(name, 'w').write('odd')\n"
        "os.symlink('/etc/passwd', 'link'); os.mkfifo('fifo')"
    )
    expect(panel.get_by_role("listitem")).to_have_count(7)
    expect(panel.locator("img")).to_have_count(0)
    shown = panel.locator(".file").all_text_contents()
    assert sorted(shown) == sorted(
        ["<img src=x onerror=document.title=1>", r"\xff", r"new\nline", r"\u202egpj.exe", "%2e%2e", "link", "fifo"]
    )
    assert panel.get_by_role("button", name="link", exact=True).count() == 0
    for button in panel.get_by_role("listitem").get_by_role("button").all():
        assert saved(reader.page, button)[1] == b"odd"
    expect(reader.page).to_have_title(re.compile("sagews"))


def test_a_page_among_the_files_runs_nothing(reader: Reader) -> None:
    panel = open_files(reader)
    reader.evaluate("open('page.html', 'w').write('<script>opener.document.title = 1</script>')")
    name, content = saved(reader.page, panel.get_by_role("button", name="page.html"))
    assert name == "page.html" and b"<script>" in content
    assert len(reader.page.context.pages) == 1


def test_while_an_evaluation_runs_files_wait(reader: Reader) -> None:
    panel = open_files(reader)
    reader.evaluate("open('a', 'w').write('1')")
    reader.begin("import time; time.sleep(1.5); open('b', 'w').write('2')")
    reader.await_status("Running")
    bring(reader, ("c", b"3"))
    expect(panel.get_by_role("status")).to_contain_text("Waiting for the evaluation")
    reader.await_end()
    expect(panel.get_by_role("listitem")).to_have_count(3)


def test_a_restart_empties_the_list(reader: Reader) -> None:
    panel = open_files(reader)
    reader.evaluate("open('a', 'w').write('1')")
    expect(panel.get_by_role("listitem")).to_have_count(1)
    reader.page.get_by_role("button", name="Restart").click()
    expect(panel.get_by_role("listitem")).to_have_count(0)


def test_what_cannot_be_had_says_why(reader: Reader) -> None:
    panel = open_files(reader)
    reader.evaluate("open('a', 'w').write('1')")
    expect(panel.get_by_role("listitem")).to_have_count(1)
    reader.evaluate("import os; kept = os.scandir; os.scandir = None; os.unlink('a')")
    expect(panel.get_by_role("status")).to_contain_text("could not be used")
    assert reader.faults and all("500" in fault for fault in reader.faults)
    reader.faults.clear()


def test_with_the_keyboard_alone(reader: Reader) -> None:
    reader.evaluate("open('a.txt', 'w').write('1')")
    reader.page.get_by_role("button", name="Files", exact=True).focus()
    reader.page.keyboard.press("Enter")
    panel = files(reader)
    expect(panel.get_by_role("button", name="Add files")).to_be_focused()
    expect(panel.get_by_role("button", name="a.txt")).to_be_visible()
    for _ in range(3):
        reader.page.keyboard.press("Tab")
    expect(panel.get_by_role("button", name="a.txt")).to_be_focused()
    with reader.page.expect_download():
        reader.page.keyboard.press("Enter")


def test_on_a_phone(phone: Reader, tmp_path: Path) -> None:
    panel = open_files(phone)
    phone.evaluate(
        "for name in ('a', 'x' * 200, 'numbers.csv'): open(name, 'w').write('1')\nimport os; os.mkdir('data')"
    )
    expect(panel.get_by_role("listitem")).to_have_count(4)
    bring(phone, ("a", b"2"))
    expect(panel.get_by_role("alert")).to_be_visible()
    phone.page.screenshot(path=tmp_path / "files-phone.png")
    assert_narrow(phone)
    assert small_targets(phone) == []
