"""The numbers of the system calls, against the kernel's own headers."""

import re
from pathlib import Path

import pytest

from sagews.session.syscall_numbers import NUMBERS

HEADERS = {
    "x86_64": Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
    "aarch64": Path("/usr/include/asm-generic/unistd.h"),
}


NOT_CALLS = {"sync_file_range2", "arch_specific_syscall", "syscalls"}
"""What the generic header defines beside the calls of aarch64."""


@pytest.mark.parametrize("machine", list(HEADERS))
def test_the_numbers_are_those_of_the_systems_headers(machine: str) -> None:
    if not HEADERS[machine].exists():
        pytest.skip("the kernel's headers are not installed")
    found = re.findall(r"^#define __NR(?:3264)?_(\w+)\s+(\d+)$", HEADERS[machine].read_text(), re.MULTILINE)
    theirs = {name: int(number) for name, number in found if name not in NOT_CALLS}
    if machine == "aarch64":
        theirs["newfstatat"] = theirs.pop("fstatat")
        # 32-bit architectures' calls with 64-bit times have a range of their own.
        theirs = {name: number for name, number in theirs.items() if not 403 <= number <= 423}
    ours = NUMBERS[machine]
    newest = min(max(theirs.values()), max(ours.values()))
    assert up_to(newest, ours) == up_to(newest, theirs)


def up_to(newest: int, numbers: dict[str, int]) -> dict[str, int]:
    return {name: number for name, number in numbers.items() if number <= newest}


def test_both_have_the_calls_that_a_filter_cannot_be_without() -> None:
    for numbers in NUMBERS.values():
        assert {"clone", "clone3", "unshare", "socket", "ioctl", "seccomp", "mknodat", "setns"} <= numbers.keys()
        assert len(set(numbers.values())) == len(numbers)
