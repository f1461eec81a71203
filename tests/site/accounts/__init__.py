"""Accounts on running sites: who is signed in, and what they reach."""
