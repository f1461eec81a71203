"""The worker: admits sessions, limits them, keeps their events, and ends them with all they started."""
