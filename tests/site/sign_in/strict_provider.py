"""npm's oidc-provider: a strict provider of OpenID Connect, as a process of its own (strict_provider.mjs)."""

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sagews.config.provider import Provider as Settings
from tests.processes import wait_until
from tests.site.sign_in.browser import Browser, Page

HERE = Path(__file__).parent
PACKAGES = HERE.parents[2] / "web" / "node_modules"


class StrictProvider:
    """One running provider."""

    def __init__(self, issuer: str, secret: Path) -> None:
        self.issuer = issuer
        self._secret = secret

    def settings(self, name: str = "campus") -> Settings:
        return Settings(name=name, issuer=self.issuer, client_id="client-1", client_secret_file=str(self._secret))

    async def agree(self, browser: Browser, page: Page, person: str) -> Page:
        """Sign in at the provider, which `page` leads to, and say yes; return what leads back."""
        page = await browser.get(page.location)
        for _ in range(12):
            if page.status in (302, 303):
                if not page.location.startswith(self.issuer):
                    return page
                page = await browser.get(page.location)
            else:
                assert page.status == 200, page.text
                page = await browser.submit(page, login=person, password="any")
        raise AssertionError("the provider asks for ever")

    async def deny(self, browser: Browser, page: Page) -> Page:
        page = await browser.get(page.location)
        page = await browser.get(page.location)
        abort = re.search(r'href="([^"]*/abort)"', page.text)
        assert abort is not None, page.text
        page = await browser.get(abort[1])
        return await browser.get(page.location)


@contextmanager
def running_strict_provider(folder: Path, redirect_uri: str) -> Iterator[StrictProvider]:
    """Run one on a free port, for one client that may come back to one address."""
    assert (PACKAGES / "oidc-provider").is_dir(), "oidc-provider is not installed: cd web && npm ci"
    secret = folder / "strict-secret"
    secret.write_text("s3cret:with%signs and more")
    secret.chmod(0o600)
    command = ["node", str(HERE / "strict_provider.mjs"), str(PACKAGES), str(secret), redirect_uri]
    log = folder / "strict-provider.log"
    with log.open("wb") as said:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=said, stderr=said)
    assert process.stdin is not None
    try:
        wait_until(lambda: b"ready " in log.read_bytes(), 30, "the provider is ready")
        port = re.search(rb"ready (\d+)", log.read_bytes())
        assert port is not None
        yield StrictProvider(f"http://127.0.0.1:{port[1].decode()}", secret)
    finally:
        process.stdin.close()
        process.wait(10)
