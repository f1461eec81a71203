"""What a save asks for, as changes by path: thinking only."""

import base64
import binascii
from collections import Counter

from sagews.backend.api.workspaces.shapes import Save, SavedFile
from sagews.backend.refusal import Refusal
from sagews.backend.workspaces import policy


def changes_of(save: Save) -> dict[str, bytes | None]:
    """Return the content of each file that is saved, None for one that is deleted; what is renamed is checked alone.

    Raises Refusal if a path is named twice, or a content is none.
    """
    named = [each.path for each in save.files]
    named += save.deleted + [path for each in save.renamed for path in (each.old, each.new)]
    if twice := [path for path, count in Counter(named).items() if count > 1]:
        raise _bad("is named twice", twice[0], "name each path once")
    changes: dict[str, bytes | None] = {each.path: _content(each) for each in save.files}
    return changes | dict.fromkeys(save.deleted)


def _content(file: SavedFile) -> bytes:
    if (file.text is None) == (file.base64 is None):
        raise _bad("has both `text` and `base64`, or neither", file.path, "send one of them")
    try:
        if file.text is not None:
            return file.text.encode()
        return base64.b64decode(file.base64 or "", validate=True)
    except UnicodeEncodeError as error:
        raise _bad("holds half a surrogate pair", file.path, "remove that character") from error
    except (binascii.Error, ValueError) as error:
        raise _bad("is not base64", file.path, "encode it as RFC 4648 says") from error


def _bad(what: str, path: str, hint: str) -> Refusal:
    return Refusal(400, "bad_message", what, policy.shown(path), hint)
