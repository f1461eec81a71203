"""sagews serves live mathematics: cells of code, evaluated in isolated sessions, from one command."""

__version__ = "0.1.0"
