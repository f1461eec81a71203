"""Whether an address to listen on can be reached from this machine alone: what needs a token rests on it."""

import ipaddress


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a server that listens there; false for any name but localhost."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
