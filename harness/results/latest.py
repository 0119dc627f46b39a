"""``runs/latest``: the run that was begun last, without knowing its name.

A link; where the file system has none, a file with the name of the run's folder in it.
"""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

from simgate.harness.results.atomic_write import write_atomic

LATEST = "latest"
_LONGEST_NAME = 255


def point_latest(run_dir: Path) -> None:
    """Makes ``latest``, beside a run's folder, stand for it. A folder of that name is left alone.

    That a run goes on without it is worth more than the name: nothing is raised when it cannot be written.
    """
    place = run_dir.with_name(LATEST)
    if place.is_dir() and not place.is_symlink():
        return
    with suppress(OSError):
        try:
            fresh = place.with_name(f".simgate-{secrets.token_hex(8)}")
            fresh.symlink_to(run_dir.name, target_is_directory=True)
        except OSError:
            if place.is_symlink():
                place.unlink()
            write_atomic(place, f"{run_dir.name}\n")
        else:
            fresh.replace(place)


def followed(path: Path) -> Path:
    """The folder that a path means: ``latest`` is what it stands for now, whatever is begun later.

    Args:
        path: Of a run's folder, or ``.../latest``.
    """
    if path.name != LATEST:
        return path
    with suppress(OSError, UnicodeDecodeError):
        if path.is_symlink():
            name = os.fspath(path.readlink())
        elif path.is_file() and path.stat().st_size <= _LONGEST_NAME:
            name = path.read_text(encoding="utf-8").strip()
        else:
            return path
        # A name, and nothing that leads elsewhere.
        if name != ".." and Path(name).name == name != "":
            return path.with_name(name)
    return path


def run_dirs(runs_dir: Path) -> list[Path]:
    """The folders of all runs in a folder of runs, each once, by name."""
    if not runs_dir.is_dir():
        return []
    return sorted(path.parent for path in runs_dir.glob("*/manifest.json") if path.parent.name != LATEST)
