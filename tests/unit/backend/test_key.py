"""Keys of results: what tells one from another, and what does not."""

import itertools

import pytest

import sagews
from sagews.backend.key import key_of, subject_of, terms_of
from sagews.protocol import sagews_pb2 as pb

LIMITS = pb.Limits(wall_time=30, memory=1 << 30)


def key(
    environment: str = "python",
    fingerprint: bytes = b"f" * 16,
    code: str = "1+1",
    language: str = "",
    **limits: float,
) -> bytes:
    wanted = pb.Limits()
    wanted.CopyFrom(LIMITS)
    wanted.MergeFrom(pb.Limits(**limits))  # type: ignore[arg-type]
    return key_of(subject_of(terms_of(environment, wanted), code, language), fingerprint)


def test_a_key_is_the_same_each_time() -> None:
    assert key() == key() and len(key()) == 32


@pytest.mark.parametrize(
    "other",
    [
        {"environment": "sage"},
        {"fingerprint": b"g" * 16},
        {"fingerprint": b""},
        {"code": "1+1\n"},
        {"code": "1+1\r"},
        {"code": ""},
        {"language": "html"},
        {"language": "python"},
        {"wall_time": 31},
        {"event_rate": 1e-9},
        {"files": 1},
    ],
    ids=str,
)
def test_whatever_may_change_a_result_changes_its_key(other: dict[str, object]) -> None:
    assert key(**other) != key()  # type: ignore[arg-type]


def test_every_limit_counts() -> None:
    keys = {key(**{field.name: 7}) for field in pb.Limits.DESCRIPTOR.fields}
    assert len(keys | {key()}) == len(pb.Limits.DESCRIPTOR.fields) + 1


def test_no_field_runs_into_the_next() -> None:
    rows = itertools.product(["", "a", "ab"], [b"", b"a", b"b", b"ba"], ["", "a", "b", "ab"], ["", "a", "r"])
    keys = [key(*row) for row in rows]
    assert len(set(keys)) == len(keys)


def test_another_version_has_other_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    before = key()
    monkeypatch.setattr(sagews, "__version__", "99")
    assert key() != before


@pytest.mark.parametrize("code", ["a\r\nflush_all\r\n", "\0", " ", "\x7f", "ß\u2028", "\ud800", "x" * 10_000])
def test_keys_of_any_code_are_32_bytes(code: str) -> None:
    assert len(key(code=code)) == 32


def test_expressions_are_part_of_the_subject() -> None:
    terms = terms_of("python", pb.Limits())
    subjects = [
        subject_of(terms, "1", ""),
        subject_of(terms, "1", "", {"a": "b"}),
        subject_of(terms, "1", "", {"a": "c"}),
        subject_of(terms, "1", "", {"ab": ""}),
        subject_of(terms, "1", "", {"a": "b", "c": ""}),
    ]
    assert len(set(subjects)) == len(subjects)
    assert subject_of(terms, "1", "", {"a": "b", "c": "d"}) == subject_of(terms, "1", "", {"c": "d", "a": "b"})
