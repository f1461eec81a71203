"""Starts, stops and shows the services of a site."""
