"""The settings of logwatch, which brings the services' logs into the database."""

import msgspec

from sagews.config.source import Source
from sagews.errors import ConfigurationError

LEAST_RECORD = 1024
MOST_RECORD = 1 << 20


class Logwatch(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Table `[logwatch]`: how the logs of services come into the database, where that is PostgreSQL."""

    days: int = 14
    """Days for which records stay in the database. Those of a whole day leave at once."""
    batch: int = 2000
    """Records that one transaction brings, about."""
    longest_record: int = 65_536
    """Bytes of a record that are kept; what is longer is cut, and the record says by how much."""
    settle_seconds: float = 1.0
    """Seconds after which no more lines are expected to belong to the last record of a log."""
    drain_seconds: float = 5.0
    """Seconds that logwatch has, when it is told to end, to bring what is left."""


def check_logwatch(settings: Logwatch, source: Source) -> None:
    """Refuse what makes no sense. Raises ConfigurationError."""
    if settings.days < 1:
        raise ConfigurationError(
            "setting 'logwatch.days': is below 1", source("logwatch", "days"), "use a number of days"
        )
    if not 1 <= settings.batch <= 100_000:
        what = "setting 'logwatch.batch': is not between 1 and 100000"
        raise ConfigurationError(what, source("logwatch", "batch"), "use about 2000")
    if not LEAST_RECORD <= settings.longest_record <= MOST_RECORD:
        raise ConfigurationError(
            f"setting 'logwatch.longest_record': is not between {LEAST_RECORD} and {MOST_RECORD}",
            source("logwatch", "longest_record"),
            "use about 65536",
        )
    for name in ("settle_seconds", "drain_seconds"):
        if not 0 <= getattr(settings, name) <= 3600:
            what = f"setting 'logwatch.{name}': is no number of seconds up to an hour"
            raise ConfigurationError(what, source("logwatch", name), "correct its value")
