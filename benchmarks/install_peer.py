"""Makes `.venv-peer`, where jupyter_server lives; does nothing if it is there in these versions."""

import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = Path(__file__).with_name("peer-requirements.txt")
PEER = ROOT / ".venv-peer"


def main() -> None:
    """Install the peer unless the stamp says that it is installed."""
    stamp = PEER / ".installed"
    wanted = REQUIREMENTS.read_text()
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    venv.create(PEER, with_pip=True, clear=True)
    pip = [str(PEER / "bin" / "python"), "-m", "pip", "install", "--requirement", str(REQUIREMENTS)]
    status = subprocess.run(pip, check=False).returncode
    if status:
        sys.exit(status)
    stamp.write_text(wanted)


if __name__ == "__main__":
    main()
