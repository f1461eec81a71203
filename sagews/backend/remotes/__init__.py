"""Workspaces as remotes of git: `/git/WORKSPACE.git`, to clone, to fetch and to push."""
