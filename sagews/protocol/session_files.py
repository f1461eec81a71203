"""Messages about the files of a worksheet's session, as JSON; see `json_requests.py` and `json_events.py`.

Paths are percent-encoded bytes, since a session's names need be no text; what is for eyes is beside them.
"""

import base64
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote_to_bytes

from sagews.protocol import MAX_PATH, paths
from sagews.protocol import sagews_pb2 as pb
from sagews.protocol.json_fields import Fields

MOST_PATHS = 20_000
"""Files that are named at once."""
_MOST_TEXT = 3 * MAX_PATH
_MOST_VERSION = 64


def _list(request: pb.Request, fields: Fields) -> None:
    request.list_session_files.worksheet = fields.name("worksheet")


def _get(request: pb.Request, fields: Fields) -> None:
    get = request.get_session_file
    get.worksheet = fields.name("worksheet")
    get.path = _path(fields.text("path", _MOST_TEXT))
    get.offset = fields.whole("offset", 2**53)
    get.version = fields.data("version", _MOST_VERSION)


def _save(request: pb.Request, fields: Fields) -> None:
    request.save_session_files.worksheet = fields.name("worksheet")
    request.save_session_files.paths.extend(map(_path, fields.texts("paths", _MOST_TEXT, MOST_PATHS)))


def _update(request: pb.Request, fields: Fields) -> None:
    request.update_session_files.worksheet = fields.name("worksheet")
    request.update_session_files.replaced.extend(map(_path, fields.texts("replaced", _MOST_TEXT, MOST_PATHS)))


def _path(text: str) -> bytes:
    # Half a surrogate pair is in no path that was told.
    return unquote_to_bytes(text.encode("utf-8", "replace"))


def _files(said: pb.SessionFiles) -> dict[str, Any]:
    return {
        "worksheet": said.worksheet,
        "files": [
            _named(each.path) | {"state": each.state, "size": each.size, "refused": each.refused} for each in said.files
        ],
        "cut": said.cut,
        "left": _faults(said.left),
        "given": said.given,
        "kept": [_named(path) for path in said.kept],
        "newer": said.newer,
    }


def _saved(said: pb.SessionFilesSaved) -> dict[str, Any]:
    told: dict[str, Any] = {"worksheet": said.worksheet, "saved": said.saved}
    return told | {"refused": _faults(said.refused), "conflicts": _faults(said.conflicts)}


def _piece(said: pb.SessionFilePiece) -> dict[str, Any]:
    piece, version = (base64.b64encode(data).decode() for data in (said.piece, said.version))
    return {"worksheet": said.worksheet, "piece": piece, "size": said.size, "version": version}


def _faults(faults: Any) -> list[dict[str, Any]]:
    return [_named(each.path) | {"what": each.what} for each in faults]


def _named(path: bytes) -> dict[str, Any]:
    return {"path": paths.encoded(path), "name": paths.shown(path)}


REQUESTS: Mapping[str, Callable[[pb.Request, Any], None]] = {
    "list_session_files": _list,
    "get_session_file": _get,
    "save_session_files": _save,
    "update_session_files": _update,
}
EVENTS: Mapping[str, Callable[[Any], dict[str, Any]]] = {
    "session_files": _files,
    "session_file_piece": _piece,
    "session_files_saved": _saved,
}
