"""Languages of cells that are not the environment's own: a row of a table for each, and what runs code by it."""
