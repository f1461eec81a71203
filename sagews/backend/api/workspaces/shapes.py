"""What a caller may send about workspaces, each field with its type and bounds."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from sagews.backend.api.shapes import MAX_WHOLE
from sagews.backend.workspaces.history import MOST_PAGE
from sagews.backend.workspaces.policy import MOST_FILES, MOST_PATH

MOST_DAYS = 366
"""Days for which a link may be good."""
MOST_MESSAGE = 10_000
PLAIN = r"^[^\x00-\x1f\x7f]*\Z"
"""Of words without control characters: a database takes no NUL, and git no argument with one."""

WorkspaceName = Annotated[
    str, Meta(min_length=1, max_length=200, pattern=r"\S", description="It becomes one line of text.")
]
Path = Annotated[str, Meta(min_length=1, max_length=MOST_PATH, description="Of a file, its parts joined by `/`.")]
Version = Annotated[
    str, Meta(pattern="^[0-9a-f]{40}$", description="A version of the workspace: the name of a commit.")
]
Base = Annotated[
    str,
    Meta(
        pattern="^([0-9a-f]{40})?$",
        description="The version that the author has seen, on which this is based; empty: there was none yet.",
    ),
]
Message = Annotated[str, Meta(max_length=MOST_MESSAGE, description="What the change is about, for the history.")]


class _Shape(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """A JSON object whose fields are all known."""


class NewWorkspace(_Shape, frozen=True, kw_only=True):
    """A workspace with nothing in it, or another name of one."""

    name: WorkspaceName


class WhichWorkspaces(_Shape, frozen=True, kw_only=True):
    """Which workspaces are wanted."""

    which: Annotated[
        Literal["mine", "shared", "deleted"],
        Meta(description="`mine`, `shared` (those of others that the caller is let into), or `deleted`."),
    ] = "mine"
    after: Annotated[str, Meta(max_length=64, pattern=PLAIN, description="Id of the last one of the page before.")] = ""


class WhichFiles(_Shape, frozen=True, kw_only=True):
    """Which files are wanted."""

    version: Version | None = None
    after: Annotated[
        str, Meta(max_length=MOST_PATH, pattern=PLAIN, description="Path of the last one of the page before.")
    ] = ""
    limit: Annotated[int, Meta(ge=1, le=1000, description="Files of one page.")] = 1000


class At(_Shape, frozen=True, kw_only=True):
    """Of which version."""

    version: Version | None = None


class On(_Shape, frozen=True, kw_only=True):
    """What a change is based on."""

    base: Base
    message: Message = ""


class WhichCommits(_Shape, frozen=True, kw_only=True):
    """Which part of the history is wanted."""

    version: Version | None = None
    skip: Annotated[int, Meta(ge=0, le=MAX_WHOLE, description="How many of the newest to leave out.")] = 0
    limit: Annotated[int, Meta(ge=1, le=MOST_PAGE, description="Commits of one page.")] = 50
    path: Annotated[str, Meta(max_length=MOST_PATH, pattern=PLAIN, description="Of this file or folder alone.")] = ""


class WhichDifference(_Shape, frozen=True, kw_only=True):
    """Which versions of which file are compared."""

    path: Annotated[str, Meta(min_length=1, max_length=MOST_PATH, pattern=PLAIN, description="Of the file.")]
    old: Annotated[Version | None, Meta(description="The older one; without it, all of the newer one is new.")] = None
    new: Annotated[Version | None, Meta(description="The newer one; without it, the newest there is.")] = None


class Restored(_Shape, frozen=True, kw_only=True):
    """A file that is to be as it was."""

    path: Path
    version: Version
    message: Message = ""


class WrittenDown(_Shape, frozen=True, kw_only=True):
    """A worksheet that is to be saved into its file."""

    path: Path
    message: Message = ""


class Exported(_Shape, frozen=True, kw_only=True):
    """A file that is wanted in another format."""

    path: Annotated[str, Meta(min_length=1, max_length=MOST_PATH, pattern=PLAIN, description="Of the file.")]
    format: Literal["ipynb", "html", "pdf", "pretext", "percent", "light", "markdown", "myst"]
    paper: Annotated[Literal["a4", "letter"], Meta(description="Of a PDF: which paper its pages are for.")] = "a4"
    version: Annotated[Version | None, Meta(description="Of the workspace; without it, the newest there is.")] = None


class Imported(_Shape, frozen=True, kw_only=True):
    """A file of another format that is to be a worksheet."""

    path: Path
    name: Annotated[
        str,
        Meta(
            max_length=MOST_PATH,
            description="Path of the worksheet, which ends with `.ipynb`; empty: beside the file, under its name.",
        ),
    ] = ""


class SavedFile(_Shape, frozen=True, kw_only=True):
    """A file to be saved: its content as text, or as base64."""

    path: Path
    text: str | None = None
    base64: str | None = None


class Rename(_Shape, frozen=True, kw_only=True, rename={"old": "from", "new": "to"}):
    """A file to be called otherwise."""

    old: Path
    new: Path


class Save(_Shape, frozen=True, kw_only=True):
    """Changes that become one commit, or none."""

    base: Base
    message: Message = ""
    files: Annotated[list[SavedFile], Meta(max_length=MOST_FILES)] = []
    deleted: Annotated[list[Path], Meta(max_length=MOST_FILES, description="Files to be deleted.")] = []
    renamed: Annotated[list[Rename], Meta(max_length=1000, description="Files of `base` to be called otherwise.")] = []


class Named(_Shape, frozen=True, kw_only=True):
    """What a new workspace is called."""

    name: WorkspaceName


class Cloned(_Shape, frozen=True, kw_only=True):
    """A workspace that is to be made of a repository."""

    name: WorkspaceName
    clone: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=2000,
            description="Where it is, as `git clone` takes it: an address that begins with `https://`.",
        ),
    ]


class NewMember(_Shape, frozen=True, kw_only=True):
    """Somebody who may come in from now on, or as something else."""

    account: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=200,
            description="Id of their account, or an address that a provider has confirmed to be theirs.",
        ),
    ]
    role: Literal["viewer", "editor", "owner"]


class NewOwner(_Shape, frozen=True, kw_only=True):
    """Whose a workspace is to be."""

    account: Annotated[str, Meta(min_length=1, max_length=200, description="As that of a new member.")]


class NewLink(_Shape, frozen=True, kw_only=True):
    """A link, good for whoever has it."""

    role: Literal["viewer", "editor"]
    days: Annotated[float, Meta(gt=0, le=MOST_DAYS, description="For how long it is good.")] = 30.0


class WhichPublications(_Shape, frozen=True, kw_only=True):
    """Which publications are wanted."""

    after: Annotated[str, Meta(max_length=64, pattern=PLAIN, description="Id of the last one of the page before.")] = ""


class Publish(_Shape, frozen=True, kw_only=True):
    """A worksheet to be published, and what its page says of it."""

    path: Path
    version: Version | None = None
    title: Annotated[str, Meta(max_length=200, description="Empty: that of the notebook, or its first heading.")] = ""
    authors: Annotated[str, Meta(max_length=200, description="Their names; empty: that of the caller's account.")] = ""
    licence: Annotated[
        Literal[
            "", "CC0-1.0", "CC-BY-4.0", "CC-BY-SA-4.0", "CC-BY-NC-SA-4.0", "MIT", "BSD-3-Clause", "GPL-3.0-or-later"
        ],
        Meta(description="As SPDX names it; empty: all rights reserved."),
    ] = ""
    listed: Annotated[bool, Meta(description="Whether the gallery shows it, and search engines may.")] = False


class Take(_Shape, frozen=True, kw_only=True):
    """A publication to be copied."""

    publication: Annotated[str, Meta(min_length=1, max_length=64, description="Its id, the end of its address.")]
