"""Binds a TCP port, becomes a user, and turns into a program that takes the socket (sd_listen_fds(3)).

`python bound.py HOST PORT USER PROGRAM ARGUMENT…`. Standard library only; a
script, with no module of sagews. For programs that bind their port again when
they read their configuration: without rights they could not, and connections
of that moment would be refused. An empty USER: nobody else than now.
"""

import os
import pwd
import socket
import sys

FIRST = 3
"""The descriptor by which the program finds the socket."""
BACKLOG = 1024


def main(host: str, port: str, user: str, *command: str) -> None:
    """Do so; raises OSError where the port cannot be had, KeyError for no user."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, int(port)))
        listening.listen(BACKLOG)
        if listening.fileno() == FIRST:
            os.set_inheritable(FIRST, True)
        else:
            os.dup2(listening.fileno(), FIRST)
        if user:
            who = pwd.getpwnam(user)
            os.initgroups(user, who.pw_gid)
            os.setgid(who.pw_gid)
            os.setuid(who.pw_uid)
        os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()))
        os.execv(command[0], command)  # noqa: S606  # the program of this machine's configuration


if __name__ == "__main__":
    main(*sys.argv[1:])
