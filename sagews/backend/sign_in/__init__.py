"""Signing in with a provider: off to it with a fresh state, and back once with its word on who somebody is."""
