"""Workspaces as a backend serves them: git repositories that the database keeps, and local copies of them."""
