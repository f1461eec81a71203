"""Books and libraries of others, brought for the run: `make test-conformance PRETEXT=FOLDER SAGECELL=FOLDER`."""
