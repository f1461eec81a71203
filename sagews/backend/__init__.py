"""The backend: serves the pages and carries messages between browsers and workers."""
