"""`sagews admin render`: every generated configuration, shown or written below a directory."""

from collections.abc import Callable, Sequence
from pathlib import Path

from sagews.admin.program import WrittenFile
from sagews.admin.programs import programs
from sagews.config.load import load
from sagews.config.placement import machines
from sagews.errors import ConfigurationError


def render(config: Path | None, names: Sequence[str], output: Path | None, say: Callable[[str], None]) -> None:
    """Show what is generated for services or kinds, or for all; or write it below `output`, a directory a machine.

    Raises ConfigurationError.
    """
    site = load(config)
    found = {each.name: programs(site, each.name) for each in machines(site)}
    known = {word for several in found.values() for program in several for word in (program.name, program.kind)}
    if unknown := sorted(set(names) - known):
        raise ConfigurationError("is no service of the site", unknown[0], f"it has {', '.join(sorted(known))}")
    for machine, several in found.items():
        for program in several:
            for file in program.files if not names or {program.name, program.kind} & set(names) else ():
                if file.secret:
                    say(f"# ---- {program.name}: {file.path} holds a secret")
                    continue
                _show(machine, program.name, file, say) if output is None else _write(output / machine, file, say)


def _show(machine: str, service: str, file: WrittenFile, say: Callable[[str], None]) -> None:
    of = f"{service} of {machine}" if machine else service
    say(f"# ---- {of}: {file.path}\n{file.text}")


def _write(folder: Path, file: WrittenFile, say: Callable[[str], None]) -> None:
    path = folder.joinpath(*file.path.parts[1:])
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(file.text)
        path.chmod(file.mode)
    except OSError as error:
        raise ConfigurationError(
            f"cannot be written ({error.strerror})", str(path), "choose another --output"
        ) from error
    say(str(path))
