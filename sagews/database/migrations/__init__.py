"""The migrations of the database, for Alembic; `sagews/database/migration.py` runs them."""
