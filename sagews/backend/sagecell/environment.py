"""In which environment the code of SageMathCell's pages and programs runs."""

from sagews.backend.workers import Workers
from sagews.config.site import Site


class Choice:
    """The site's setting, or else the first environment that speaks Sage, or else the first."""

    def __init__(self, site: Site, workers: Workers) -> None:
        self._named = site.sagecell.environment
        self._first = site.environment[0].name
        self._workers = workers

    def __call__(self) -> str:
        """Return its name; which languages an environment has, workers say."""
        if self._named:
            return self._named
        spoken = self._workers.languages.items()
        return next((name for name, languages in spoken if languages[:1] == ["sage"]), self._first)
