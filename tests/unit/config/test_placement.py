"""Where services run, and the site as each of them sees it."""

from pathlib import Path

import msgspec
import pytest

from sagews.config.load import load, parse
from sagews.config.placement import for_service, placed, reached
from sagews.config.servers import comers
from sagews.config.site import Site
from sagews.errors import ConfigurationError

EXAMPLES = Path(__file__).parents[3] / "examples"


def example(name: str) -> Site:
    return load(EXAMPLES / name)


def test_a_site_that_names_no_machine_has_one_with_a_worker_and_a_backend() -> None:
    site = parse("", "sagews.toml")
    assert [(each.name, each.machine.name) for each in placed(site)] == [("worker1", ""), ("backend1", "")]
    assert for_service(site, "backend1") == site


def test_services_of_one_machine_have_ports_that_follow_one_another() -> None:
    found = {each.name: each.port for each in placed(example("one-machine.toml"))}
    assert found == {
        "postgresql1": 5432,
        "memcached1": 11211,
        "worker1": 7400,
        "worker2": 7401,
        "backend1": 8080,
        "backend2": 8081,
        "nginx1": 8180,
        "haproxy1": 80,
        "logwatch1": 0,
    }


def test_what_a_backend_of_one_machine_sees() -> None:
    backend = for_service(example("one-machine.toml"), "backend2").backend
    assert (backend.host, backend.port, backend.public, backend.https) == ("127.0.0.1", 8081, True, False)
    assert backend.workers == ["unix:/run/sagews/worker1.sock", "unix:/run/sagews/worker2.sock"]
    assert backend.trusted_proxies == ["127.0.0.1"]


def test_backends_know_one_another_and_who_runs_the_site() -> None:
    one = for_service(example("one-machine.toml"), "backend2")
    assert (one.backend.name, one.backend.neighbours) == ("backend2", {"backend1": "127.0.0.1:8080"})
    assert one.operators == ["127.0.0.1"]
    text = 'operators = ["192.0.2.1"]\ndatabase.url = "postgresql+asyncpg://u@h/x"\n' + machines(
        'name = "a"\naddress = "10.0.0.1"\nservices = { backend = 1, worker = 1, haproxy = 1 }',
        'name = "b"\naddress = "10.0.0.2"\nssh = "b"\nservices = { backend = 1, haproxy = 1 }',
    )
    site = parse(text, "sagews.toml")
    for name, host, other in (("backend1", "10.0.0.1", "backend2"), ("backend2", "10.0.0.2", "backend1")):
        seen = for_service(site, name)
        assert seen.backend.host == host and seen.backend.neighbours == {other: f"10.0.0.{other[-1]}:8080"}
        assert seen.operators == ["192.0.2.1", "10.0.0.1", "10.0.0.2"]
        # A balancer of the same machine comes from where it connects to.
        assert seen.backend.trusted_proxies == ["10.0.0.1", "10.0.0.2"]


def test_workers_of_one_machine_have_no_user_in_common() -> None:
    for users, parts in (("", [(0, 1), (1, 2)]), ("7000-7999", [(0, 2), (1, 2)])):
        site = example("one-machine.toml")
        site = msgspec.structs.replace(site, worker=msgspec.structs.replace(site.worker, users=users))
        workers = [for_service(site, name).worker for name in ("worker1", "worker2")]
        assert [(each.user_part, each.user_parts) for each in workers] == parts
    assert for_service(example("three-machines.toml"), "worker2").worker.user_part == 0


def test_each_service_comes_to_the_sites_own_postgresql_in_a_role_of_its_own() -> None:
    site = example("one-machine.toml")
    where = "/sagews?host=/var/lib/sagews/postgresql/run&port=5432"
    assert for_service(site, "backend1").database.url == f"postgresql+asyncpg://sagews_backend@{where}"
    assert for_service(site, "logwatch1").database.url == f"postgresql+asyncpg://sagews_logwatch@{where}"
    assert for_service(site, "worker1").database.url == ""


def test_what_services_of_several_machines_see() -> None:
    site = example("three-machines.toml")
    backend = for_service(site, "backend1")
    assert backend.backend.workers == ["10.0.0.2:7400", "10.0.0.3:7400"]
    assert backend.backend.host == "127.0.0.1" and backend.backend.https
    assert [str(server) for server in backend.memcached_servers] == ["127.0.0.1:11211"]
    worker = for_service(site, "worker2")
    assert (worker.worker.name, worker.worker.listen, worker.backend.public) == ("worker2", "10.0.0.3:7400", True)


