"""Joins the zygote's memory into huge pages, so that a fork copies hundreds of page table entries instead of tens of
thousands, and takes half the time.

A forked process that writes to a huge page gets a copy of the 4 KiB that it
writes, as before: the system splits the entry, not the memory.
"""

import ctypes
import mmap

_MADV_COLLAPSE = 25
_SIZE = 2 << 20

_libc = ctypes.CDLL(None, use_errno=True)
_libc.madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]


def join() -> int:
    """Join what can be joined of this process's own writable memory; return how many huge pages that made.

    A system that cannot do it (before Linux 6.1, or with huge pages switched
    off) leaves everything as it is.
    """
    joined = 0
    for start, end in _own_memory():
        for address in range(-(-start // _SIZE) * _SIZE, end // _SIZE * _SIZE, _SIZE):
            joined += _join(address)
    return joined


def available() -> bool:
    """Tell whether this system joins pages, by joining some."""
    with mmap.mmap(-1, 2 * _SIZE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as memory:
        memory.write(b"x" * len(memory))
        first = ctypes.c_char.from_buffer(memory)
        joined = _join(-(-ctypes.addressof(first) // _SIZE) * _SIZE)
        del first
    return joined


def _join(address: int) -> bool:
    return bool(_libc.madvise(address, _SIZE, _MADV_COLLAPSE) == 0)


def _own_memory() -> list[tuple[int, int]]:
    """Return the ranges of writable memory that belong to no file."""
    ranges = []
    with open("/proc/self/maps") as maps:
        for line in maps:
            addresses, permissions, _offset, _device, inode, *name = line.split()
            if permissions.startswith("rw-p") and inode == "0" and name in ([], ["[heap]"]):
                start, end = (int(address, 16) for address in addresses.split("-"))
                ranges.append((start, end))
    return ranges
