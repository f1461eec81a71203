"""The bodies of answers about workspaces."""

from typing import Annotated

import msgspec
from msgspec import Meta

from sagews.backend.api.answers import Time


class _Shape(msgspec.Struct, frozen=True, kw_only=True):
    """A JSON object that may have more fields in a later version."""


class Workspace(_Shape, frozen=True, kw_only=True):
    """A workspace, as the caller sees it."""

    id: str
    name: str
    role: Annotated[str, Meta(description="What the caller is there: `viewer`, `editor` or `owner`.")]
    owner: Annotated[str, Meta(description="Name of whose it is; it may be empty.")] = ""
    created: Time
    deleted: Annotated[float | None, Meta(description="Since when it is deleted; null: it is there.")] = None


class FoundWorkspace(Workspace, frozen=True, kw_only=True):
    """A workspace as it is now."""

    version: Annotated[str, Meta(description="Its newest version; empty: nothing was saved yet.")]


class Workspaces(_Shape, frozen=True, kw_only=True):
    """A page of workspaces, the newest first."""

    workspaces: list[Workspace]
    more: Annotated[bool, Meta(description="There are more: ask again `after` the last one.")]


class Importing(_Shape, frozen=True, kw_only=True):
    """From where workspaces may be made."""

    clone: Annotated[list[str], Meta(description="Hosts, some with a port; `*`: every one. Empty: nothing is fetched.")]


class WorkspaceFile(_Shape, frozen=True, kw_only=True):
    """A file of a workspace."""

    path: str
    size: Annotated[int, Meta(description="Bytes.")]
    kind: Annotated[
        str,
        Meta(description="By its name: `worksheet`, `text`, `table`, `image`, `pdf`, `other`; or `link`."),
    ]
    content: Annotated[str, Meta(description="The same for the same content, and for no other.")]


class WorkspaceFiles(_Shape, frozen=True, kw_only=True):
    """A page of the files of one version, sorted by path."""

    version: Annotated[str, Meta(description="Whose files they are; empty: nothing was saved yet.")]
    files: list[WorkspaceFile]
    more: Annotated[bool, Meta(description="There are more: ask again `after` the last one, for this version.")]


class Saved(_Shape, frozen=True, kw_only=True):
    """What a save came to. All of it is durable."""

    version: Annotated[str, Meta(description="The version with it.")]
    copies: Annotated[
        dict[str, str],
        Meta(description="By path: under which path it was saved instead, since others had changed that file."),
    ]
    left: Annotated[
        list[str],
        Meta(
            description="Paths that are not as asked, and no copy is beside them: saved as in `base`, or deleted, while"
            " they have changed since."
        ),
    ]


class Commit(_Shape, frozen=True, kw_only=True):
    """A version of a workspace."""

    version: str
    parents: list[str]
    author: Annotated[str, Meta(description="A name, which is what the commit says unless it was `saved` here.")]
    email: Annotated[str, Meta(description="What it says is the author's address; it may be anybody's.")]
    came: Annotated[
        str,
        Meta(
            description="`saved`: made here, by the author; `pushed`, `imported`: the newest one of those; empty: with"
            " others of them, or before it was written down."
        ),
    ]
    account: Annotated[str, Meta(description="Id of the account that `saved` it; empty: none, or it came otherwise.")]
    brought_by: Annotated[str, Meta(description="Id of the account that pushed or imported it; empty: not known.")]
    bringer: Annotated[str, Meta(description="Name of that account; empty: it has none, or is gone.")]
    time: Time
    message: Annotated[str, Meta(description="Its first 10,000 characters; `…` stands for more.")]


class History(_Shape, frozen=True, kw_only=True):
    """A page of the history, the newest first."""

    version: Annotated[str, Meta(description="The version that it begins at; empty: nothing was saved yet.")]
    commits: list[Commit]
    more: Annotated[bool, Meta(description="There are more: `skip` those, for this version.")]


class Line(_Shape, frozen=True, kw_only=True):
    """A line of a text in which two versions differ, or beside one."""

    kind: Annotated[str, Meta(description="`same`, `added`, `removed`; `skipped`: the same ones are left out here.")]
    text: str


