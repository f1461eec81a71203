"""The running program as a wheel (PEP 427), packed from its own files: no build tool and no clone is needed."""

import base64
import hashlib
import io
import re
import zipfile
from importlib.metadata import Distribution, PackageNotFoundError, distribution, distributions

from sagews import __version__
from sagews.admin.build import files
from sagews.errors import ServiceError

OF_THIS_PLACE = {"RECORD", "WHEEL", "INSTALLER", "REQUESTED", "direct_url.json"}
"""Files beside the package's own that say how it was installed here."""
WHEEL = "Wheel-Version: 1.0\nGenerator: sagews\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
NAME = f"sagews-{__version__}-py3-none-any.whl"
_DAY = (2020, 1, 1, 0, 0, 0)


def wheel() -> bytes:
    """Return the wheel; the same files make the same bytes. Raises ServiceError if the installation is damaged."""
    try:
        own = distribution("sagews")
    except PackageNotFoundError as error:
        raise ServiceError("is not installed", "sagews", "install its wheel here, or run it from a clone") from error
    recorded, info = _recorded(own), f"sagews-{__version__}.dist-info"
    packed: dict[str, bytes] = {}
    for name, path in files():
        packed[name] = path.read_bytes()
        if recorded and recorded.get(name) != _digest(packed[name]):
            what = "was altered since it was installed" if name in recorded else "does not belong to what was installed"
            raise ServiceError(what, str(path), "install sagews anew")
    if missing := sorted(set(recorded) - set(packed)):
        raise ServiceError(f"has lost {missing[0]}", "sagews", "install it anew")
    if "sagews/backend/static/index.html" not in packed:
        raise ServiceError("has no page", "sagews", "run make bundle")
    for file in own.files or ():
        if file.parts[0].endswith(".dist-info") and file.name not in OF_THIS_PLACE:
            packed["/".join((info, *file.parts[1:]))] = file.read_binary()
    packed[f"{info}/WHEEL"] = WHEEL.encode()
    lines = [f"{name},sha256={_digest(content)},{len(content)}" for name, content in packed.items()]
    packed[f"{info}/RECORD"] = "\n".join([*lines, f"{info}/RECORD,,", ""]).encode()
    return _zip(packed)


def constraints() -> str:
    """Return the version of every package here, so that another machine has the same ones."""
    found = {_plain(each.metadata["Name"]): each.version for each in distributions()}
    return "".join(f"{name}=={version}\n" for name, version in sorted(found.items()) if name != "sagews")


def _recorded(own: Distribution) -> dict[str, str]:
    """Return the digests of the package's files as they were installed; none where it runs from a clone."""
    found = {}
    for file in own.files or ():
        if file.parts[0] == "sagews" and file.suffix != ".pyc" and file.hash is not None:
            found["/".join(file.parts)] = file.hash.value
    return found


def _zip(packed: dict[str, bytes]) -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in packed.items():
            entry = zipfile.ZipInfo(name, _DAY)
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, content, zipfile.ZIP_DEFLATED)
    return whole.getvalue()


def _digest(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
