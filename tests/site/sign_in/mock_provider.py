"""oidc-provider-mock: a provider of OpenID Connect that lets people in by one click, as a process of its own."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sagews.config.provider import Provider as Settings
from tests.processes import wait_until
from tests.site.sign_in.browser import Browser, Page

ADA = '{"sub": "ada-1", "name": "Ada", "email": "ada@example.org", "email_verified": true}'
EVE = '{"sub": "eve-1", "name": "Eve", "email": "ada@example.org", "email_verified": false}'
TEXT = '{"sub": "tex-1", "name": "Tex", "email": "ada@example.org", "email_verified": "true"}'


class MockProvider:
    """One running provider."""

    def __init__(self, issuer: str, secret: Path) -> None:
        self.issuer = issuer
        self._secret = secret

    def settings(self, name: str = "campus") -> Settings:
        return Settings(name=name, issuer=self.issuer, client_id="client-1", client_secret_file=str(self._secret))

    async def agree(self, browser: Browser, page: Page, person: str) -> Page:
        """Sign in at the provider, which `page` leads to, and say yes; return what leads back."""
        return await browser.submit(await browser.get(page.location), sub=person)

    async def deny(self, browser: Browser, page: Page) -> Page:
        return await browser.submit(await browser.get(page.location), action="deny")


@contextmanager
def running_mock_provider(folder: Path) -> Iterator[MockProvider]:
    """Run one on a free port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    secret = folder / "mock-secret"
    secret.write_text("s3cret:with%signs")
    secret.chmod(0o600)
    people = [part for person in (ADA, EVE, TEXT) for part in ("--user-claims", person)]
    command = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port), "--require-nonce", *people]
    with (folder / "mock-provider.log").open("wb") as said:
        # It is written for an older Authlib, whose words about that are not ours.
        environment = {**os.environ, "PYTHONWARNINGS": "ignore"}
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=said, stderr=said, env=environment)
    try:
        wait_until(lambda: _answers(port), 30, "the provider answers")
        yield MockProvider(f"http://127.0.0.1:{port}", secret)
    finally:
        process.terminate()
        process.wait(10)


def _answers(port: int) -> bool:
    with socket.socket() as sock:
        return sock.connect_ex(("127.0.0.1", port)) == 0
