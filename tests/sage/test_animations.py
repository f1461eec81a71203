"""Animations of Sage: pictures that move, made without other programs; what only ffmpeg can do says so."""

import base64
import struct
from typing import Any

import pytest

from tests.films import FILMS
from tests.replay.outputs import error_of, shown, stream
from tests.site.desk import Desk

WAVES = "waves = animate([plot(sin(x + t), (x, 0, 3), ymin=-1, ymax=1, figsize=2) for t in range(3)])"


def chunks(png: bytes) -> list[tuple[bytes, bytes]]:
    """Return the parts of a PNG (PNG specification, third edition, 5.3)."""
    found, at = [], 8
    while at < len(png):
        length, kind = struct.unpack(">I4s", png[at : at + 8])
        found.append((kind, png[at + 8 : at + 8 + length]))
        at += length + 12
    return found


def moving(form: dict[str, Any]) -> tuple[int, int, list[float]]:
    """Return of an animated PNG how many frames it has, how often it plays, and the seconds of each frame."""
    data = base64.b64decode(form["image/png"])
    assert data.startswith(b"\x89PNG")
    parts = chunks(data)
    ((frames, plays),) = [struct.unpack(">II", body) for kind, body in parts if kind == b"acTL"]
    times = [struct.unpack(">HH", body[20:24]) for kind, body in parts if kind == b"fcTL"]
    return frames, plays, [over / under for over, under in times]


async def test_an_animation_is_a_picture_that_moves_and_has_a_name(desk: Desk) -> None:
    (form,) = shown(await desk.evaluate(f"{WAVES}; waves"))
    assert moving(form) == (3, 0, [0.2] * 3)
    assert form["text/plain"] == "Animation with 3 frames"
    (form,) = shown(await desk.evaluate("waves.show(delay=50, iterations=4)"))
    assert moving(form) == (3, 4, [0.5] * 3)
    (form,) = shown(await desk.evaluate("show(waves[:2])"))
    assert moving(form)[0] == 2


async def test_frames_of_different_sizes_and_of_three_dimensions(desk: Desk) -> None:
    code = "animate([circle((0, 0), 1, figsize=size) for size in (2, 3)]).show()"
    events = await desk.evaluate(code)
    assert moving(shown(events)[0])[0] == 2
    (form,) = shown(await desk.evaluate("animate([sphere(opacity=t) for t in (0.5, 1)]).show()"))
    assert moving(form)[0] == 2


async def test_a_gif_needs_no_program_either(desk: Desk) -> None:
    for code in (f"{WAVES}; waves.show(format='gif', delay=50)", "waves.gif(delay=50)"):
        (form,) = shown(await desk.evaluate(code))
        gif = base64.b64decode(form["image/gif"])
        assert gif.startswith(b"GIF89a") and b"NETSCAPE2.0" in gif
        assert gif.count(b"\x21\xf9\x04") == 3, "frames"
        assert form["text/plain"] == "Animation with 3 frames"
    await desk.evaluate("waves.save('waves.gif'); waves.apng('waves.png')")
    assert [entry["name"] for entry in (await desk.list())["files"]] == ["waves.gif", "waves.png"]
    said = stream(await desk.evaluate("waves.gif(savefile='again', show_path=True)"), "stdout")
    assert said == "Animation saved to file again.gif.\n"


FILM_HEADS = {"webm": b"\x1a\x45\xdf\xa3", "mp4": b"\x00\x00\x00\x20ftyp"}
"""How a file of each kind begins: EBML (RFC 8794, 11.2.1), and the box `ftyp` (ISO/IEC 14496-12, 4.3)."""


@FILMS
@pytest.mark.parametrize("kind", FILM_HEADS)
async def test_a_film_is_shown_and_saved(desk: Desk, kind: str) -> None:
    (form,) = shown(await desk.evaluate(f"{WAVES}; waves.show(format='{kind}')"))
    assert base64.b64decode(form[f"video/{kind}"]).startswith(FILM_HEADS[kind])
    head = f"open('waves.{kind}', 'rb').read({len(FILM_HEADS[kind])})"
    assert (
        stream(await desk.evaluate(f"waves.save('waves.{kind}'); print({head})"), "stdout") == f"{FILM_HEADS[kind]!r}\n"
    )
    assert [entry["name"] for entry in (await desk.list())["files"]] == [f"waves.{kind}"]
    await desk.evaluate("waves.show(use_ffmpeg=True)")


@pytest.mark.parametrize(
    "code", ["waves.show(format='webm')", "waves.save('waves.mp4')", "waves.show(use_ffmpeg=True)"]
)
async def test_a_film_without_ffmpeg_names_its_package(desk: Desk, code: str) -> None:
    said = error_of(await desk.run(f"{WAVES}; import os; os.environ['PATH'] = '/nowhere'; {code}"))
    assert said["ename"] == "MissingProgramError"
    assert said["evalue"].startswith("FFmpeg: is not installed on this worker; ") and "`ffmpeg`" in said["evalue"]


async def test_what_cannot_be_shown_says_so(desk: Desk) -> None:
    for code, words in (
        (f"{WAVES}; waves.show(format='flash')", "flash: is a format that no page can show"),
        ("animate([]).show(delay=1)", "animation: has no frames"),
    ):
        assert error_of(await desk.run(code))["evalue"].startswith(words)
    # Noise cannot be packed.
    code = (
        "animate([matrix_plot(random_matrix(RDF, 700), figsize=12, dpi=100) for _ in range(9)], dpi=200).show(delay=1)"
    )
    said = error_of(await desk.run(code))["evalue"]
    assert "8 MiB can be shown; have fewer frames" in said


async def test_an_animation_of_three_dimensions_in_the_page(desk: Desk) -> None:
    code = "animate([point3d((sin(t), cos(t), t)) for t in (0, 1, 2)]).interactive(delay=10)"
    (form,) = shown(await desk.evaluate(code))
    assert "<iframe srcdoc=" in form["text/html"] and "three.min.js" in form["text/html"]
