"""A save that meets what others saved: each file is what one side wants, and nothing that anybody wrote is lost."""

from hypothesis import given
from hypothesis import strategies as st

from sagews.backend.workspaces.merge import File, merge
from sagews.backend.workspaces.policy import check_places, folders

OIDS = st.sampled_from("012")
PATHS = st.sampled_from(["a", "b", "a/x", "a/y", "b/x/z", "c.txt", "c (m).txt"])
TREES = st.dictionaries(PATHS, OIDS, max_size=5).filter(
    lambda tree: not any({*folders(each)} & tree.keys() for each in tree)
)


def files(tree: dict[str, str]) -> dict[str, File]:
    return {path: File("100644", oid) for path, oid in tree.items()}


def result(base: dict[str, str], head: dict[str, str], changes: dict[str, str | None]) -> dict[str, str | None]:
    merged = merge(files(base), files(head), changes, "m")
    kept: dict[str, str | None] = {path: oid for path, oid in head.items() if path not in merged.deleted}
    return kept | {place: changes[path] for place, path in merged.written.items()}


def test_each_case() -> None:
    assert result({"a": "0"}, {"a": "0"}, {"a": "1"}) == {"a": "1"}
    assert result({"a": "0"}, {"a": "1"}, {"a": "1"}) == {"a": "1"}
    assert result({"a": "0"}, {"a": "1"}, {"a": "0"}) == {"a": "1"}
    assert result({"a.b.c": "0"}, {"a.b.c": "1"}, {"a.b.c": "2"}) == {"a.b.c": "1", "a.b (m).c": "2"}
    assert result({}, {"a": "1", "a (m)": "1"}, {"a": "2"}) == {"a": "1", "a (m)": "1", "a (m 2)": "2"}
    assert result({"a": "0"}, {"a": "1"}, {"a": None}) == {"a": "1"}
    assert result({"a": "0"}, {"a": "0"}, {"a": None}) == {}
    assert result({"a": "0"}, {}, {"a": "1"}) == {"a": "1"}
    assert result({"a": "0"}, {"a": "0"}, {"a": None, "a/b": "1"}) == {"a/b": "1"}
    assert result({}, {"a": "1"}, {"a/b": "2", "a/c": "2"}) == {"a": "1", "a (m)/b": "2", "a (m)/c": "2"}
    assert result({}, {"a/b": "1"}, {"a": "2"}) == {"a/b": "1", "a (m)": "2"}
    asked = {"c (m).txt": None, "c.txt": "0"}
    assert result({"c (m).txt": "0"}, {"c.txt": "1"}, asked) == {"c.txt": "1", "c (m 2).txt": "0"}
    long = "é" * 125 + ".txt"
    (copy,) = result({}, {long: "1"}, {long: "2"}).keys() - {long}
    assert copy.endswith(" (m).txt") and len(copy.encode()) <= 255


def test_what_is_not_as_it_was_asked_is_said() -> None:
    def left(base: dict[str, str], head: dict[str, str], changes: dict[str, str | None]) -> set[str]:
        return merge(files(base), files(head), changes, "m").left

    assert left({"a": "0"}, {"a": "1"}, {"a": "0"}) == {"a"}
    assert left({"a": "0"}, {}, {"a": "0"}) == {"a"}
    assert left({"a": "0"}, {"a": "1"}, {"a": None}) == {"a"}
    assert left({}, {"a": "1"}, {"a": None}) == {"a"}
    assert left({"a": "0"}, {"a": "0", "b": "1"}, {"a": "0", "b": "1", "c": None}) == set()
    assert left({"a": "0"}, {"a": "0"}, {"a": None}) == left({"a": "0"}, {"a": "1"}, {"a": "2"}) == set()


@given(base=TREES, head=TREES, mine=TREES)
def test_a_save_is_as_it_was_asked_or_says_where_not(
    base: dict[str, str], head: dict[str, str], mine: dict[str, str]
) -> None:
    changes: dict[str, str | None] = {**dict.fromkeys(base.keys() - mine.keys()), **mine}
    merged = merge(files(base), files(head), changes, "m")
    came = result(base, head, changes)
    differs = {path for path, oid in changes.items() if came.get(path) != oid}
    assert differs == merged.left | merged.copies.keys() and not merged.left & merged.copies.keys()


@given(base=TREES, head=TREES, mine=TREES)
def test_nothing_that_anybody_wrote_is_lost(base: dict[str, str], head: dict[str, str], mine: dict[str, str]) -> None:
    changes: dict[str, str | None] = {**dict.fromkeys(base.keys() - mine.keys()), **mine}
    came = result(base, head, changes)
    check_places(came)
    for path, oid in head.items():
        # Theirs is where it was, unless only this side changed it.
        assert came.get(path) == oid or base.get(path) == oid
    for path, oid in mine.items():
        assert base.get(path) == oid or oid in came.values()
