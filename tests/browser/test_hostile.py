"""Hostile outputs: nothing of a session runs, loads or navigates anything in the page's own origin."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.reader import Reader

SCRIPT = "try { parent.hacked = top.hacked = 1 } catch {} hacked = 1; document.title = 'hacked';"

HOSTILE = {
    "script": f"<script>{SCRIPT}</script>",
    "image error": f'<img src=x onerror="{SCRIPT}">',
    "svg load": f'<svg onload="{SCRIPT}"><animate onbegin="{SCRIPT}" attributeName=x dur=1s></svg>',
    "javascript link": '<a id=link href="javascript:hacked=1">link</a>',
    "javascript link in svg": '<svg><a id=link xlink:href="javascript:hacked=1"><text y=20>link</text></a></svg>',
    "form": '<form action="/service" method=post><input name=code value=1><button id=link>go</button></form>',
    "meta refresh": '<meta http-equiv=refresh content="0; url=https://example.org/">text',
    "base": '<base href="https://example.org/">text<a href="x">y</a>',
    "style": "<style>body, .cell { display: none !important } @import url(https://example.org/x.css);</style>text",
    "escape by style": (
        "<style>:host { position: fixed !important; inset: 0 !important; z-index: 9999 }</style>"
        "<div style='position:fixed;inset:0;background:red;z-index:9999'>text</div>"
    ),
    "style that loads": "<div style='background:url(https://example.org/x.png)'>text</div>",
    "image of another site": '<img src="https://example.org/x.png" srcset="https://example.org/y.png 2x">text',
    "svg that loads": '<svg><image href="https://example.org/x.png"/><use href="https://example.org/x.svg#a"/></svg>text',
    "media that loads": '<video src="https://example.org/x.mp4" poster="https://example.org/x.png"></video>text',
    "link": '<link rel=stylesheet href="https://example.org/x.css"><link rel=prefetch href="https://example.org/">text',
    "frame": '<iframe srcdoc="<script>parent.hacked = top.hacked = 1</script>"></iframe>',
    "frame of the page": '<iframe src="/"></iframe><object data="/"></object><embed src="/">',
    "mutation": '<svg></p><style><a id="</style><img src=1 onerror=hacked=1>">',
    "mathml mutation": (
        '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=hacked=1&gt;">'
    ),
    "clobbering": "<a id=sagews></a><form id=document><input name=body></form><img name=body>text",
    "template": f"<template shadowrootmode=open><img src=x onerror='{SCRIPT}'></template>text",
}


@pytest.fixture
def guarded(reader: Reader) -> Iterator[Reader]:
    """Give a reader of hostile things. What the browser refuses, it says in the console: no fault of the page."""
    reader.evaluate("1+1")
    assert reader.faults == []
    yield reader
    assert not [fault for fault in reader.faults if fault.startswith("request:")]
    reader.faults.clear()


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_html(guarded: Reader, name: str) -> None:
    url = guarded.page.url
    outputs = guarded.evaluate(f"from IPython.display import HTML\nHTML({HOSTILE[name]!r})")
    expect(outputs.locator(".rich, iframe").first).to_be_attached()
    if (link := outputs.locator("#link")).count():
        link.click(force=True)
    settle(guarded)
    assert_unharmed(guarded, url)
    own = f"{guarded.url}frame"
    frames = [frame.url for frame in guarded.page.frames[1:]]
    assert all(frame in (own, "about:srcdoc", "about:blank", "chrome-error://chromewebdata/") for frame in frames)


@pytest.mark.parametrize(
    ("mime", "data"),
    [
        ("text/markdown", HOSTILE["script"] + HOSTILE["image error"] + "[a](javascript:hacked=1) <div data-formula=7>"),
        (
            "text/latex",
            r"$\href{javascript:hacked=1}{x} \htmlData{a=b}{y} \includegraphics{https://example.org/x.png}$",
        ),
        ("image/svg+xml", f'<svg xmlns="http://www.w3.org/2000/svg" onload="{SCRIPT}"><script>{SCRIPT}</script></svg>'),
        ("image/png", '"><script>hacked=1</script>'),
        ("application/json", {"__proto__": {"hacked": 1}, "<img src=x onerror=hacked=1>": "<script>hacked=1</script>"}),
        ("application/javascript", SCRIPT),
        ("text/plain", HOSTILE["script"] + "\x1b]8;;javascript:hacked=1\x07link\x1b]8;;\x07"),
        ("text/html", {"not": "text"}),
    ],
)
def test_hostile_data_of_every_form(guarded: Reader, mime: str, data: object) -> None:
    url = guarded.page.url
    guarded.evaluate(f"display({{{mime!r}: {data!r}, 'text/plain': 'text'}}, raw=True)")
    settle(guarded)
    assert_unharmed(guarded, url)


def test_a_hostile_message_of_a_frame_changes_nothing_but_its_height(guarded: Reader) -> None:
    outputs = guarded.evaluate(
        "from IPython.display import Javascript\n"
        "Javascript('''for (const message of [null, 1, 'x', {}, {kind: 'height', height: 'x'},"
        " {kind: 'height', height: 1e9}, {kind: 'ready'}, {kind: 'show', html: 'x'}])\n"
        "  parent.postMessage(message, '*');''')"
    )
    frame = outputs.locator("iframe")
    expect(frame).to_be_visible()
    settle(guarded)
    height = frame.evaluate("frame => frame.offsetHeight")
    assert 0 < height <= 3000
    assert_unharmed(guarded, guarded.page.url)


def test_a_frame_reaches_nothing(guarded: Reader) -> None:
    """Its origin is nobody's: no page, no storage, no server."""
    outputs = guarded.evaluate(
        "from IPython.display import Javascript\n"
        "Javascript('''const tried = {};\n"
        "const attempt = (name, act) => {\n"
        "  try { act(); tried[name] = 'reached' } catch (error) { tried[name] = 'refused' }\n"
        "};\n"
        "attempt('page', () => parent.document.title);\n"
        "attempt('storage', () => localStorage.length);\n"
        "attempt('cookies', () => document.cookie);\n"
        "attempt('navigation', () => { top.location.href = 'https://example.org/' });\n"
        "fetch('/healthz').then(() => 'reached', () => 'refused').then((how) => {\n"
        "  tried.server = how; element.textContent = JSON.stringify(tried) });''')"
    )
    said = outputs.frame_locator("iframe").locator("#output")
    expect(said).to_have_text(
        '{"page":"refused","storage":"refused","cookies":"refused","navigation":"refused","server":"refused"}'
    )


def test_a_link_with_hostile_code_runs_nothing(enter: Callable[..., Reader]) -> None:
    reader = enter("?c=print('hacked')%3Cscript%3Ehacked=1%3C/script%3E")
    settle(reader)
    expect(reader.cell().locator(".cell")).to_have_attribute("data-state", "new")
    assert_unharmed(reader, reader.page.url)


def settle(reader: Reader) -> None:
    """Give what is hostile the time to act: until after the next evaluation has been drawn."""
    reader.page.evaluate("() => new Promise(done => setTimeout(() => requestAnimationFrame(done), 150))")


def assert_unharmed(reader: Reader, url: str) -> None:
    page = reader.page
    assert page.url == url
    assert page.title() == "sagews"
    assert page.evaluate("typeof hacked") == "undefined"
    assert len(page.context.pages) == 1
    assert not [fault for fault in reader.faults if fault.startswith("request:")]
    expect(reader.cell()).to_be_visible()
    box = reader.page.locator(".name").bounding_box()
    assert box is not None
    on_top = page.evaluate("([x, y]) => document.elementFromPoint(x, y)?.className", [box["x"] + 5, box["y"] + 5])
    assert on_top == "name"
