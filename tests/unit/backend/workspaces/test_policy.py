"""Which names files may have."""

import pytest

from sagews.backend.workspaces.policy import check_mode, check_path, check_places
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
