"""The settings of stunnel, which speaks TLS with browsers in HAProxy's place."""

import msgspec


class Stunnel(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Table `[stunnel]`: the stunnel beside each balancer, where `haproxy.tls` is `stunnel`. It listens on
    `haproxy.https_port`.
    """

    port: int = 7443
    """TCP port of the loopback on which HAProxy takes what stunnel has decrypted. Whoever reaches it can claim to come
    from any address: only programs of this machine do."""
    program: str = ""
    """Path of stunnel. Empty: looked for where systems have it."""
