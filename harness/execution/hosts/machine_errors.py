"""Errors of the machine: another path, option, model or pack does not mend them, another attempt may."""

from __future__ import annotations

import errno

_OF_THE_MACHINE = (
    errno.ENOSPC,
    errno.EDQUOT,
    errno.EFBIG,
    errno.EIO,
    errno.ENOMEM,
    errno.EAGAIN,
    errno.EMFILE,
    errno.ENFILE,
    errno.EROFS,
)
_NO_MEMORY_FOR_A_LIBRARY = ("failed to map segment", "Cannot allocate memory", "cannot allocate memory")


def is_of_the_machine(error: BaseException) -> bool:
    """Whether memory, disk or descriptors of the machine have run out."""
    if isinstance(error, ImportError):
        # The loader of shared libraries has no errno to give.
        return any(words in str(error) for words in _NO_MEMORY_FOR_A_LIBRARY)
    return isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno in _OF_THE_MACHINE)
