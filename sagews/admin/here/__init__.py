"""This machine's part of a site: the difference between its programs and what runs, closed."""