def test_services_of_other_machines_come_to_the_sites_own_servers_over_tls() -> None:
    text = machines(
        'name = "a"\naddress = "10.0.0.1"\nservices = { postgresql = 1, memcached = 1, backend = 1, haproxy = 1 }',
        f'name = "b"\naddress = "10.0.0.2"\nssh = "b"\ndata_directory = "/srv/b"\n{BOTH}',
    )
    site = parse('data_directory = "/srv/a"\n' + text, "x")
    near, far = for_service(site, "backend1"), for_service(site, "backend2")
    assert near.database.url == "postgresql+asyncpg://sagews_backend@/sagews?host=/srv/a/postgresql/run&port=5432"
    assert near.database.authority == near.database.password_file == ""
    assert far.database.url == "postgresql+asyncpg://sagews_backend@10.0.0.1:5432/sagews"
    assert far.database.authority == "/srv/b/certificates/authority.pem"
    assert far.database.password_file == "/srv/b/secrets/sagews_backend.password"
    # Both call the server by the same name, by which they agree on what it has.
    assert near.cache.memcached_tls == far.cache.memcached_tls == ["10.0.0.1:11211"]
    assert near.cache.memcached == far.cache.memcached == []
    logs = for_service(site, "logwatch2")
    assert logs.database.url == "postgresql+asyncpg://sagews_logwatch@10.0.0.1:5432/sagews"
    assert logs.database.password_file == "/srv/b/secrets/sagews_logwatch.password"
    assert comers(placed(site)) == {"sagews_backend": [site.machine[1]], "sagews_logwatch": [site.machine[1]]}
    assert comers(placed(example("one-machine.toml"))) == {}
    assert set(comers(placed(example("three-machines.toml")))) == {"sagews_logwatch"}


FRONTS = """
[[machine]]
name = "a"
address = "10.0.0.1"
services = { haproxy = 1, nginx = 1, backend = 1, worker = 1 }
[[machine]]
name = "b"
address = "10.0.0.2"
ssh = "b"
services = { haproxy = 1, nginx = 1 }
"""


def test_where_services_listen_that_balancers_of_two_machines_ask() -> None:
    site = parse(FRONTS, "x")
    # Both of its balancers reach it by this, also the one beside it, and come from these.
    backend = for_service(site, "backend1").backend
    assert (backend.host, backend.trusted_proxies) == ("10.0.0.1", ["10.0.0.1", "10.0.0.2"])
    assert {name: str(place) for name, place in reached(placed(site), "backend").items()} == {
        "backend1": "10.0.0.1:8080"
    }
    nginxes = {name: str(place) for name, place in reached(placed(site), "nginx").items()}
    assert nginxes == {"nginx1": "10.0.0.1:8180", "nginx2": "10.0.0.2:8180"}


def test_what_speaks_tls() -> None:
    assert parse("", "x").haproxy.speaks_tls == ""
    assert parse("haproxy.tls = 'none'", "x").haproxy.speaks_tls == ""
    for tls, port in (("haproxy", 443), ("stunnel", 443)):
        services = "{ haproxy = 1, stunnel = 1, backend = 1, worker = 1 }"
        text = f'haproxy.certificate = "/p.pem"\nhaproxy.tls = "{tls}"\n[[machine]]\nname = "a"\nservices = {services}'
        if tls == "haproxy":
            text = text.replace("stunnel = 1, ", "")
        site = parse(text, "x")
        assert site.haproxy.speaks_tls == tls and for_service(site, "backend1").backend.https
        assert site.haproxy.https_port == port


def test_a_worker_beside_its_backends_listens_for_no_other_machine() -> None:
    assert for_service(example("one-machine.toml"), "worker2").worker.listen == ""


def test_a_machine_has_directories_of_its_own() -> None:
    machine = '[[machine]]\nname = "a"\nservices = { backend = 1, worker = 1 }\ndata_directory = "/srv/a"\n'
    assert for_service(parse(machine, "x"), "worker1").data == Path("/srv/a")


def test_a_new_worker_changes_backends_and_no_other_worker() -> None:
    text = '[[machine]]\nname = "a"\nservices = {{ backend = 1, worker = {} }}\n'
    one, two = (parse(text.format(count), "x") for count in (1, 2))
    assert for_service(one, "backend1").backend != for_service(two, "backend1").backend
    assert for_service(one, "worker1").worker == for_service(two, "worker1").worker
    assert for_service(one, "worker1").backend == for_service(two, "worker1").backend


def test_a_service_that_is_not_there_is_told_with_those_that_are() -> None:
    with pytest.raises(ConfigurationError, match="backend3: is no service of the site; it has worker1, backend1"):
        for_service(parse("", "x"), "backend3")


def machines(*lines: str, more: str = "") -> str:
    return more + "".join(f"[[machine]]\n{line}\n" for line in lines)


