"""What gives a session its files before it evaluates anything: `session_files.py` does, told by who attends it."""

from collections.abc import Awaitable, Callable

from sagews.database.worksheet_sessions import WorksheetSession

Furnish = Callable[[WorksheetSession], Awaitable[None]]
"""Gives an open session its files. Raises ServiceError while the database is away."""
FURNISHINGS = 5
"""Times that it is tried while the database is away."""
