"""What a session has, and what it has not."""

import os

import pytest

from sagews.protocol import sagews_pb2 as pb
from sagews.session.sandbox import Sandbox, WallError
from tests.unit.session.running import RunningSession, RunningZygote


def test_descriptors(session: RunningSession) -> None:
    output = session.evaluate("import os\nprint(*sorted(int(n) for n in os.listdir('/proc/self/fd')))")
    numbers = [int(number) for number in output.text().split()]
    assert numbers[:3] == [0, 1, 2]
    assert len([number for number in numbers if 3 <= number < 200]) <= 3, "the loop's own pair, and the listing"
    output = session.evaluate("import subprocess\n_ = subprocess.run('ls /proc/self/fd', shell=True, close_fds=False)")
    assert {int(number) for number in output.text().split()} <= {0, 1, 2, 3, 4}


def test_limits(zygote: RunningZygote) -> None:
    code = (
        "import resource\nprint(resource.getrlimit(resource.RLIMIT_AS)[1], *resource.getrlimit(resource.RLIMIT_CORE))"
    )
    with zygote.session(address_space=1 << 30) as session:
        limit, *core = map(int, session.evaluate(code).text().split())
        assert 1 << 30 < limit < 4 << 30
        assert core == [0, 0]
    with zygote.session() as session:
        assert session.evaluate(code).text().startswith("-1 ")


def test_its_own_group_and_directory(session: RunningSession) -> None:
    output = session.evaluate(
        "import os, tempfile\nopen('x', 'w').write('1')\n"
        "print(os.getpid() == os.getpgid(0) == os.getsid(0), os.getcwd(), tempfile.gettempdir())\n"
        "print(oct(os.stat('..').st_mode))"
    )
    own, files, temporary, mode = output.text().split()
    assert own == "True"
    assert os.path.dirname(files) == os.path.dirname(temporary) and files != temporary
    assert mode == "0o40700"


def test_modules_of_the_reader_are_found(session: RunningSession) -> None:
    session.evaluate("%%writefile own_module.py\nx = 5")
    assert session.evaluate("import own_module\nown_module.x").results == ["5"]


@pytest.mark.parametrize(
    ("walls", "missed"),
    [
        (pb.Walls(seccomp=True), "no filter of system calls"),
        (pb.Walls(sandbox=True), "new privileges can be had"),
    ],
)
def test_a_wall_that_does_not_stand_is_seen(walls: pb.Walls, missed: str) -> None:
    """As a session looks at its walls before it says that it is ready: here, where none was put up."""
    with pytest.raises(WallError, match=missed):
        Sandbox()._check(walls)


def test_a_session_whose_walls_do_not_stand_ends_before_it_is_ready(zygote: RunningZygote) -> None:
    """As -1 a user id means no change (setresuid(2)): every step succeeds, and the look at the end sees it."""
    session = zygote.spawn_behind(pb.Walls(seccomp=True, uid=2**32 - 1, gid=1))
    tag, status = session.wait_until_ended()
    session.take_rest()
    session.end()
    assert (tag, status, session.ready) == ("X", 70, False)
    if os.geteuid() == 0:
        assert "WallError: the user is (0, 0, 0, 0)" in session.output.text("stderr")
