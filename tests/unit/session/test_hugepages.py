"""Huge pages, where the system has them."""

import subprocess
import sys


def test_joined_memory_is_as_before_also_in_a_fork() -> None:
    code = (
        "import os\nfrom sagews.session import hugepages\n"
        "data = [bytearray(b'%d' % n) * 1000 for n in range(10_000)]\n"
        "joined = hugepages.join()\nassert joined >= 0\n"
        "if (pid := os.fork()) == 0:\n    data[5][:] = b'new'\n    os._exit(data[7] != b'7' * 1000)\n"
        "assert os.waitpid(pid, 0)[1] == 0\n"
        "assert all(text == b'%d' % n * 1000 for n, text in enumerate(data))\n"
    )
    subprocess.run([sys.executable, "-c", code], timeout=60, check=True)
