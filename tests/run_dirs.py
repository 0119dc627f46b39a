"""The runs in a folder of runs."""

from __future__ import annotations

from pathlib import Path

from simgate.harness.results.latest import LATEST


def run_dirs(runs: Path) -> list[Path]:
    """Folders of runs, by name, also those without a manifest yet; ``latest`` is only a name for one."""
    found = runs.iterdir() if runs.is_dir() else ()
    return sorted(path for path in found if path.name != LATEST)
