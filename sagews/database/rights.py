"""Who may do what in PostgreSQL, where each service has a role of its own."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from sagews.config.postgresql import BACKEND, LOGWATCH

OWN = (
    *("permalink", "account", "identity", "login", "login_end", "api_token", "sign_in", "sign_in_link", "invitation"),
    *("quota", "usage", "workspace", "git_ref", "git_pack", "git_pack_chunk", "workspace_turn"),
    *("workspace_member", "workspace_link", "publication", "publication_chunk"),
    *("worksheet", "worksheet_update", "evaluation", "output", "worksheet_session", "worksheet_file"),
    *("worksheet_merge", "worksheet_merge_update", "given_files", "git_arrival"),
)
"""Tables in which backends do what they like."""
RIGHTS = {
    BACKEND: (
        "SELECT ON alembic_version",
        *(f"SELECT, INSERT, UPDATE, DELETE ON {table}" for table in OWN),
        # What was done stays written down, but for what is too old.
        "SELECT, INSERT, DELETE ON audit",
        "USAGE ON SEQUENCE login_end_id_seq",
        "USAGE ON SEQUENCE audit_id_seq",
    ),
    LOGWATCH: (
        "SELECT ON alembic_version",
        "SELECT, INSERT, UPDATE ON log_position",
        "INSERT ON log_record",
        "INSERT ON log_gap",
        "USAGE ON SEQUENCE log_position_file_seq",
        "EXECUTE ON FUNCTION log_upkeep(integer)",
    ),
}
"""What each role may do, and nothing else; the tables are those of this version."""


async def grant(connection: AsyncConnection) -> None:
    """Give their rights to those of these roles that are there."""
    if connection.dialect.name != "postgresql":
        return
    known = set(await connection.scalars(text("SELECT rolname FROM pg_roles")))
    for role in sorted(RIGHTS.keys() & known):
        for right in RIGHTS[role]:
            await connection.execute(text(f"GRANT {right} TO {role}"))
