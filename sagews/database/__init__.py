"""What a site keeps in its database: one set of tables, in SQLite on a laptop and in PostgreSQL by URL."""
