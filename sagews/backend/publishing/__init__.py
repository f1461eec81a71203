"""Publishing: worksheets as pages that anybody can read, in the database and served from there."""
