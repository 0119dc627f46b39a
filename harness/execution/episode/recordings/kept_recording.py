"""Which recording a run holds of a variant."""

from __future__ import annotations

from pathlib import Path

from simgate.harness.results.record import RunRecord
from simgate.harness.results.run_folder import RunFolder
from simgate.sim_adapters.files.plain_file import inside
from simgate.sim_adapters.printable import printable


class NoRecording(Exception):  # noqa: N818 - the name says what is wrong
    """There is none; the message says why."""


def recording_of(run_dir: Path, variant: str) -> tuple[Path, RunRecord]:
    """The recording of a variant, and its record.

    Args:
        run_dir: Folder of a run.
        variant: Its id; what stands before the last two words counts for nothing.

    Raises:
        NoRecording: The run has no such result, or left no recording of it.
    """
    folder = RunFolder(run_dir)
    folder.manifest()
    tail = "::".join(variant.split("::")[-2:])
    record = next((one for one in folder.records() if one.variant == tail), None)
    if record is None:
        raise NoRecording(f"{run_dir} has no result of '{printable(variant)}'")
    path = record.artifacts.get("trace")
    if path is None:
        message = f"{run_dir} has no recording of {record.variant}: variants that passed leave one with "
        raise NoRecording(message + f"--record all; simgate replay {run_dir} {record.variant} makes it now")
    return inside(folder.path, path), record
