"""A configuration from a few answers: whatever is answered, it can be read, or the answer is refused."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sagews.admin.beginning import Answers, begin, configuration, other
from sagews.admin.programs import programs
from sagews.config.load import load, parse
from sagews.errors import ConfigurationError

ANSWERS = Answers(
    host="cells.example.org", certificate="/etc/sagews/site.pem", data="/var/lib/sagews", backends=2, workers=3
)


def test_it_is_a_site_with_all_that_was_answered(tmp_path: Path) -> None:
    file = tmp_path / "sagews.toml"
    begin(ANSWERS, file)
    site = load(file)
    assert site.backend.hosts == ["cells.example.org"] and site.haproxy.certificate == "/etc/sagews/site.pem"
    kinds = [program.kind for program in programs(site, "front")]
    assert (kinds.count("backend"), kinds.count("worker"), kinds.count("postgresql")) == (2, 3, 1)
    assert parse(configuration(replace(ANSWERS, certificate="")), "x").haproxy.certificate == ""


def test_tls_by_stunnel_and_workers_on_other_machines() -> None:
    others = (other("left,10.0.0.2,me@left.example.org"), other("right, 10.0.0.3"))
    site = parse(configuration(replace(ANSWERS, tls="stunnel", nginx=False, address="10.0.0.1", others=others)), "x")
    assert [(each.name, each.address, each.ssh) for each in site.machine] == [
        ("front", "10.0.0.1", ""),
        ("left", "10.0.0.2", "me@left.example.org"),
        ("right", "10.0.0.3", "10.0.0.3"),
    ]
    assert site.machine[0].services == {"stunnel": 1, "haproxy": 1, "backend": 2, "memcached": 1, "postgresql": 1}
    assert site.machine[1].services == site.machine[2].services == {"worker": 3}
    assert site.haproxy.speaks_tls == "stunnel"
    for wrong in (
        replace(ANSWERS, others=others),
        replace(ANSWERS, address="10.0.0.1", others=(other('left,10.0.0.2,"'),)),
        replace(ANSWERS, address="10.0.0.1", others=(other("left"),)),
        replace(ANSWERS, tls="nginx"),
    ):
        with pytest.raises(ConfigurationError):
            configuration(wrong)


def test_the_database_is_on_a_machine_or_there_already_or_a_file() -> None:
    several = replace(ANSWERS, address="10.0.0.1", others=(other("left,10.0.0.2"), other("right,10.0.0.3")))
    url = "postgresql+asyncpg://sagews@db.example.org:5432/sagews?ssl=verify-full"
    for answers in (ANSWERS, several):
        for database in ("front", "left", url, "file"):
            if database == "left" and not answers.others:
                continue
            site = parse(configuration(replace(answers, database=database)), "x")
            having = [each.name for each in site.machine if each.services.get("postgresql")]
            assert having == ([database] if database in ("front", "left") else [])
            assert site.database.url == (url if database == url else "")
            assert all(programs(site, each.name) for each in site.machine)
    for wrong in ("", "middle", "mysql://x@y/z", "postgresql+asyncpg://a:secret@y/z", f'{url}"', f"{url}\n", "left,x"):
        with pytest.raises(ConfigurationError, match=r"--database|database\.url"):
            configuration(replace(several, database=wrong))
    with pytest.raises(ConfigurationError, match="left"):
        configuration(replace(ANSWERS, database="left"))


def test_no_file_is_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "sagews.toml"
    file.write_text("mine")
    with pytest.raises(ConfigurationError, match="is there already"):
        begin(ANSWERS, file)
    assert file.read_text() == "mine"


@given(st.text(), st.sampled_from(["host", "certificate", "data", "database"]))
def test_an_answer_is_a_value_or_refused(text: str, name: str) -> None:
    answers = Answers(**{"host": "h", "certificate": "", "data": "/d", "backends": 1, "workers": 1} | {name: text})  # type: ignore[arg-type]
    try:
        site = parse(configuration(answers), "x")
    except ConfigurationError:
        return
    found = {"host": site.backend.hosts[0], "certificate": site.haproxy.certificate, "data": site.data_directory}
    # None of `front` and `file` is written as such.
    found["database"] = site.database.url or text
    assert found[name] == text
