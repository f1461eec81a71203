"""Environments whose interpreter and packages one command installs, in a directory of their own."""
