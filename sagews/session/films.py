"""Films: matplotlib's animations by ffmpeg, which is named with its package where it is missing, and videos of files.

Without ffmpeg matplotlib goes on to Pillow, whose error is of file extensions.
A video of a file stands in IPython's output by the file's name, which no page
can load: here it is in the output itself, if it is small enough.
"""

import functools
import importlib
import os
import shutil
import sys
from typing import Any

from IPython.display import Video

from sagews.errors import SagewsError
from sagews.protocol import MAX_BODY
from sagews.session.languages import errors

MOST = MAX_BODY // 4 * 3 - (1 << 20)
"""Bytes of a video that is shown: base64 makes a third more of it."""
PILLOWS = frozenset({".gif", ".png", ".apng", ".webp", ".avif", ".tif", ".tiff"})
"""Files that Pillow writes as pictures which move."""
_BY_FFMPEG = frozenset({"ffmpeg", "ffmpeg_file"})


class FilmError(SagewsError):
    """A video that cannot be shown."""


def install() -> None:
    """Have animations and videos be so; of matplotlib only where it is loaded."""
    _show_files()
    if "matplotlib.pyplot" in sys.modules:
        _name_missing()


def _name_missing() -> None:
    animations: Any = importlib.import_module("matplotlib.animation").Animation
    settings = sys.modules["matplotlib"].rcParams
    save, as_video = animations.save, animations.to_html5_video

    def need(writer: Any) -> None:
        if (settings["animation.writer"] if writer is None else writer) not in _BY_FFMPEG:
            return
        # Where the reader says that it is: of their own, in the session's directory.
        if shutil.which(str(settings["animation.ffmpeg_path"])) is None:
            raise errors.missing("FFmpeg", "ffmpeg")

    @functools.wraps(save)
    def save_or_say(self: Any, filename: Any, writer: Any = None, *arguments: Any, **options: Any) -> Any:
        is_picture = writer is None and os.path.splitext(os.fspath(filename))[1].lower() in PILLOWS
        if not is_picture and (writer is None or isinstance(writer, str)):
            need(writer)
        return save(self, filename, writer, *arguments, **options)

    @functools.wraps(as_video)
    def as_video_or_say(self: Any, *arguments: Any, **options: Any) -> Any:
        need(None)
        return as_video(self, *arguments, **options)

    animations.save, animations.to_html5_video = save_or_say, as_video_or_say


def _show_files() -> None:
    video: Any = Video
    as_html = video._repr_html_

    @functools.wraps(as_html)
    def in_the_output(self: Any) -> Any:
        if self.embed or self.url is not None or not self.filename or not os.path.isfile(self.filename):
            return as_html(self)
        if (size := os.path.getsize(self.filename)) > MOST:
            what = f"has {size / (1 << 20):.1f} MiB, and {MOST >> 20} MiB can be shown"
            raise FilmError(what, self.filename, "it is among the files of the session; or make it shorter or smaller")
        self.embed = True
        try:
            return as_html(self)
        finally:
            self.embed = False

    video._repr_html_ = in_the_output
