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


def is_of_the_machine(error: BaseException) -> bool:
    """Whether memory, disk or descriptors of the machine have run out."""
    return isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno in _OF_THE_MACHINE)
