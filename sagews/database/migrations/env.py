"""What Alembic runs to migrate: on the connection, and in the transaction, that it was given."""

from alembic import context

from sagews.database.tables import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA)
context.run_migrations()
