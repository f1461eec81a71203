"""The providers of a site, by their names."""

from collections.abc import Mapping

from sagews.backend.sign_in.outgoing import Outgoing
from sagews.backend.sign_in.provider import Provider
from sagews.config.provider import Provider as Settings
from sagews.config.provider import is_local
from sagews.config.site import Site


def providers_of(site: Site, outgoing: Outgoing) -> Mapping[str, Provider]:
    """Return the providers in the order of the page. Raises ConfigurationError for a secret's file that is not fit."""
    return {settings.name: _provider(settings, outgoing) for settings in site.provider}


def form_action(site: Site) -> str:
    """Return where forms of the page with the buttons may lead, for its Content-Security-Policy.

    Browsers hold the redirect after a form to it, too, and those that a
    provider sends on with; of providers only the scheme is known beforehand.
    """
    local = any(provider.issuer and is_local(provider.issuer) for provider in site.provider)
    return "'self' https:" + (" http://127.0.0.1:* http://localhost:*" if local else "")


def _provider(settings: Settings, outgoing: Outgoing) -> Provider:
    # Each is loaded only where it is used: a laptop has none, and starts without them.
    if settings.kind == "github":
        from sagews.backend.sign_in.github import GitHub

        return GitHub(settings, outgoing)
    if settings.kind == "facebook":
        from sagews.backend.sign_in.facebook import Facebook

        return Facebook(settings, outgoing)
    from sagews.backend.sign_in.oidc import OpenID

    return OpenID(settings, outgoing)
