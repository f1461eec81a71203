"""The page in real browsers: what a reader sees and does."""
