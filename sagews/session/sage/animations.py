"""Animations of Sage as pictures that move, made by Sage and Pillow alone.

Sage makes a GIF by ImageMagick or ffmpeg, and shows nothing where neither is
installed. It can put its frames into an animated PNG by itself, which has all
colours and which every browser plays: that is what an animation is shown as
here. A GIF, where one is asked for, is Pillow's. Only films are ffmpeg's.
"""

import os
import shutil
from collections.abc import Iterator
from typing import Any

from sagews.errors import SagewsError
from sagews.protocol import MAX_BODY
from sagews.session.languages import errors

MOST = MAX_BODY // 2
"""Bytes of an animation that is shown, which its base64 makes a third more."""
MOST_PIXELS = 64 << 20
"""Pixels of all frames together, where Pillow has to hold them: four bytes each."""
DELAY = 20
"""Hundredths of a second between two frames, if nobody says how many; Sage's own."""
PICTURES = (None, "png", "apng")
"""Formats that are an animated PNG."""


class AnimationError(SagewsError):
    """An animation that cannot be made, or not be shown."""


def install() -> None:
    """Have Sage's animations be shown and saved so. Only where Sage is loaded."""
    from sage.plot.animate import Animation

    films, film = Animation._rich_repr_, Animation.ffmpeg

    def shown(self: Any, display: Any, **options: Any) -> Any:
        types, supported = display.types, display.supported_output()
        if types.OutputImagePng not in supported:
            # It is asked for text alone.
            return None
        if options.get("use_ffmpeg"):
            options.setdefault("format", "gif")
        kind = options.pop("format", None)
        if kind in PICTURES:
            return types.OutputImagePng(_buffer(_png(self, **options), kind or "png"))
        if kind == "gif":
            path = _temporary(".gif")
            self.gif(savefile=path, **options)
            return types.OutputImageGif(_buffer(path, kind))
        made = films(self, display, format=kind, **options)
        if made is None:
            raise AnimationError(
                "is a format that no page can show", str(kind), "choose png, gif, webm or mp4, or save a file"
            )
        return type(made)(_bounded(made.video, str(kind)), loop=made.loop)

    def gif(
        self: Any,
        delay: Any = DELAY,
        savefile: Any = None,
        iterations: Any = 0,
        show_path: bool = False,
        use_ffmpeg: bool = False,
    ) -> None:
        if savefile is None:
            self.show(delay=delay, iterations=iterations, format="gif", use_ffmpeg=use_ffmpeg)
            return
        path = savefile if savefile.endswith(".gif") else f"{savefile}.gif"
        if use_ffmpeg:
            self.ffmpeg(savefile=path, output_format=".gif", delay=delay, iterations=iterations)
        else:
            _save_gif(_frames(self), path, int(delay), int(iterations))
        if show_path:
            print(f"Animation saved to file {path}.")

    def ffmpeg(self: Any, *arguments: Any, **options: Any) -> Any:
        if shutil.which("ffmpeg") is None:
            raise errors.missing("FFmpeg", "ffmpeg")
        return film(self, *arguments, **options)

    gif.__doc__, ffmpeg.__doc__ = Animation.gif.__doc__, film.__doc__
    Animation._rich_repr_, Animation.gif, Animation.ffmpeg = shown, gif, ffmpeg


def _png(animation: Any, delay: Any = DELAY, iterations: Any = 0, **_options: Any) -> str:
    """Return the path of an animated PNG."""
    paths = _frames(animation)
    _make_alike(paths)
    path = _temporary(".png")
    animation.apng(savefile=path, delay=int(delay), iterations=int(iterations))
    return path


def _frames(animation: Any) -> list[str]:
    """Return the paths of the frames, which are pictures of their own. Raises AnimationError if there are none."""
    directory = animation.png()
    paths = [os.path.join(directory, f"{number:08}.png") for number in range(len(animation))]
    if not paths:
        raise AnimationError("has no frames", "animation", "give `animate` some")
    return paths


def _make_alike(paths: list[str]) -> None:
    """Have all frames be of the size of the largest, and of one kind of pixels, as a PNG wants them."""
    from PIL import Image

    kinds = set()
    for path in paths:
        with Image.open(path) as frame:
            kinds.add((frame.size, frame.mode))
    if len(kinds) <= 1:
        return
    size = max(width for (width, _), _ in kinds), max(height for (_, height), _ in kinds)
    for path in paths:
        with Image.open(path) as frame:
            whole = frame.convert("RGBA")
        # What is around it is as its corner is: paper, or nothing.
        wide = Image.new("RGBA", size, whole.getpixel((0, 0)))
        wide.paste(whole)
        wide.save(path)


def _save_gif(paths: list[str], path: str, delay: int, iterations: int) -> None:
    from PIL import Image

    _make_alike(paths)
    with Image.open(paths[0]) as first:
        pixels = first.width * first.height * len(paths)
        if pixels > MOST_PIXELS:
            what = f"has {len(paths)} frames of {first.width} by {first.height} pixels, too many for a GIF"
            raise AnimationError(what, "animation", "show it as it is, have fewer frames, or a smaller `figsize`")
        times: dict[str, Any] = {"loop": iterations} if iterations != 1 else {}
        first.save(
            path, save_all=True, append_images=_opened(paths[1:]), duration=max(delay, 1) * 10, disposal=2, **times
        )


def _opened(paths: list[str]) -> Iterator[Any]:
    from PIL import Image

    for path in paths:
        with Image.open(path) as frame:
            yield frame


def _temporary(extension: str) -> str:
    from sage.misc.temporary_file import tmp_filename

    return str(tmp_filename(ext=extension))


def _buffer(path: str, kind: str) -> Any:
    """Return the file as Sage's displays want it."""
    from sage.repl.rich_output.buffer import OutputBuffer

    return _bounded(OutputBuffer.from_file(path), kind)


def _bounded(buffer: Any, kind: str) -> Any:
    size = os.path.getsize(buffer.filename())
    if size > MOST:
        what = f"is {size / (1 << 20):.1f} MiB as {kind}, and {MOST >> 20} MiB can be shown"
        hint = "have fewer frames, or a smaller `figsize`; or save it: `a.save('a.gif')` is among the files then"
        raise AnimationError(what, "animation", hint)
    return buffer
