"""Open worksheets: what several people write at the same time, checked, kept before it is acknowledged, and told on."""
