"""`sagews admin backup` and `restore`: what belongs to a site, into one file and back."""

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from sagews.admin.backup import archive, database_copy
from sagews.admin.deadline import Deadline
from sagews.admin.directories import own_site
from sagews.admin.fleet.tunnel import within_reach
from sagews.admin.supervisor.asking import DOWN, Supervisor
from sagews.admin.supervisor.places import Places
from sagews.config.load import parse, text_of
from sagews.config.placement import placed
from sagews.config.servers import postgresql
from sagews.config.site import Site
from sagews.errors import ConfigurationError, ServiceError
from sagews.service.access_token import FILE_NAME as ACCESS_TOKEN

CONFIGURATION = "sagews.toml"
FOLDERS = ("certificates", "secrets")
"""Folders of the data directory whose files are kept."""


def backup(
    target: Path,
    config: Path | None,
    data: Path | None,
    tell: Callable[[str], None],
    seconds: float,
    ssh_configuration: Path | None = None,
) -> None:
    """Write a site's backup, also while it runs. Raises SagewsError, with nothing written."""
    loaded = _loaded(config)
    with (
        tempfile.TemporaryDirectory(prefix=".sagews-backup-", dir=_folder(target)) as folder,
        within_reach(loaded, own_site(loaded, data), ssh_configuration) as site,
    ):
        files = _kept(site)
        if config is not None:
            files[CONFIGURATION] = config
        name = database_copy.copy(site, Path(folder), Deadline(seconds))
        if name is not None:
            files[name] = Path(folder) / name
        manifest = archive.write(target, files)
    tell(f"{target}: {len(manifest.members)} files, {target.stat().st_size} bytes, read back")
    if name is None:
        tell("there is no database yet")


def restore(
    source: Path,
    config: Path | None,
    data: Path | None,
    tell: Callable[[str], None],
    seconds: float,
    ssh_configuration: Path | None = None,
    *,
    replace: bool,
) -> None:
    """Put back what a backup has. Raises SagewsError; a backup that is damaged changes nothing."""
    parent = _folder(config if config is not None else source)
    with tempfile.TemporaryDirectory(prefix=".sagews-restore-", dir=parent) as name:
        folder = Path(name)
        manifest = archive.read(source, folder)
        copied = folder / CONFIGURATION
        new = config is not None and not config.exists()
        if new and not copied.exists():
            raise ConfigurationError("is not there, and the backup has none", str(config), "give a sagews.toml")
        loaded = _loaded(copied if new else config)
        site = own_site(loaded, data)
        _refuse_running(loaded, site)
        if not replace:
            _refuse_there(site, manifest)
        # Where root starts the site, services of other users get to their files below it.
        site.data.mkdir(mode=0o711 if os.getuid() == 0 else 0o700, parents=True, exist_ok=True)
        with within_reach(loaded, site, ssh_configuration) as reached:
            database_copy.put_back(reached, folder, Deadline(seconds), replace=replace)
        _put_back(site, folder, manifest)
        if new and config is not None:
            archive.put(copied, config, manifest.members[CONFIGURATION].mode)
            tell(f"{config}: restored")
    when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(manifest.at))
    tell(f"{site.data}: restored, as it was at {when}")


def _loaded(config: Path | None) -> Site:
    return parse("" if config is None else text_of(config), str(config or ""))


def _kept(site: Site) -> dict[str, Path]:
    """Return the files of the data directory that are kept, by their names in the backup."""
    found = {
        str(path.relative_to(site.data)): path for name in FOLDERS for path in sorted((site.data / name).rglob("*"))
    }
    found[ACCESS_TOKEN] = site.backend_data / ACCESS_TOKEN
    return {name: path for name, path in found.items() if path.is_file() and not path.is_symlink()}


def _place(site: Site, name: str) -> Path | None:
    """Return where a file of a backup belongs; None for what is put back in another way."""
    if name == ACCESS_TOKEN:
        return site.backend_data / name
    return site.data / name if name.split("/")[0] in FOLDERS else None


def _put_back(site: Site, folder: Path, manifest: archive.Manifest) -> None:
    for name, member in manifest.members.items():
        if (place := _place(site, name)) is not None:
            archive.put(folder / name, place, member.mode)


def _refuse_running(loaded: Site, site: Site) -> None:
    """See that nothing of the site runs on this machine but the database's own server. Raises ServiceError."""
    server = postgresql(placed(loaded))
    needed = "" if server is None else server.name
    supervisor = Supervisor(Places(site.data).socket)
    if supervisor.runs():
        names = [process.name for process in supervisor.processes().values() if process.state not in DOWN]
        if up := [name for name in names if name != needed]:
            hint = "sagews admin stop, then restore"
            hint = f"sagews admin stop, sagews admin start {needed}, then restore" if needed else hint
            raise ServiceError("runs", up[0], hint)


def _refuse_there(site: Site, manifest: archive.Manifest) -> None:
    for name in manifest.members:
        if (place := _place(site, name)) is not None and place.exists():
            raise ConfigurationError("is there", str(place), "give --replace to put the backup in its place")


def _folder(path: Path) -> Path:
    folder = path.absolute().parent
    if not folder.is_dir():
        raise ConfigurationError("is no directory", str(folder), "make it first")
    return folder
