"""The database's own clock, for what several backends compare: their clocks may differ."""

from typing import Any

from sqlalchemy import Double
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import ColumnElement


class Now(ColumnElement[float]):
    """Seconds since the epoch as a part of a statement, to the millisecond, when that is carried out."""

    type = Double()
    inherit_cache = True


@compiles(Now, "postgresql")
def _of_postgresql(element: Now, compiler: Any, **how: Any) -> str:
    # `now()` is when the transaction began.
    return "CAST(extract(epoch FROM clock_timestamp()) AS double precision)"


@compiles(Now, "sqlite")
def _of_sqlite(element: Now, compiler: Any, **how: Any) -> str:
    # 1970-01-01 as a Julian day.
    return "((julianday('now') - 2440587.5) * 86400.0)"
