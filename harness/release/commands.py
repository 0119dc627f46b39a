"""Commands of a release file: run once, ended after their time, and what they showed."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from simgate.harness.release.plan import LAYERS, Leg, Release
from simgate.harness.results.atomic_write import write_atomic
from simgate.harness.results.run_folder import NotARun, RunFolder
from simgate.sim_adapters.files.plain_file import read_plain
from simgate.sim_adapters.printable import printable, printable_lines

FOLDER = "commands"
"""Below that of the release: a record and a log of each."""
_MOST_LOG = 1 << 20
"""Bytes of a command's output that are kept: its end."""
_OWN = "simgate"


@dataclass(frozen=True, slots=True)
class Ran:
    """A command that was run.

    Attributes:
        command: As a shell would be given it.
        seconds: That it took.
        problem: Why it does not show what it must, a sentence; empty where it does.
        is_refuted: Whether it came to its end, and that was another one.
        run_id: Of the run that it was to make; empty where there is none.
    """

    command: str
    seconds: float
    problem: str = ""
    is_refuted: bool = False
    run_id: str = ""

    @property
    def shown(self) -> str:
        """In one line."""
        return f"`{self.command}` {self.problem or 'shows what it must'} (after {self.seconds:.0f} s)"


def run_commands(
    release: Release, folder: Path, out: Path, say: Callable[[str], None], *, may_run: bool = True
) -> dict[str, Ran]:
    """What the commands of the layers showed: then where the run that they make is there already, else now.

    Args:
        release: As its file says.
        folder: Of that file, in which they run.
        out: Of all that is written of the release.
        say: Told what is run, before it is.
        may_run: Whether any is run.
    """
    found: dict[str, Ran] = {}
    for name in LAYERS:
        leg: Leg | None = getattr(release.layers, name)
        if leg is None or leg.command is None:
            continue
        record = out / FOLDER / f"{name}.json"
        if leg.run is not None and (folder / leg.run).exists():
            earlier = _earlier(record)
            if earlier is not None and earlier.run_id == _run_id(folder, leg):
                found[name] = earlier
        elif may_run:
            say(f"{name}: {_words(leg)} (at most {leg.timeout_minutes:g} minutes)")
            found[name] = _run(leg, folder, record.with_suffix(".log"))
            write_atomic(record, json.dumps(asdict(found[name]), indent=1) + "\n")
    return found


def log_files(out: Path, ran: dict[str, Ran]) -> dict[str, bytes]:
    """Path -> content of what belongs to these commands in a release's package."""
    paths = [out / FOLDER / f"{name}{end}" for name in ran for end in (".json", ".log")]
    return {f"{FOLDER}/{path.name}": path.read_bytes() for path in paths if path.is_file()}


def _run(leg: Leg, folder: Path, log: Path) -> Ran:
    log.parent.mkdir(parents=True, exist_ok=True)
    raw = log.with_suffix(".raw")
    began = time.monotonic()
    try:
        with raw.open("w+b") as file:
            problem, came_to_its_end = _ended(leg, folder, file)
            size = file.seek(0, os.SEEK_END)
            file.seek(max(size - _MOST_LOG, 0))
            text = printable_lines(file.read().decode("utf-8", "replace").replace("\r\n", "\n"))
    finally:
        raw.unlink(missing_ok=True)
    write_atomic(log, text)
    if not problem and leg.shows is not None and leg.shows not in text:
        problem = f"does not show '{leg.shows}'"
    if problem and (last := text.strip().rpartition("\n")[2]):
        problem += f"; its last line: {last[:200]}"
    refuted = bool(problem) and came_to_its_end
    return Ran(_words(leg), time.monotonic() - began, problem, refuted, _run_id(folder, leg))


def _ended(leg: Leg, folder: Path, output: IO[bytes]) -> tuple[str, bool]:
    """Runs a command to its end; returns what is wrong with that, and whether it came so far by itself."""
    program, *arguments = leg.command or ()
    # Whatever is on PATH: the one that judges is the one that runs.
    words = [sys.executable, "-m", "simgate.harness.cli.main"] if program == _OWN else [program]
    try:
        process = subprocess.Popen(
            [*words, *arguments],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        return f"cannot be run: {error}", False
    try:
        code = process.wait(leg.timeout_minutes * 60.0)
    except subprocess.TimeoutExpired:
        return f"was ended after {leg.timeout_minutes:g} minutes", False
    finally:
        # Also what it has left behind, and all of it when this is interrupted.
        _end(process)
    if code < 0:
        return f"was ended by signal {-code}", False
    return ("" if code == leg.exit_code else f"ended with exit code {code}, not {leg.exit_code}"), True


def _end(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _run_id(folder: Path, leg: Leg) -> str:
    if leg.run is None:
        return ""
    try:
        return RunFolder(folder / leg.run).manifest().run_id
    except (NotARun, OSError):
        return ""


def _earlier(record: Path) -> Ran | None:
    """What was written of a command, also where the file names another one now: that one made the run."""
    try:
        said: Any = json.loads(read_plain(record, _MOST_LOG))
        return Ran(**{key: kind(said[key]) for key, kind in _KINDS.items()})
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return None


_KINDS = {"command": str, "seconds": float, "problem": str, "is_refuted": bool, "run_id": str}


def _words(leg: Leg) -> str:
    return printable(shlex.join(leg.command or ()))
