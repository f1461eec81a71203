"""Repositories of other sites, of which workspaces are made: fetched over HTTPS, where this site allows it."""
