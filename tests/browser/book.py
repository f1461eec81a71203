"""A book: pages of another origin, with cells of a site in them."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Book:
    """An HTTP server on a port of its own, which makes it another origin than the site."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}/"
        self.pages: dict[str, tuple[str, dict[str, str]]] = {}
        """Pages and scripts by path: what they hold, and headers of theirs."""

    def page(self, body: str, head: str = "", path: str = "page.html", lang: str = "en", **headers: str) -> str:
        """Take in a page; return its address."""
        text = f"<!DOCTYPE html><html lang='{lang}'><head><meta charset='utf-8'><meta name='viewport' content='width=device-width'>"
        text += f"<title>A book</title>{head}</head><body>{body}</body></html>"
        self.pages[f"/{path}"] = text, {"Content-Type": "text/html", **headers}
        return self.url + path


@contextmanager
def open_book() -> Iterator[Book]:
    """Serve a book until the end of the block."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            text, headers = book.pages.get(self.path.partition("?")[0], ("", {}))
            body = text.encode()
            self.send_response(200 if headers else 204)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    book = Book(server.server_port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield book
    finally:
        server.shutdown()
        thread.join(5)
        server.server_close()
