"""A folder that somebody brought, served as another origin, with our address in the place of SageMathCell's."""

import mimetypes
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

THEIRS = (b"https://sagecell.sagemath.org", b"http://sagecell.sagemath.org")


@contextmanager
def served(folder: Path, site: str) -> Iterator[str]:
    """Serve a folder until the end of the block, and give its address. Only pages are changed, and only the address."""
    root = folder.resolve()

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = (root / unquote(urlsplit(self.path).path).lstrip("/")).resolve()
            if not path.is_relative_to(root) or not path.is_file():
                self.send_error(404)
                return
            body = path.read_bytes()
            if path.suffix == ".html":
                for address in THEIRS:
                    body = body.replace(address, site.rstrip("/").encode())
            self.send_response(200)
            self.send_header("Content-Type", mimetypes.guess_type(path.name)[0] or "application/octet-stream")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join(5)
        server.server_close()
