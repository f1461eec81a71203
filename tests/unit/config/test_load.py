"""A configuration file: what is right is read, what is wrong is said in one line."""

from pathlib import Path
from typing import get_type_hints

import pytest

from sagews.config.accounts import Accounts
from sagews.config.load import load, parse
from sagews.config.site import Site
from sagews.errors import ConfigurationError

ENVIRONMENT = '[[environment]]\nname = "a"\nlimits = {{ {} }}'


def error_of(text: str) -> str:
    with pytest.raises(ConfigurationError) as error:
        parse(text, "sagews.toml")
    line = str(error.value)
    assert "\n" not in line
    return line


def test_an_empty_file_is_a_site_on_a_laptop() -> None:
    site = parse("", "sagews.toml")
    assert site.backend.host == "127.0.0.1"
    assert [environment.name for environment in site.environment] == ["python"]


def test_where_workers_are_and_what_is_shown_to_them() -> None:
    site = parse(
        "data_directory = '/srv/sagews'\n[backend]\nworkers = ['unix:/run/w1.sock', '[fd00::1]:7400', 'h:7400']\n"
        "[links]\nworker_key = '/etc/key.pem'\n",
        "sagews.toml",
    )
    assert [str(address) for address in site.workers] == ["/run/w1.sock", "[fd00::1]:7400", "h:7400"]
    assert str(site.link_file("worker_key")) == "/etc/key.pem"
    assert str(site.link_file("backend_key")) == "/srv/sagews/certificates/backend-key.pem"


def test_what_is_kept_and_where() -> None:
    site = parse("[cache]\nmemory = 0\nseconds = 0.5\nmemcached = ['a:11211', '[fd00::1]:11212']\n", "sagews.toml")
    assert (site.cache.memory, site.cache.seconds, site.cache.max_value) == (0, 0.5, 1_000_000)
    assert [str(address) for address in site.memcached_servers] == ["a:11211", "[fd00::1]:11212"]


def test_no_file_is_the_default_site() -> None:
    assert load(None) == Site()


def test_rates_of_several_kinds() -> None:
    rates = parse("[rates]\nevaluations_per_address = '20 per 10 seconds; 1000/hour'\nowner = true\n", "x").rates
    assert rates.owner and rates.sessions_per_address
    assert parse("[rates]\nsessions_per_address = ''\n", "x").rates.sessions_per_address == ""


def test_settings_are_read() -> None:
    site = parse('[limits]\nwall_time = 30\n[[environment]]\nname = "python"\nspares = 0\n', "sagews.toml")
    assert site.limits.wall_time == 30
    assert site.environment[0].spares == 0


