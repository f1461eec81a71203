"""What is wrong with the settings of SageMathCell's interfaces whose types are right. Thinking only, no I/O."""

import math

from sagews.config.site import Site
from sagews.config.source import Source
from sagews.errors import ConfigurationError
from sagews.protocol import MAX_CODE


def check_sagecell(site: Site, source: Source) -> None:
    """Raise ConfigurationError for an environment that there is not, and for bounds that are none."""
    settings = site.sagecell
    known = [environment.name for environment in site.environment]
    if settings.environment and settings.environment not in known:
        raise ConfigurationError(
            f"setting 'sagecell.environment': there is no environment {settings.environment!r}",
            source("sagecell", "environment"),
            f"name one of {', '.join(known)}",
        )
    if not 1 <= settings.service_bytes <= MAX_CODE:
        raise ConfigurationError(
            f"setting 'sagecell.service_bytes': is not between 1 and {MAX_CODE:,}",
            source("sagecell", "service_bytes"),
            "correct its value",
        )
    if not 0 < settings.service_seconds < math.inf:
        raise ConfigurationError(
            "setting 'sagecell.service_seconds': is not above 0", source("sagecell", "service_seconds"), "use 30"
        )
