"""The providers of a site: each by its kind, with its secret."""

from pathlib import Path

import pytest

from sagews.backend.sign_in.facebook import Facebook
from sagews.backend.sign_in.github import GitHub
from sagews.backend.sign_in.oidc import OpenID
from sagews.backend.sign_in.outgoing import Outgoing
from sagews.backend.sign_in.providers import providers_of
from sagews.config.provider import Provider
from sagews.config.site import Site
from sagews.errors import ConfigurationError

GOOGLE = Provider(name="google", issuer="https://accounts.google.com", client_id="c")


def test_each_has_its_kind_and_its_place(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("s")
    secret.chmod(0o600)
    others = [
        Provider(name=name, kind=kind, client_id="c", client_secret_file=str(secret))  # type: ignore[arg-type]
        for name, kind in (("f", "facebook"), ("g", "github"))
    ]
    found = providers_of(Site(provider=[*others, GOOGLE]), Outgoing())
    assert [(name, type(each)) for name, each in found.items()] == [("f", Facebook), ("g", GitHub), ("google", OpenID)]
    assert [each.label for each in found.values()] == ["Facebook", "GitHub", "google"]


def test_a_secret_that_is_not_there_is_said_at_the_start(tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    site = Site(provider=[Provider(name="g", kind="github", client_id="c", client_secret_file=str(missing))])
    with pytest.raises(ConfigurationError, match=str(missing)):
        providers_of(site, Outgoing())