def test_an_environment_may_lower_limits() -> None:
    (environment,) = parse(ENVIRONMENT.format("memory = 1_000_000, wall_time = 0.5"), "sagews.toml").environment
    assert environment.limits == {"memory": 1_000_000, "wall_time": 0.5}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[limits]\nwal_time = 3", "unknown setting 'wal_time' in [limits]; did you mean 'wall_time'?"),
        ("[embedding]\norigins = ['book.example.org']", "setting 'embedding.origins': 'book.example.org' is no origin"),
        ("[embedding]\norigins = ['https://book.example.org/page']", "is no origin"),
        ("[embedding]\norigins = ['null']", "'null' is no origin"),
        ("[printing]\nseconds = 0", "setting 'printing.seconds': is not above 0"),
        ("[printing]\nmax_bytes = 0", "setting 'printing.max_bytes': is not above 0"),
        ("[printing]\nenvironment = 'python'\nmax_input = 200_000_000", "or over 'limits.file_bytes'"),
        ("[printing]\nbrowser = 'chromium'", "'chromium' is no absolute path"),
        ("[printing]\nenvironment = 'paper'", "'paper' is no environment of this site"),
        ("[printing]\nenvironment = 'python'", "'python' may have the network"),
        (
            "[printing]\nenvironment = 'p'\n[[environment]]\nname = 'p'\nnetwork = false",
            "has a limit of address space, with which Chromium cannot start",
        ),
        ("[cache]\nmemory = -1", "setting 'cache.memory': is negative"),
        ("[cache]\nmemcached = ['h']", "setting 'cache.memcached': 'h' is not an address; write HOST:PORT"),
        ("[cache]\nmemcached = ['h:1', 'h:1']", "setting 'cache.memcached': names a server twice"),
        ("[cache]\nmemcached = 'h:1'", "setting 'cache.memcached'"),
        ("[limit]\nwall_time = 3", "unknown setting 'limit' at the top level; did you mean 'limits'?"),
        (
            '[[environment]]\nname = "python"\nspare = 1',
            "unknown setting 'spare' in [environment]; did you mean 'spares'?",
        ),
        ('[backend]\nport = "x"', "setting 'backend.port': expected `int`, got `str`"),
        ("[backend]\nport = 70000", "70000 is not a port"),
        ("[limits]\nidle = -1", "setting 'limits.idle': is negative"),
        ("[limits]\nwall_time = nan", "setting 'limits.wall_time': is negative, or no number"),
        ("[worker]\nstall_seconds = inf", "setting 'worker.stall_seconds': is negative, or no number"),
        ('[worker]\nname = "W 1"', "'W 1' is not a name"),
        ("[worker]\nlisten = '7400'", "setting 'worker.listen': '7400' is not an address; write HOST:PORT"),
        ("[worker]\nmetrics = '::1:7400'", "setting 'worker.metrics': '::1:7400' is not an address"),
        ("[worker]\nuser_part = 2\nuser_parts = 2", "setting 'worker.user_part': 2 is not below 'worker.user_parts'"),
        ("[worker]\ndrain_seconds = -1", "setting 'worker.drain_seconds': is negative"),
        ("[backend]\nworkspace_copies = -1", "setting 'backend.workspace_copies': is negative"),
        ("[backend]\nworkers = ['nowhere']", "setting 'backend.workers': 'nowhere' is not an address"),
        ("[backend]\nworkers = ['h:99999']", "setting 'backend.workers': 'h:99999' is not an address"),
        ("[backend]\nworkers = ['unix:w1.sock']", "is not an absolute path; write unix:/path"),
        ("[backend]\nworkers = ['h:1', 'h:1']", "names a worker twice"),
        ("[backend]\ntrusted_proxies = ['lb.example.org']", "'lb.example.org' is neither an address nor a network"),
        ("[backend]\ntrusted_proxies = ['10.0.0.5/8']", "has host bits set"),
        (
            "[backend]\nproxy_protocol = true",
            "nobody may send the PROXY header; name the proxies in backend.trusted_prox",
        ),
        (
            "[rates]\ntickets_per_address = 'often'",
            "setting 'rates.tickets_per_address': 'often' is no rate; write it as",
        ),
        ("[rates]\nsessions_per_account = '600/fortnight'", "'600/fortnight' is no rate"),
        (
            "[rates]\nsessions_per_account = '5/minute; 0/hour'",
            "is not between 1 and 1,000,000,000; leave it empty for",
        ),
        (
            "[rates]\nevaluations = '5/minute'",
            "unknown setting 'evaluations' in [rates]; did you mean 'evaluations_per",
        ),
        ("[links]\ntokens = 'x'", "unknown setting 'tokens' in [links]; did you mean 'token'?"),
        ("[database]\nurl = 'mysql://h/x'", "setting 'database.url': is no address of a PostgreSQL database"),
        ("[database]\nurl = 'postgresql+asyncpg://u:secret@h/x'", "setting 'database.url': holds a password; put it"),
        ("[database]\nurl = 'postgresql+asyncpg://u@h/x?password=y'", "setting 'database.url': holds a password"),
        ("[database]\nurl = 'postgresql+asyncpg://[::1/x'", "setting 'database.url': is no address"),
        ("[database]\nconnections = 0", "setting 'database.connections': is below 1"),
        ("[permalinks]\nexpire_days = -1", "setting 'permalinks.expire_days': is negative"),
        ("[logwatch]\ndays = 0", "setting 'logwatch.days': is below 1"),
        ("[logwatch]\nbatch = 0", "setting 'logwatch.batch': is not between"),
        ("[logwatch]\nlongest_record = 10", "setting 'logwatch.longest_record': is not between"),
        ("[logwatch]\ndrain_seconds = -1", "setting 'logwatch.drain_seconds': is no number of seconds"),
        ("[logwatch]\nday = 1", "unknown setting 'day' in [logwatch]"),
        ("environment = []", "has no environment"),
        ('[[environment]]\nname = "a"\n[[environment]]\nname = "a"', "two environments are called 'a'"),
        ("[backend\n", "is not valid TOML"),
        ("[limits]\nopen_files = 20", "'limits.open_files': 20 is too few for Python itself; use 256 or more"),
        (ENVIRONMENT.format("memry = 1"), "'environment.limits.memry' of 'a': is not known; did you mean 'memory'?"),
        (ENVIRONMENT.format("interrupt_pause = 1"), "'environment.limits.interrupt_pause' of 'a': is not known"),
        (ENVIRONMENT.format("memory = 1.5"), "'environment.limits.memory' of 'a': is not a whole number"),
        (ENVIRONMENT.format("idle = nan"), "'environment.limits.idle' of 'a': is not above 0; leave it out"),
        (ENVIRONMENT.format("idle = 0"), "'environment.limits.idle' of 'a': is not above 0; leave it out"),
        (ENVIRONMENT.format("idle = 1e6"), "'environment.limits.idle' of 'a': 1000000.0 is above the site's 1800.0"),
        (ENVIRONMENT.format("idle = 'x'"), "setting 'environment.limits': expected `float`, got `str`"),
    ],
)
def test_what_is_wrong_is_said(text: str, words: str) -> None:
    assert words in error_of(text)


