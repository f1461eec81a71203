"""Brings the program, and what services of a machine need, to the other machines of a site."""
