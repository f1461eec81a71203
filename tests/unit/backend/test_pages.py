"""The client bundle, read once."""

import gzip
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from sagews.backend.pages import File, Pages
from sagews.errors import ServiceError
from sagews.service.public_files import ASK_AGAIN, FOR_EVER, SHORT, cache_of


def _response(file: File, **headers: str) -> web.Response:
    asked = {name.replace("_", "-"): value for name, value in headers.items()}
    return file.response(make_mocked_request("GET", "/", headers=asked), {"X": "y"})


def test_a_bundle_that_is_missing(tmp_path: Path) -> None:
    with pytest.raises(ServiceError, match="make bundle"):
        Pages(tmp_path)
    (tmp_path / "index.html").write_text("x")
    with pytest.raises(ServiceError, match="not whole"):
        Pages(tmp_path)


def test_a_file_for_pages_of_other_sites_is_kept_for_minutes() -> None:
    assert cache_of("embedded_sagecell.js") == cache_of("sagecell_embed.css") == cache_of("embed.js") == SHORT
    assert cache_of("not_embedded_sagecell.js") == ASK_AGAIN and cache_of("embed-ABCD2345.js") == FOR_EVER


def test_a_hashed_file_is_kept_for_ever_and_sent_packed(tmp_path: Path) -> None:
    path = tmp_path / "main-ABCD2345.js"
    path.write_text("let x = 1;\n" * 200)
    file = File.read(path)
    plain = _response(file)
    assert plain.body == path.read_bytes() and plain.headers["X"] == "y"
    assert plain.headers["Cache-Control"] == FOR_EVER
    assert plain.content_type == "text/javascript" and plain.charset == "utf-8"
    packed = _response(file, Accept_Encoding="br, gzip")
    assert isinstance(packed.body, bytes)
    assert gzip.decompress(packed.body) == path.read_bytes()
    assert packed.headers["ETag"] != plain.headers["ETag"]
    assert _response(file, Accept_Encoding="gzip", If_None_Match=packed.headers["ETag"]).status == 304
    assert _response(file, If_None_Match=packed.headers["ETag"]).status == 200


@pytest.mark.parametrize("name", ["index.html", "main.js", "a-client12.js"])
def test_other_files_are_asked_for_again(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("x")
    file = File.read(tmp_path / name)
    assert file.cache == "no-cache" and file.packed is None
