"""What is brought to a machine can be read by those of its services that may, and found by nobody else."""

import os
from pathlib import Path

from sagews.admin.here.belongings import bring
from sagews.admin.here.orders import Brought


def test_users_of_services_pass_a_directory_that_is_made_for_what_is_brought(tmp_path: Path) -> None:
    """A logwatch reads the authority where no backend has opened the directory before."""
    folder = tmp_path / "data/certificates"
    files = (
        Brought(path=str(folder / "worker-key.pem"), text="secret", mode=0o600),
        Brought(path=str(folder / "authority.pem"), text="public", mode=0o644),
    )
    assert bring(files, lambda _: None) == 0
    modes = {path.name: path.stat().st_mode & 0o777 for path in (folder, *folder.iterdir())}
    open_for_some = 0o711 if os.getuid() == 0 else 0o700
    assert modes == {"certificates": open_for_some, "worker-key.pem": 0o600, "authority.pem": 0o644}
