"""The walls of a session, each tried by an attack."""
