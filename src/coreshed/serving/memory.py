"""What the C library does with memory that is free again."""

import ctypes

# Of glibc's malloc.h.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
_LARGEST_KEPT = 4 << 20
_KEPT = 32 << 20


def keep_freed() -> None:
    """Keep some for what comes next; where the C library is not glibc it does as it likes.

    Left to itself glibc hands large pieces back to the kernel at once, to be zeroed and mapped again for the next chunk
    of a body (half a second of every GiB received) and the next tile of a block model (a sixth of the processor time of
    a report).
    """
    if hasattr(libc := ctypes.CDLL(None), "mallopt"):
        libc.malloc_trim(0)  # what only the start needed
        libc.mallopt(_M_ARENA_MAX, 1)  # threads that allocate take turns anyway
        libc.mallopt(_M_MMAP_THRESHOLD, _LARGEST_KEPT)
        libc.mallopt(_M_TRIM_THRESHOLD, _KEPT)
