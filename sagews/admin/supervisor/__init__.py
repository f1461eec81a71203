"""A machine's supervisord: its configuration, its start, and what is asked of it."""
