"""Memory that a process gives back to the system, where its C library is glibc; elsewhere nothing happens."""

from __future__ import annotations

import ctypes
from contextlib import suppress

_M_MMAP_THRESHOLD = -3
"""malloc.h"""
LARGE_BLOCK = 128 * 1024
"""Bytes, as glibc begins with."""


def give_large_blocks_back() -> None:
    """Has every freed block over LARGE_BLOCK bytes returned at once, from now on.

    By itself glibc raises the size from which it does so with every block it gets back, up to 32 MB: after some large
    bodies all later ones come out of a heap that only grows.
    """
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, LARGE_BLOCK)


def trim() -> None:
    """Returns the free pages that lie between smaller blocks in use. It takes some milliseconds (malloc_trim(3))."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
