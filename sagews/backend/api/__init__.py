"""The HTTP API, `/api/v1`: each route declared once, with its shapes, from which it is served and described."""
