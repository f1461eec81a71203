"""Accounts, in the backend."""
