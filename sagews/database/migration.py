"""Brings the tables to the newest revision. The only file that needs Alembic; it is imported when there is news.

Two that migrate at once: the second waits, and finds nothing left to do. In
SQLite every transaction is a writer's; in PostgreSQL an advisory lock, which
the end of the transaction frees, stands for the tables that are not there yet.
"""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

LOCK = 0x5A6E_7773
"""Number of the advisory lock: any that nothing else in the database takes."""


def upgrade(connection: Connection) -> None:
    """Run what has not been run yet, inside of the connection's transaction."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
