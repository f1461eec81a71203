"""The providers by which people sign in, and what is wrong with them. Thinking only, no I/O."""

import ipaddress
import re
from typing import Literal
from urllib.parse import urlsplit

import msgspec

from sagews.config.source import Source
from sagews.errors import ConfigurationError

MOST_PROVIDERS = 32
"""On one site: each is a button on the page where people sign in."""
MOST_ACR = 8
RESERVED = frozenset({"link", "invitation"})
"""Names that are addresses of the site's own below `/sign-in/`."""

_NAME = re.compile(r"[a-z][a-z0-9-]{0,31}")
_ACR = re.compile(r"[\x21-\x7e]{1,200}")
_LABELS = {"facebook": "Facebook", "github": "GitHub"}
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\]")


class Provider(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Table `[[provider]]`: somebody who says who a person is. Each is a button on the page where people sign in."""

    name: str
    """Lower-case letters, digits and hyphens: part of the address to which the provider sends people back,
    `/sign-in/NAME/callback`, which must be known to it. People are known by this name and what the provider calls
    them: under another name they would be strangers."""
    kind: Literal["oidc", "facebook", "github"] = "oidc"
    """`oidc` is any provider that speaks OpenID Connect: Google, Microsoft, Keycloak, a university's own."""
    label: str = ""
    """What the button says. Empty: `Facebook`, `GitHub`, or the name."""
    issuer: str = ""
    """Address of a provider that speaks OpenID Connect, as it calls itself: `https://accounts.google.com`. For
    `github`, the address of a GitHub Enterprise Server; empty: github.com."""
    client_id: str
    """By which the provider knows this site."""
    client_secret_file: str = ""
    """File with the secret that goes with it, which only the service's user can read, or root and group sagews (0640).
    Only a provider that speaks OpenID Connect may give none."""

    auth_time: bool = False
    """Whether a provider that speaks OpenID Connect always says when somebody signed in there, where it is asked to, as
    the standard wants it. Then it is always asked for it, who signs in [again](../how-to/accounts.md#sign-in-again)
    without it is refused, and who comes otherwise without it has not signed in lately. False: that time is looked at
    where there is one."""

    acr: list[str] = []
    """What a provider that speaks OpenID Connect has to say of how somebody signed in there, one of these, the best
    first (`acr`): it is asked for them, and who comes with none of them is refused. Of two factors universities mostly
    say `https://refeds.org/profile/mfa`. Empty: any way will do."""

    @property
    def shown(self) -> str:
        """What the button says."""
        return self.label or _LABELS.get(self.kind, self.name)


def check_providers(providers: list[Provider], source: Source) -> None:
    """Refuse providers with whom nobody could sign in. Raises ConfigurationError, with the line."""
    if len(providers) > MOST_PROVIDERS:
        what = f"has {len(providers)} providers"
        raise ConfigurationError(what, source("provider", MOST_PROVIDERS), f"have at most {MOST_PROVIDERS}")
    names = [provider.name for provider in providers]
    for index, provider in enumerate(providers):
        _check_name(provider.name, names[:index], source("provider", index, "name"))
        if (wrong := _wrong(provider)) is not None:
            setting, what, hint = wrong
            what = f"setting 'provider.{setting}' of {provider.name!r}: {what}"
            raise ConfigurationError(what, source("provider", index, setting), hint)


def _check_name(name: str, others: list[str], where: str) -> None:
    if not _NAME.fullmatch(name):
        hint = "use a lower-case letter, then at most 31 lower-case letters, digits and hyphens"
        raise ConfigurationError(f"setting 'provider.name': {name!r} is not a name", where, hint)
    if name in RESERVED:
        hint = "choose another one: /sign-in/" + name + " is an address of the site's own"
        raise ConfigurationError(f"setting 'provider.name': {name!r} is taken", where, hint)
    if name in others:
        raise ConfigurationError(f"two providers are called {name!r}", where, "rename one")


def _wrong(provider: Provider) -> tuple[str, str, str] | None:
    """Return which setting of a provider cannot be, why, and what to do; None if all is well."""
    if provider.label and not (provider.label.isprintable() and len(provider.label) <= 64):
        return "label", "is over 64 characters, or holds some that cannot be seen", "shorten it"
    if not (provider.client_id.isascii() and provider.client_id.isprintable() and 1 <= len(provider.client_id) <= 512):
        return "client_id", "is empty, or no plain text", "copy it from where the site is registered with the provider"
    if provider.kind != "oidc" and not provider.client_secret_file:
        return "client_secret_file", "is missing", "name a file with the secret, in mode 0600"
    if provider.kind == "facebook" and provider.issuer:
        return "issuer", "is not a setting of this kind", "leave it out"
    if provider.kind != "oidc" and (provider.auth_time or provider.acr):
        return "auth_time" if provider.auth_time else "acr", "is not a setting of this kind", "leave it out"
    if len(provider.acr) > MOST_ACR or not all(_ACR.fullmatch(each) for each in provider.acr):
        return "acr", f"is no list of at most {MOST_ACR} words without blanks", "write what the provider calls them"
    if provider.kind == "oidc" and not provider.issuer:
        return "issuer", "is missing", "write it as https://accounts.example.org"
    if provider.issuer and not is_issuer(provider.issuer):
        what = "is no https address without query"
        return "issuer", f"{provider.issuer!r} {what}", "write it as https://accounts.example.org"
    return None


def is_issuer(text: str) -> bool:
    """Whether a text can be an issuer (OpenID Connect Core 1.0, section 2): https, or http on this very machine."""
    return is_endpoint(text, local=True) and not set(text) & set("?#")


def is_endpoint(text: str, *, local: bool) -> bool:
    """Whether a text is an address that may be told a secret; `local`: of this very machine also without TLS."""
    if not (text.isascii() and text.isprintable() and len(text) <= 1024) or set(text) & set(' \\"<>^`{|}'):
        return False
    try:
        url = urlsplit(text)
        port = url.port
    except ValueError:
        return False
    plain = url.scheme == "http" and local and is_local(text)
    named = _HOST.fullmatch(url.netloc.removesuffix(f":{port}")) is not None
    return (url.scheme == "https" or plain) and named and not url.fragment


def is_local(url: str) -> bool:
    """Whether an address is one of this very machine."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
