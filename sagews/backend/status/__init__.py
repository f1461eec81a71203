"""The page `/status`: a site's machines, services and figures, for those who run it."""
