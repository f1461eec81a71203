"""The client's files, laid out for nginx."""

import gzip
import os
from pathlib import Path

from sagews.admin.static_files import KEPT_DAYS, lay_out


def test_they_are_the_same_on_each_machine_and_gzipped_where_that_is_smaller(tmp_path: Path) -> None:
    bundle = tmp_path / "bundle"
    bundle.mkdir()
    for name, body in (
        ("main-ABCDEFGH.js", b"x = 1;" * 500),
        ("font.woff2", bytes(4000)),
        ("index.html", b"page" * 500),
    ):
        (bundle / name).write_bytes(body)
    for name in ("left", "right"):
        lay_out(tmp_path / name, bundle)
    left, right = (
        {p.name: (p.stat().st_mtime, p.read_bytes()) for p in (tmp_path / n).iterdir()} for n in ("left", "right")
    )
    assert left == right and set(left) == {"main-ABCDEFGH.js", "main-ABCDEFGH.js.gz", "font.woff2"}
    assert gzip.decompress(left["main-ABCDEFGH.js.gz"][1]) == left["main-ABCDEFGH.js"][1]
    assert (tmp_path / "left" / "font.woff2").stat().st_mode & 0o777 == 0o644


def test_what_has_changed_gets_another_time_and_what_is_gone_stays_only_by_its_hash(tmp_path: Path) -> None:
    bundle, into = tmp_path / "bundle", tmp_path / "into"
    bundle.mkdir()
    (bundle / "sockjs.js").write_bytes(b"one")
    (bundle / "old-ABCDEFGH.js").write_bytes(b"old")
    (bundle / "plain.js").write_bytes(b"plain")
    lay_out(into, bundle)
    before = (into / "sockjs.js").stat().st_mtime
    (bundle / "sockjs.js").write_bytes(b"two")
    for gone in ("old-ABCDEFGH.js", "plain.js"):
        os.unlink(bundle / gone)
    lay_out(into, bundle)
    assert {path.name for path in into.iterdir()} == {"sockjs.js", "old-ABCDEFGH.js"}
    assert (into / "sockjs.js").stat().st_mtime != before and KEPT_DAYS > 0
