"""What this machine allows: every wall and limit, tried by doing in processes that are thrown away."""
