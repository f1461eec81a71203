"""A book: pages of another origin with cells of a site in them, served as their author would."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request

from tests.browser.reader import Reader


class Book:
    """An author's server, another port of this machine and so another origin."""

    def __init__(self, url: str, site: str) -> None:
        self.url = url
        self.site = site
        self._pages: dict[str, tuple[bytes, dict[str, str]]] = {}

    def put(
        self, path: str, body: str, *, language: str = "en", head: str = "", policy: str = "", script: str = ""
    ) -> str:
        """Write a page with the one line of the script in it, or another `script`; return its address."""
        script = script or f'<script type="module" src="{self.site}embed.js"></script>'
        meta = '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        text = (
            f'<!doctype html><html lang="{language}"><head>{meta}<title>Book</title>{script}{head}</head>'
            f"<body><main><h1>Book</h1>{body}</main></body></html>"
        )
        self._pages["/" + path] = (text.encode(), {"Content-Security-Policy": policy} if policy else {})
        return self.url + path

    def keep(self, path: str, content: bytes, kind: str) -> None:
        """Serve a file of the author's own."""
        self._pages["/" + path] = (content, {"Content-Type": kind})

    def page(self, path: str) -> tuple[bytes, dict[str, str]] | None:
        """Return a page and its headers."""
        return self._pages.get(path.partition("?")[0])


@contextmanager
def book_for(site: str) -> Iterator[Book]:
    """Serve a book on a free port."""
    found: list[Book] = []

    class Answer(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            page = found[0].page(self.path)
            body, fields = page or (b"", {})
            self.send_response(200 if page else 404)
            self.send_header("Content-Length", str(len(body)))
            for name, value in {"Content-Type": "text/html; charset=utf-8", **fields}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    found.append(Book(f"http://127.0.0.1:{server.server_port}/", site))
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield found[0]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def cell(code: str, **attributes: str | bool) -> str:
    """Return a cell as an author writes it; `slots`: more that stands in it."""
    slots = attributes.pop("slots", "")
    given = "".join(f" {name}" if value is True else f' {name}="{value}"' for name, value in attributes.items())
    escaped = code.replace("&", "&amp;").replace("<", "&lt;")
    return f"<sagews-cell{given}><pre>\n{escaped}\n</pre>{slots}</sagews-cell>"


def reads(context: BrowserContext, page: Page, book: Book) -> Reader:
    """Return a reader of a book, and note what its pages should never do."""
    reader = Reader(page, book.url)

    def on_console(message: ConsoleMessage) -> None:
        if message.type == "error" and "favicon" not in str(message.location):
            reader.faults.append(f"console: {message.text}")

    def on_request(request: Request) -> None:
        if not request.url.startswith((book.url, book.site, "data:", "blob:")):
            reader.faults.append(f"request: {request.url}")
        if request.url.startswith(book.site) and "cookie" in request.headers:
            reader.faults.append(f"cookie: {request.url}")

    context.on("console", on_console)
    context.on("request", on_request)
    context.on("page", lambda other: other.on("pageerror", lambda error: reader.faults.append(f"script: {error}")))
    page.on("pageerror", lambda error: reader.faults.append(f"script: {error}"))
    return reader


def policy_of(site: str) -> str:
    """Return a strict policy of a book, which names nothing but the site."""
    host = site.rstrip("/")
    socket = re.sub("^http", "ws", host)
    return (
        f"default-src 'none'; script-src {host}; style-src {host}; font-src {host}; img-src data: blob:; "
        f"media-src data: blob:; connect-src {host} {socket}; frame-src {host}; base-uri 'none'; form-action 'none'"
    )