BOTH = "services = { backend = 1, worker = 1 }"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (machines(f'name = "A"\n{BOTH}'), "'machine.name': 'A' is not a name"),
        (machines(f'name = "a"\n{BOTH}', f'name = "a"\nssh = "h"\n{BOTH}'), "two machines are called 'a'"),
        (machines(f'name = "a"\naddress = "a b"\n{BOTH}'), "'machine.address' of machine 'a': 'a b' is no name"),
        (machines(f'name = "a"\nssh = "-oProxyCommand=x"\n{BOTH}'), "'machine.ssh' of machine 'a'"),
        (machines('name = "a"\nservices = { bakend = 1 }'), "did you mean 'backend'?"),
        (machines('name = "a"\nservices = { haproxy = 2 }'), "2 of 'haproxy' is not from 0 to 1"),
        (machines('name = "a"\nservices = { backend = 1 }'), "no machine has a worker"),
        (machines('name = "a"\nservices = { backend = 2, worker = 1 }'), "several backends have no balancer"),
        (machines(f'name = "a"\n{BOTH}', f'name = "b"\n{BOTH}'), "two machines have no 'machine.ssh'"),
        (
            machines('name = "a"\nservices = { backend = 2, worker = 1, haproxy = 1 }', more="haproxy.port = 8081\n"),
            "would both have port 8081",
        ),
        (
            machines(
                'name = "a"\naddress = "10.0.0.1"\nservices = { backend = 1, worker = 1, haproxy = 1 }',
                'name = "b"\naddress = "10.0.0.2"\nssh = "b"\nservices = { backend = 1 }',
            ),
            "cannot share a database that is a file",
        ),
        (
            machines(
                f'name = "a"\naddress = "10.0.0.1"\n{BOTH}',
                'name = "b"\naddress = "10.0.0.2"\nssh = "b"\nservices = { postgresql = 1 }',
                'name = "c"\naddress = "10.0.0.3"\nssh = "c"\nservices = { postgresql = 1 }',
            ),
            "two machines have a postgresql",
        ),
        (
            machines(f'name = "a"\n{BOTH}', 'name = "b"\nssh = "b"\nservices = { postgresql = 1 }'),
            "setting 'machine.address': 'b' and 'a' have the same; give one by which the others reach its postgresql",
        ),
        (
            machines(f'name = "a"\n{BOTH}', 'name = "b"\nssh = "b"\nservices = { memcached = 1 }'),
            "'machine.address': 'b' and 'a' have the same; give one by which the others reach its memcached",
        ),
        (
            machines(
                f'name = "a"\naddress = "10.0.0.1"\n{BOTH}', 'name = "b"\nssh = "b"\nservices = { postgresql = 1 }'
            ),
            "'machine.address' of machine 'b': is loopback; give one by which the others reach its postgresql",
        ),
        (
            machines(
                f'name = "a"\naddress = "10.0.0.1"\n{BOTH}',
                'name = "b"\naddress = "10.0.0.2"\nssh = "b"\nservices = { postgresql = 1 }',
                more="links.authority = '/a.pem'\n",
            ),
            "'links.authority': the postgresql that other machines reach has certificates of the site's own authority",
        ),
        (
            machines(
                'name = "a"\nservices = { backend = 1, worker = 1, postgresql = 1 }',
                more="database.url = 'postgresql+asyncpg://u@h/x'\n",
            ),
            "'database.url' names another",
        ),
        ('operators = ["x"]', "'operators': 'x' is neither"),
        (
            'database.url = "postgresql+asyncpg://u@h/x"\n'
            + machines(
                f'name = "a"\naddress = "a.lan"\n{BOTH[:-2]}, haproxy = 1 }}',
                'name = "b"\naddress = "10.0.0.2"\nssh = "b"\nservices = { backend = 1 }',
            ),
            "sagews.toml:4: setting 'machine.address' of machine 'a': is no IP address; give one",
        ),
        (machines('name = "a"\nservices = { backend = 1, worker = 1, nginx = 1 }'), "a nginx has no balancer"),
        (
            machines(
                'name = "a"\nservices = { backend = 1, worker = 1, haproxy = 1 }',
                more="haproxy = { tls = 'stunnel', certificate = '/p' }\n",
            ),
            "machine 'a' has one of haproxy and stunnel alone",
        ),
        (
            machines('name = "a"\nservices = { backend = 1, worker = 1, haproxy = 1, stunnel = 1 }'),
            "'haproxy.tls' is not 'stunnel'",
        ),
        (
            machines(
                'name = "a"\nservices = { backend = 1, worker = 1, haproxy = 1 }', more="haproxy.tls = 'haproxy'\n"
            ),
            "'haproxy.certificate' is missing",
        ),
        (
            machines(
                'name = "a"\naddress = "front.lan"\nservices = { backend = 1, worker = 1, haproxy = 1 }',
                'name = "b"\naddress = "10.0.0.2"\nssh = "b"\nservices = { haproxy = 1 }',
            ),
            "'machine.address' of machine 'a': is no IP address",
        ),
        (
            machines(
                'name = "a"\nservices = { backend = 1, worker = 1, haproxy = 1, nginx = 1 }',
                more="backend.origins = ['https://x\"; return 200']\n",
            ),
            "is no origin",
        ),
        ("nginx.cache = 5", "'nginx.cache': 5 bytes are too few"),
        ("haproxy.tls = 'yes'", "'haproxy.tls'"),
        ('haproxy.certificate = "/a b"', "'haproxy.certificate'"),
        ("haproxy.host = 'x; stats'", "'haproxy.host'"),
        ("memcached.port = 70000", "'memcached.port': 70000 is not a port"),
    ],
)
def test_what_cannot_be_a_site_is_told(text: str, said: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        parse(text, "sagews.toml")
    assert said in str(error.value) and "\n" not in str(error.value)
