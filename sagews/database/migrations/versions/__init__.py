"""One file for each revision of the tables, named after it. A revision that was released never changes."""
