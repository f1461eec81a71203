"""Workspaces over HTTP: `/api/v1/workspaces` and `/api/v1/imports`."""
