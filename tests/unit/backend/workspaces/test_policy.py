"""Which names files may have."""

import pytest

from sagews.backend.workspaces.policy import check_alike, check_mode, check_path, check_places, check_tree
from sagews.errors import WorkspaceError


@pytest.mark.parametrize(
    "path",
    ["a", "a/b/c.ipynb", ".gitignore", "git", ".github/x", "a b", "Ελλάς/数学/🎈", "-a", '"', "~", "x.git", "a" * 255],
)
def test_ordinary_and_odd_names_are_fine(path: str) -> None:
    check_path(path)


@pytest.mark.parametrize(
    "name",
    [
        *(".git", ".GIT", ".gIt", "git~1", "GIT~1", ".git.", ".git ", ".git. .", ".git::$INDEX_ALLOCATION", ".git:x"),
        *(".g\u200cit", ".git\ufeff", "\u200d.git", ".\uff47it", ".gitmodules", ".GitModules"),
    ],
)
def test_git_s_own_names_are_refused_in_every_spelling(name: str) -> None:
    for path in (name, f"a/{name}", f"{name}/config", f"a/{name}/hooks/post-checkout"):
        with pytest.raises(WorkspaceError, match=r"it is git's own|git would look there"):
            check_path(path)


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("", "slash"),
        ("/etc/passwd", "slash"),
        ("a/", "slash"),
        ("a//b", "slash"),
        ("..", r"\.\. is no name"),
        ("a/../b", r"\.\. is no name"),
        ("./a", r"\. is no name"),
        ("a\0b", "control"),
        ("a\nb", "control"),
        ("\x7f", "control"),
        ("\x9b", "control"),
        ("a\\..\\b", "backslash"),
        ("é" * 128, "255 bytes"),
        ("/".join(["a" * 200] * 6), "1000 bytes"),
        ("a/" * 51 + "a", "50 folders"),
        ("\udc80", "Unicode"),
    ],
)
def test_others_are_refused_with_the_reason(path: str, why: str) -> None:
    with pytest.raises(WorkspaceError, match=why) as raised:
        check_path(path)
    assert raised.value.noun.isprintable()


def test_links_and_modules_are_refused() -> None:
    for mode in ("100644", "100755"):
        check_mode("a", mode)
    for mode, what in (("120000", "symbolic link"), ("160000", "submodule"), ("040000", "mode 040000")):
        with pytest.raises(WorkspaceError, match=f"file a: is .*{what}"):
            check_mode("a", mode)


def test_a_file_cannot_be_a_folder() -> None:
    check_places(["a/b", "a/c", "ab"])
    with pytest.raises(WorkspaceError, match="file a/b: would be a file and a folder"):
        check_places(["a/b/c/d", "a/b"])
    with pytest.raises(WorkspaceError, match="more than 20000 files"):
        check_places(str(number) for number in range(20_001))


def test_names_are_only_so_many_that_they_do_not_fill_the_memory() -> None:
    check_path("a/" * 50 + "a")
    # As many as may be for their folders, and some more; files alone could be.
    deep = [f"{number:03}/" + "/".join(["a" * 18] * 50) for number in range(1000)]
    check_places(deep[:600])
    check_places(path.replace("/", "-") for path in deep)
    with pytest.raises(WorkspaceError, match="workspace: would have too many long names; use shorter ones"):
        check_places(deep)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Plot.ipynb", "plot.ipynb"),
        ("data/a", "Data/b"),
        ("data", "DATA/b"),
        ("caf\u00e9", "cafe\u0301"),
        ("\u0391\u03a3", "\u03b1\u03c2"),
        ("a/\u212b/x", "a/\u00e5/y"),
        *(("plot", "plot."), ("plot", "plot "), ("data/a", "data. ./b"), ("a. ", "a")),
        *(("plot", "pl\u200bot"), ("plot", "plot\u202c"), ("plot", "\ufeffplot"), ("\u2764", "\u2764\ufe0f")),
        *(("plot", "plot\u3164"), ("pl\u00adot", "PLOT.")),
    ],
)
def test_names_that_some_system_takes_for_one_are_refused(one: str, other: str) -> None:
    for fresh, there in ((one, other), (other, one)):
        with pytest.raises(
            WorkspaceError,
            match="they differ only in case, in how letters are composed, in letters that nobody sees, or in dots",
        ):
            check_alike([fresh, there], [fresh])
        # What is there already is no fault of who adds something else, or saves it again.
        check_alike([fresh, there, "x"], ["x"])
    check_alike([one], [one])


def test_names_that_are_only_like_each_other_are_fine() -> None:
    names = ["a.txt", "a", "data/a", "data/A b", "x/a", "y/A", "e", "\u00e9", "\u03b1", "\u0251"]
    check_alike(names, names)


def test_a_tree_of_others_is_looked_at_whole() -> None:
    check_tree({"a": "100644", "b/c": "100755"})
    for tree, why in (
        ({"a": "100644", "l": "120000"}, "file l: is a symbolic link; a workspace has files alone"),
        ({"lib": "160000"}, "file lib: is a submodule"),
        ({"x/.GIT/config": "100644"}, "it is git's own"),
        ({"a": "100644", "A": "100644"}, "differ only in case"),
        ({"a": "100644", "a/b": "100644"}, "would be a file and a folder"),
    ):
        with pytest.raises(WorkspaceError, match=why):
            check_tree(tree)
