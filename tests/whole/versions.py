"""The program in two versions, each in an environment of its own: this one, and a later one with one more table."""

import shutil
import subprocess
from pathlib import Path

from sagews.database.tables import REVISION
from tests.site.ordinary_user import ROOT, readable_environment

LATER = "r9000"
"""The revision of the later version's tables."""
MIGRATION = f'''"""Later."""

import sqlalchemy as sa
from alembic import op

revision = "{LATER}"
down_revision = "{REVISION}"


def upgrade() -> None:
    """Make the table."""
    op.create_table("later", sa.Column("id", sa.Text(), primary_key=True))
'''
BUILD = "from sagews.admin.build import build; print(build())"


def this_version(folder: Path) -> str:
    """Make the environment of this version below a folder, named as its build is; return the build."""
    return _environment(folder, ROOT)


def later_version(folder: Path) -> str:
    """Make that of a version to come, which has another table."""
    root = folder / "later"
    shutil.copytree(ROOT / "sagews", root / "sagews", ignore=shutil.ignore_patterns("__pycache__"))
    database = root / "sagews" / "database"
    (database / "migrations" / "versions" / f"{LATER}_later.py").write_text(MIGRATION)
    tables = database / "tables.py"
    text = tables.read_text()
    assert f'"{REVISION}"' in text
    tables.write_text(text.replace(f'"{REVISION}"', f'"{LATER}"'))
    return _environment(folder, root)


def _environment(folder: Path, root: Path) -> str:
    draft = folder / "draft"
    python = readable_environment(draft)
    (packages,) = draft.glob("lib/python3*/site-packages")
    beside = packages / "beside.pth"
    *others, own = beside.read_text().splitlines()
    assert own == str(ROOT)
    beside.write_text("\n".join([*others, str(root), ""]))
    program = draft / "bin" / "sagews"
    program.write_text('#!/bin/sh\nexec "$(dirname "$(readlink -f "$0")")/python" -P -m sagews "$@"\n')
    program.chmod(0o755)
    (draft / ".complete").touch()
    asked = subprocess.run([python, "-I", "-c", BUILD], capture_output=True, text=True, timeout=60, check=True)
    build = asked.stdout.strip()
    draft.rename(folder / build)
    return build
