r"""Where somebody goes who has signed in: a page of our own, whatever a request asks for. Thinking only, no I/O.

Browsers take more for the address of another host than the standard of URLs
says, and read `\` as `/`; a proxy on the way may resolve `..`, join slashes or
decode `%2f`. So nothing is allowed that any of them could turn into such an
address: a path begins with one slash, and what stands between two slashes is
neither empty nor dots, however it is encoded.

Sources: RFC 3986, 3.3 and 4.2; URL standard, 4.4 (basic URL parser).
"""

import re
from urllib.parse import unquote_to_bytes

HOME = "/"
"""Where they go otherwise."""
LONGEST = 2048
"""Characters: a link to code is longer than a page should be that somebody comes back to."""

_PLAIN = re.compile(
    r"/(?P<path>[A-Za-z0-9._~!$&'()*+,;=:@%/-]*)(\?[A-Za-z0-9._~!$&'()*+,;=:@%/?-]*)?"
    r"(#[A-Za-z0-9._~!$&'()*+,;=:@%/?-]*)?"
)
_DECODINGS = 3
"""How often a path is decoded: proxies that do it at all do it once, and some twice."""


def own_path(text: str) -> str:
    """Return a path of ours with its query and fragment, ready to be a Location; HOME for anything else."""
    if len(text) > LONGEST or (found := _PLAIN.fullmatch(text)) is None:
        return HOME
    path = found["path"].encode()
    for _ in range(_DECODINGS):
        if not _stays(path):
            return HOME
        path = unquote_to_bytes(path)
    return text if _stays(path) else HOME


def _stays(path: bytes) -> bool:
    """Whether what follows the first slash leads nowhere else, read as it is."""
    if any(byte < 0x20 or byte in b"\\\x7f?#" for byte in path):
        return False
    *folders, last = path.split(b"/")
    return all(part.strip(b".") for part in folders) and (not last or bool(last.strip(b".")))
