"""Outputs as Jupyter's messages."""

import json
from typing import Any

import pytest

from sagews.backend.sagecell import outward
from sagews.protocol import sagews_pb2 as pb

KINDS = [kind for kind in pb.OutputKind.values() if kind not in (0, pb.OUTPUT_KIND_EXPRESSIONS)]


def told(kind: pb.OutputKind, content: Any) -> tuple[str, str, dict[str, Any]]:
    return outward.of_output(pb.Output(kind=kind, body=json.dumps(content).encode()))


def test_fields_of_a_kind_and_no_others() -> None:
    stream = told(pb.OUTPUT_KIND_STREAM, {"name": "stdout", "text": "x", "more": 1})
    assert stream == ("iopub", "stream", {"name": "stdout", "text": "x"})
    channel, kind, content = told(pb.OUTPUT_KIND_INPUT_REQUEST, {"prompt": "?", "password": False})
    assert (channel, kind, content) == ("stdin", "input_request", {"prompt": "?", "password": False})
    _, _, content = told(pb.OUTPUT_KIND_ERROR, {"ename": 1, "evalue": "b", "traceback": ["c", 2]})
    assert content == {"ename": "", "evalue": "b", "traceback": ["c", ""]}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"[" * 10_000, b'{"data": 1, "metadata": [], "comm_id": {}}'])
def test_hostile_bodies_are_told_of(kind: pb.OutputKind, body: bytes) -> None:
    _, _, content = outward.of_output(pb.Output(kind=kind, body=body))
    json.dumps(content)
    if "data" in content and kind < pb.OUTPUT_KIND_COMM_OPEN:
        assert isinstance(content["data"], dict)


def shown(kind: pb.OutputKind, **data: str) -> dict[str, Any]:
    forms = {name.replace("_", "/").replace("svg", "svg+xml"): value for name, value in data.items()}
    _, _, content = told(kind, {"data": forms, "metadata": {}})
    return dict(content["data"])


def test_what_the_library_does_not_show_comes_as_html_too() -> None:
    display, result = pb.OUTPUT_KIND_DISPLAY_DATA, pb.OUTPUT_KIND_EXECUTE_RESULT
    assert next(iter(shown(display, text_plain="x", image_svg="<svg/>").items())) == ("text/html", "<svg/>")
    assert shown(display, image_jpeg="QUJD")["text/html"] == '<img alt="" src="data:image/jpeg;base64,QUJD">'
    assert "text/html" not in shown(display, image_jpeg='"><script>')
    assert shown(display, text_plain="x", text_latex="$a<b$")["text/html"] == "<div>$a&lt;b$</div>"
    assert "text/html" not in shown(result, text_plain="x", text_latex="$x$")
    assert shown(display, image_png="QUJD", image_svg="<svg/>").keys() == {"image/png", "image/svg+xml"}


def test_what_a_scene_loads_is_found_from_pages_of_others() -> None:
    """By the address of the session's files, `/kernel/ID/files/`, which that library puts in the place of `cell://`."""
    scene = '<iframe srcdoc="<script src=&quot;/nbextensions/threejs-sage/r122/three.min.js&quot;>"></iframe>'
    told = shown(pb.OUTPUT_KIND_DISPLAY_DATA, text_html=scene, image_png="QUJD")
    assert told["text/html"] == scene.replace("/nbext", "cell://../../../nbext")
    assert told["image/png"] == "QUJD"
