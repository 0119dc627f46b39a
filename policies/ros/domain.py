"""A ROS domain of one's own: no other world, run or user of this machine hears it."""

from __future__ import annotations

import fcntl
import os
import tempfile
from pathlib import Path

_DOMAINS = range(1, 102)
"""Of which every port is below those that Linux gives away by itself."""


class NoDomain(Exception):  # noqa: N818 - the name says what is lacking
    """Every domain is taken."""


class Domain:
    """Holds a domain id until it is closed; the kernel gives it back however the process ends.

    Raises:
        NoDomain: All are taken.

    Attributes:
        number: ``ROS_DOMAIN_ID``.
    """

    def __init__(self) -> None:
        folder = Path(tempfile.gettempdir()) / "simgate-ros-domains"
        folder.mkdir(exist_ok=True)
        # Anybody may have put something in its place, a link to a folder of this user's own too.
        if folder.is_symlink():
            raise NoDomain(f"{folder} is a link: remove it")
        if folder.stat().st_uid == os.getuid():
            folder.chmod(0o1777)
        # Begun at different places, so that two processes seldom try the same ones.
        first = os.getpid() % len(_DOMAINS)
        for number in (*_DOMAINS[first:], *_DOMAINS[:first]):
            try:
                flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
                self._held = os.open(folder / str(number), flags, 0o666)
            except OSError:
                continue  # Another user's, from before, or no file.
            try:
                fcntl.flock(self._held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                os.close(self._held)
                continue
            self.number = number
            return
        raise NoDomain(f"all {len(_DOMAINS)} ROS domains of this machine are taken; use fewer --workers")

    def close(self) -> None:
        """Gives it back; safe to call twice."""
        if self._held >= 0:
            os.close(self._held)
            self._held = -1
