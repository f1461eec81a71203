"""Notebooks as bytes of files, in and out: thinking only, nothing here opens a file, a socket or the database."""
