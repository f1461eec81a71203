"""The first process of a machine of the network: mounts its volumes, keeps its sshd, collects who has ended.

Its /etc is a copy, so that it has users of its own. Arguments: its name, how many
volumes it has, PATH=OPTIONS of each, and sshd's command. It says `ready`, and
ends with everything on the machine when its stdin ends.
"""

import os
import select
import socket
import subprocess
import sys


def main(name: str, volumes: list[str], sshd: list[str]) -> None:
    """Be the first process."""
    socket.sethostname(name)
    for volume in volumes:
        path, _, options = volume.partition("=")
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", path], check=True)
    own_settings(volumes[0].partition("=")[0])
    server = start(sshd)
    print("ready", flush=True)
    while not select.select([0], [], [], 0.1)[0]:
        for process in ended():
            if process == server:
                server = start(sshd)


def own_settings(volume: str) -> None:
    """Have /etc be a copy, which is on a volume until it is in its place."""
    place = os.path.join(volume, "etc")
    os.mkdir(place)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=32m,mode=0755", "none", place], check=True)
    subprocess.run(["cp", "-a", "/etc/.", place], check=True)
    subprocess.run(["mount", "--bind", place, "/etc"], check=True)
    subprocess.run(["umount", place], check=True)
    os.rmdir(place)


def start(command: list[str]) -> int:
    """Start sshd, which says on stderr what is wrong."""
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL).pid


def ended() -> list[int]:
    """Collect all children that have ended: those of others too, which the kernel has made its own."""
    found: list[int] = []
    while True:
        try:
            process, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return found
        if not process:
            return found
        found.append(process)


if __name__ == "__main__":
    count = int(sys.argv[2])
    main(sys.argv[1], sys.argv[3 : 3 + count], sys.argv[3 + count :])
