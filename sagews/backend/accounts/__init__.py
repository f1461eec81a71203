"""People: who is signed in, their pages, and those of who runs the site."""
