"""Logs: records by the day on which they came, how far each file was read, and what was lost."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "r0002"
down_revision = "r0001"

UPKEEP = """
CREATE FUNCTION log_upkeep(days integer) RETURNS date
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, {schema}, pg_temp SET lock_timeout = '5s' AS $$
DECLARE
    today date := (now() AT TIME ZONE 'UTC')::date;
    first date := today - greatest(days, 1);
    since double precision := extract(epoch FROM first::timestamp AT TIME ZONE 'UTC');
    day date;
    name text;
BEGIN
    PERFORM pg_advisory_xact_lock(1516140404);
    FOREACH day IN ARRAY ARRAY[today, today + 1] LOOP
        name := 'log_record_' || to_char(day, 'YYYYMMDD');
        IF to_regclass(format('%I.%I', '{bare}', name)) IS NULL THEN
            EXECUTE format(
                'CREATE TABLE %I.%I PARTITION OF log_record FOR VALUES FROM (%L) TO (%L)', '{bare}', name, day, day + 1
            );
        END IF;
    END LOOP;
    FOR name IN
        SELECT relname FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
        WHERE inhparent = 'log_record'::regclass AND relname ~ '^log_record_[0-9]{{8}}$'
        AND to_date(right(relname, 8), 'YYYYMMDD') < first
    LOOP
        EXECUTE format('DROP TABLE %I.%I', '{bare}', name);
    END LOOP;
    DELETE FROM log_gap WHERE "time" < since;
    DELETE FROM log_position WHERE done AND seen < since;
    RETURN today;
END
$$
"""
"""Makes the partitions of today and tomorrow and drops those that are too old. Whoever calls it need not own them."""


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "log_position",
        sa.Column("file", sa.BigInteger(), primary_key=True, autoincrement=True),
        sa.Column("machine", sa.Text(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("device", sa.BigInteger(), nullable=False),
        sa.Column("inode", sa.BigInteger(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.Column("head", sa.LargeBinary(), nullable=False),
        sa.Column("tail", sa.LargeBinary(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("done", sa.Boolean(), nullable=False),
        sa.Column("seen", sa.Double(), nullable=False),
    )
    op.create_index("log_position_identity", "log_position", ["machine", "device", "inode", "generation"], unique=True)
    op.create_table(
        "log_record",
        sa.Column("day", sa.Date(), primary_key=True),
        sa.Column("file", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("offset", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("machine", sa.Text(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("time", sa.Double(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("data", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True),
        sa.Column("cut", sa.BigInteger(), nullable=False),
        postgresql_partition_by="RANGE (day)",
    )
    op.create_index("log_record_time", "log_record", ["time"])
    op.create_table(
        "log_gap",
        sa.Column("file", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("offset", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("machine", sa.Text(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("time", sa.Double(), nullable=False),
    )
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        schema = str(connection.scalar(sa.text("SELECT current_schema()")))
        if not schema.replace("_", "").isalnum():
            raise ValueError(f"the schema {schema!r} has an odd name")
        connection.exec_driver_sql(UPKEEP.format(schema=f'"{schema}"', bare=schema))
        connection.exec_driver_sql("REVOKE EXECUTE ON FUNCTION log_upkeep(integer) FROM PUBLIC")


def downgrade() -> None:
    """Drop the tables, with all that is in them."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION log_upkeep(integer)")
    for table in ("log_gap", "log_record", "log_position"):
        op.drop_table(table)