class DifferentCell(_Shape, frozen=True, kw_only=True):
    """A cell in which two versions differ."""

    id: Annotated[str, Meta(description="Empty for a file that is no notebook.")]
    number: Annotated[int, Meta(description="The how manyth it is, in the newer version if it is there.")]
    cell_type: Annotated[str, Meta(description="`code`, `markdown` or `raw`; empty for a file that is no notebook.")]
    change: Annotated[str, Meta(description="`added`, `removed`, `changed`; or `moved`, and nothing else.")]
    moved: bool
    lines: Annotated[list[Line], Meta(description="What its source differs in; none: in nothing.")]
    outputs: Annotated[bool, Meta(description="Its outputs differ.")]
    metadata: Annotated[bool, Meta(description="Its type, metadata or attachments differ.")]


class Differences(_Shape, frozen=True, kw_only=True):
    """What two versions of a file differ in."""

    path: str
    old: Annotated[str, Meta(description="The older version; empty: none.")]
    new: str
    kind: Annotated[
        str, Meta(description="`cells`; `text`, as one cell; `bytes`, or too large a text, of which nothing is told.")
    ]
    cells: Annotated[list[DifferentCell], Meta(description="Those that differ, in the order of the newer version.")]
    metadata: Annotated[bool, Meta(description="What the notebook has beside its cells differs.")]
    cut: Annotated[bool, Meta(description="There is more than is told here.")]


class SavedWorksheet(_Shape, frozen=True, kw_only=True):
    """A worksheet that is in its file."""

    version: Annotated[str, Meta(description="The version of the workspace with it.")]


class ImportedFile(_Shape, frozen=True, kw_only=True):
    """A worksheet that was made of a file."""

    version: Annotated[str, Meta(description="The version of the workspace with it.")]
    path: Annotated[str, Meta(description="Under which name.")]
    repairs: Annotated[list[str], Meta(description="What was mended, in sentences.")]


class Member(_Shape, frozen=True, kw_only=True):
    """Somebody who may come in."""

    account: str
    name: Annotated[str, Meta(description="As they wrote it; it may be empty.")]
    role: str
    since: Time


class Members(_Shape, frozen=True, kw_only=True):
    """Who may come in by their account: whose the workspace is first."""

    members: list[Member]


class Link(_Shape, frozen=True, kw_only=True):
    """A link by which whoever has it may come in."""

    id: str
    role: str
    by: Annotated[str, Meta(description="Id of the account that made it.")]
    created: Time
    expires: Time


class MadeLink(Link, frozen=True, kw_only=True):
    """A new link."""

    token: Annotated[
        str, Meta(description="What whoever has the link shows in the header `Sagews-Workspace-Link`. It is told once.")
    ]


class Links(_Shape, frozen=True, kw_only=True):
    """The links of a workspace that are good, the newest first."""

    links: list[Link]


class Joined(_Shape, frozen=True, kw_only=True):
    """What somebody is from now on."""

    role: str


class Publication(_Shape, frozen=True, kw_only=True):
    """A worksheet that is published, or was."""

    id: str
    address: Annotated[str, Meta(description="Path at which anybody reads it.")]
    path: Annotated[str, Meta(description="Of the worksheet, in the workspace.")]
    version: Annotated[str, Meta(description="Of the workspace, from which it is.")]
    title: str
    authors: str
    licence: Annotated[str, Meta(description="As SPDX names it; empty: all rights reserved.")]
    listed: bool
    created: Time
    updated: Time
    withdrawn: Annotated[float | None, Meta(description="Since when it cannot be read; null: it can.")]
    barred: Annotated[bool, Meta(description="An operator has withdrawn it: it cannot be published again.")]


class Publications(_Shape, frozen=True, kw_only=True):
    """A page of publications, the newest first."""

    publications: list[Publication]
    more: Annotated[bool, Meta(description="There are more: ask again `after` the last one.")]


class CopiedPublication(_Shape, frozen=True, kw_only=True):
    """A published worksheet that is in a workspace now."""

    version: str
    path: Annotated[str, Meta(description="Under which name.")]
