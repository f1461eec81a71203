"""What a file is, by its name and mode: what a page shows it as. Thinking only."""

from pathlib import PurePosixPath

from sagews.backend.workspaces.merge import File
from sagews.backend.workspaces.policy import FILE_MODES

SUFFIXES = {
    "worksheet": ".ipynb",
    "table": ".csv .tsv",
    "image": ".png .jpg .jpeg .gif .webp .svg .avif .bmp",
    "pdf": ".pdf",
    "text": ".txt .md .py .sage .tex .bib .rst .json .toml .yaml .yml .xml .html .css .js .ts .c .h .cpp .hpp .rs .go"
    " .java .r .jl .m .gp .g .sh .pyx .f90 .log .sql .ini .cfg .ptx .pretext",
}
KINDS = {suffix: kind for kind, suffixes in SUFFIXES.items() for suffix in suffixes.split()}


def kind_of(path: str, file: File) -> str:
    """Return the kind of a file: one of SUFFIXES, `other`, or `link` for what a version of elsewhere has as one."""
    if file.mode not in FILE_MODES:
        return "link"
    return KINDS.get(PurePosixPath(path).suffix.lower(), "other")
