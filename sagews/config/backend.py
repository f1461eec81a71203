"""The settings of backends."""

import msgspec

from sagews.config.language import Language


class Backend(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """Table `[backend]`: where pages are served and who may ask."""

    name: str = "backend1"
    """Its name, by which the status of the site calls it. Backends of `[[machine]]` have theirs."""
    host: str = "127.0.0.1"
    """Address to listen on. One that is not loopback needs a token, which the start prints."""
    port: int = 8080
    """TCP port to listen on. Several backends of one `[[machine]]` take this one and those that follow."""
    hosts: list[str] = []
    """Names by which browsers may address this site, beside `localhost`, IP addresses and `host`."""
    origins: list[str] = []
    """Origins of other sites (`https://book.example.org`) whose pages may use this one."""
    trusted_proxies: list[str] = []
    """Addresses and networks (`10.0.0.5`, `10.1.0.0/16`) of the proxies in front. What they say of the client is
    believed (`Forwarded` or `X-Forwarded-For`; the PROXY header), and what anybody else says is not."""
    proxy_protocol: bool = False
    """Every connection begins with a PROXY header, version 1 or 2, and comes from one of `trusted_proxies`."""
    language: Language = Language.ENGLISH
    """In which language pages are for readers who have chosen none, and whose browsers want none of those that there
    are: `en`, `de`, `es`, `fr` or `zh-Hans`."""
    public: bool = False
    """Whoever comes may use this site, without an access token, also where other machines reach it. Behind a balancer
    of `[[machine]]` it is so."""
    https: bool = False
    """Browsers reach this site by HTTPS alone, through proxies that need not say so."""
    directory: str = ""
    """Directory of what backends alone read and write: the access token, the keys of tickets, a database that is a
    file. Empty: the data directory; for a site that root starts with `sagews admin`, `backend` in it."""
    idle_links: int = 2
    """Links to each worker that are kept ready, so that no handshake is on the way of an evaluation."""
    workers: list[str] = []
    """The workers that it uses: `unix:PATH`, or `HOST:PORT` of another machine. None named: this machine's own."""
    neighbours: dict[str, str] = {}
    """Name and `HOST:PORT` of each other backend of the site, whom this one asks when its status is wanted. Those of
    `[[machine]]` are known."""
    waiting: int = 200
    """Requests for a session that may wait in line while every worker is full. 0: none waits."""
    waiting_seconds: float = 120.0
    """Seconds that a request may wait in line."""
    workspace_copies: int = 4 << 30
    """Bytes on disk of copies of workspaces that are kept in `workspaces` in its directory, so that not each use reads
    all of one from the database. Beyond them those go that were not used for longest; one in use stays, however large
    it is."""
    drain_seconds: float = 30.0
    """Seconds over which the readers of a backend are told to move to another one after a SIGTERM, before it ends."""
