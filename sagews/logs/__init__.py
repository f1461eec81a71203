"""Log files as records: which files there are, where a record begins and ends, and what it says."""
