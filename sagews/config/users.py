"""The Unix users of services where root starts a site, and their group. Thinking only, no I/O."""

BACKEND_USER = "sagews-backend"
"""The user of backends."""
LOGWATCH_USER = "sagews-logwatch"
"""The user of those who bring logs."""
GROUP = "sagews"
"""The group of both: what it may read, such as the site's settings, all services of sagews may."""
GROUPS = frozenset({GROUP, BACKEND_USER, LOGWATCH_USER})
"""Groups that have no members but services of sagews; each user has one of its own name."""