@pytest.mark.parametrize("value", ["0", "-1", "nan", "inf", "-inf", "1e12"])
@pytest.mark.parametrize(
    ("name", "most"),
    [
        ("recent_minutes", "1,440"),
        *((name, "1,000,000,000") for name in ("login_idle", "login_life", "audit_days")),
    ],
)
def test_times_of_accounts_are_above_0_and_end(name: str, most: str, value: str) -> None:
    said = f"setting 'accounts.{name}': is not above 0, or over {most}; correct its value"
    assert said in error_of(f"[accounts]\n{name} = {value}")


def test_a_sign_in_is_recent_for_a_day_at_most() -> None:
    assert parse("[accounts]\nrecent_minutes = 1440.0", "x").accounts.recent_minutes == 1440
    assert "'accounts.recent_minutes'" in error_of("[accounts]\nrecent_minutes = 1440.1")


def test_every_time_of_accounts_has_a_bound() -> None:
    floats = {name for name, kind in get_type_hints(Accounts).items() if kind is float}
    assert floats == {"recent_minutes", "login_idle", "login_life", "audit_days"}


def test_a_file_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"nothing\.toml: cannot be read \(No such file or directory\)"):
        load(tmp_path / "nothing.toml")


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    path = tmp_path / "sagews.toml"
    path.write_bytes(b"\xff")
    with pytest.raises(ConfigurationError, match="is not UTF-8"):
        load(path)


@pytest.mark.parametrize(
    ("line", "network"), [("", None), ("network = true", True), ("network = false", False)], ids=["unsaid", "yes", "no"]
)
def test_whether_the_network_was_spoken_of(line: str, network: bool | None) -> None:
    assert parse(f"[[environment]]\nname = 'a'\n{line}", "x").environment[0].network is network


@pytest.mark.parametrize("code", ['"' + "#" * 70_000 + '"', '"a\\u0000b"'], ids=["long", "NUL"])
def test_a_warm_up_that_no_command_line_takes(code: str) -> None:
    with pytest.raises(ConfigurationError, match=r"environment\.warm_up"):
        parse(f"[[environment]]\nname = 'a'\nwarm_up = {code}", "x")


def test_a_site_that_prints_nothing_may_have_low_limits_of_files() -> None:
    assert parse("[limits]\nfile_bytes = 3_000_000", "sagews.toml").limits.file_bytes == 3_000_000
