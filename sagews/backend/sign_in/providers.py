"""The providers of a site, by their names."""

from collections.abc import Mapping

from sagews.backend.sign_in.outgoing import Outgoing
from sagews.backend.sign_in.provider import Provider
from sagews.config.provider import Provider as Settings
from sagews.config.site import Site


def providers_of(site: Site, outgoing: Outgoing) -> Mapping[str, Provider]:
    """Return the providers in the order of the page. Raises ConfigurationError for a secret's file that is not fit."""
    return {settings.name: _provider(settings, outgoing) for settings in site.provider}


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
