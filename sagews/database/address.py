"""Where the database is: what the settings say, as SQLAlchemy's URL. Thinking only, no I/O."""

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from sagews.config.site import Site
from sagews.errors import ConfigurationError


def database_url(site: Site, password: str = "") -> URL:
    """Return the address of the site's database, the password of PostgreSQL in it. Raises ConfigurationError."""
    if not site.database.url:
        return URL.create("sqlite+aiosqlite", database=str(site.database_file))
    try:
        url = make_url(site.database.url)
    except (ArgumentError, ValueError) as error:
        # The text itself may hold a password that is in the wrong place.
        raise ConfigurationError(
            "is not the address of a database",
            "setting 'database.url'",
            "write postgresql+asyncpg://USER@HOST:PORT/NAME",
        ) from error
    return url.set(password=password) if password else url
