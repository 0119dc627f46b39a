"""``simgate doctor --adapter NAME``: what one simulator does on this machine, on one page.

Every measurement runs in a process of its own, in the simulator's interpreter, against a deadline: what is to
be found out includes crashes, hangs and exit codes that lie.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from simgate.harness.doctor.checkup import Finding
from simgate.harness.execution.episode.validity import CONSTANT_SPREAD
from simgate.harness.execution.hosts.host_environment import host_environment
from simgate.harness.packs.worlds import ADAPTER_OPTIONS
from simgate.harness.registry import load, names
from simgate.sim_adapters.options import Options

START_S, MEASURE_S, CONFORMANCE_S = 900.0, 600.0, 1800.0
"""Deadlines. A first start fills the shader cache, which takes minutes."""
CLOSE_S = 60.0
"""From the answer until the process must have ended by itself."""
MOST_OFF_PX = 2.0
"""A post may be so far from where it should be: a pixel of rasterisation on each side."""
MUCH_MEMORY_MIB = 50.0
_POLL_S = 0.1
_CONFORMANCE = Path(__file__).with_name("conformance_probe.py")


@dataclass(frozen=True, slots=True)
class _Run:
    """What a child process has left.

    Attributes:
        answer: Its JSON object; None when there is none.
        ended: How it ended, for the reader.
        by_itself: Whether it ended without being killed.
        close_s: Seconds from the answer to the end.
        log: The end of its output; of a crash what it was doing.
        crashed: Whether a signal ended it that was not ours.
        crash: What became of a first try that crashed; empty when there was none.
    """

    answer: dict[str, Any] | None
    ended: str
    by_itself: bool
    close_s: float
    log: str
    crashed: bool = False
    crash: str = ""


def check_adapter(name: str, interpreter: Sequence[str]) -> Iterator[Finding]:
    """Everything about one simulator; stops when it does not start.

    Args:
        name: Entry-point name of the adapter.
        interpreter: Command that runs Python for it.
    """
    with tempfile.TemporaryDirectory(prefix="simgate-doctor-") as folder:
        checkup = _AdapterCheckup(name, interpreter, Path(folder))
        started = checkup.measure("start", {}, START_S)
        for finding in _start_findings(name, started):
            yield _with_crash(finding, started)
        if started.answer is None or "unavailable" in started.answer:
            return
        if not started.answer.get("planar", True):  # What follows is measured on a robot in the plane.
            yield checkup.conformance()
            return
        for option, choice in _shown(name) or [("", "")]:
            options = {option: choice} if option else {}
            subject = f"frames and poses, {choice} {option}" if option else "frames and poses"
            found = checkup.measure("alignment", options, MEASURE_S)
            yield _with_crash(_alignment_finding(subject, found), found)
        for what, told in (("repeat", _repeat_finding), ("memory", _memory_finding)):
            found = checkup.measure(what, {}, MEASURE_S)
            yield _with_crash(told(found), found)
        yield checkup.conformance()


def _shown(name: str) -> list[tuple[str, str]]:
    """Every option of an adapter that shows in its frames, with each of its choices."""
    declared: Options = load(ADAPTER_OPTIONS, name) if name in names(ADAPTER_OPTIONS) else {}
    return [(key, choice) for key, option in declared.items() if option.shows for choice in option.choices]


class _AdapterCheckup:
    """Runs measurements of one adapter."""

    def __init__(self, name: str, interpreter: Sequence[str], folder: Path) -> None:
        self._name = name
        self._interpreter = tuple(interpreter)
        self._folder = folder
        self._environ = host_environment(0, os.environ)

    def measure(self, what: str, options: Mapping[str, object], deadline_s: float) -> _Run:
        """One measurement in a fresh process."""
        out = self._folder / "answer.json"
        out.unlink(missing_ok=True)
        arguments = ["-P", "-m", "simgate.harness.doctor.adapter_probe", what, self._name, str(out)]
        return self._run([*arguments, json.dumps(dict(options))], out, deadline_s)

    def _run(self, arguments: Sequence[str], out: Path, deadline_s: float) -> _Run:
        """A run, and a second one where the first crashed: runs replace a worker that crashes once."""
        first = self._run_once(arguments, out, deadline_s)
        if out.exists() or not first.crashed:
            return first
        crash = f"a first try gave nothing: {first.ended}; {first.log}"
        return replace(self._run_once(arguments, out, deadline_s), crash=crash)

    def _run_once(self, arguments: Sequence[str], out: Path, deadline_s: float) -> _Run:
        """Waits for the answer, then for the end; whatever is left of the process group is killed."""
        log = self._folder / "log.txt"
        with log.open("wb") as sink:
            process = subprocess.Popen(
                [*self._interpreter, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
                env=self._environ,
                start_new_session=True,
            )
        deadline = time.monotonic() + deadline_s
        while not out.exists() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(_POLL_S)
        answered = time.monotonic()
        deadline = answered + (CLOSE_S if out.exists() else 0.0)
        while process.poll() is None and time.monotonic() < deadline:
            time.sleep(_POLL_S)
        by_itself = process.poll() is not None
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        code = process.wait()
        answer = json.loads(out.read_text()) if out.suffix == ".json" and out.exists() else None
        ended = _ending(code, by_itself)
        return _Run(
            answer, ended, by_itself, time.monotonic() - answered, _last_words(log), by_itself and code < 0
        )

    def conformance(self) -> Finding:
        """The conformance suite, by pytest in the simulator's interpreter."""
        out = self._folder / "conformance.xml"
        self._environ["SIMGATE_DOCTOR_ADAPTER"] = self._name
        options = ["-q", "-p", "no:cacheprovider", "-o", "addopts=", f"--junit-xml={out}"]
        command = ["-P", "-m", "pytest", *options, str(_CONFORMANCE)]
        done = self._run(command, out, CONFORMANCE_S)
        return _with_crash(_conformance_finding(out, done), done)


def _start_findings(name: str, run: _Run) -> Iterator[Finding]:
    subject = f"start of {name}"
    if run.answer is None:
        yield Finding(subject, "bad", f"no first frame: {run.ended}; its last words: {run.log}")
        return
    if "unavailable" in run.answer:
        yield Finding(subject, "bad", run.answer["unavailable"])
        return
    found = run.answer
    what = f"{found['version']} draws with {found['renderer']} on {found['device']}"
    if found["spread"] is None and not found["health"]:
        yield Finding(subject, "ok", f"{what}; first world, without a camera, after {found['seconds']:.1f} s")
    elif found["health"] or found["spread"] <= CONSTANT_SPREAD:
        why = "; ".join(found["health"]) or "the first frame shows nothing"
        yield Finding(subject, "bad", f"{what}: {why}")
    else:
        yield Finding(subject, "ok", f"{what}; first frame after {found['seconds']:.1f} s")
    if run.by_itself:
        yield Finding("close", "ok", f"{run.ended} after {run.close_s:.1f} s")
    else:
        hint = "runs are safe: a result counts when it has arrived, and hosts that do not end are killed"
        yield Finding("close", "note", f"{run.ended} {CLOSE_S:.0f} s after its last answer", hint)


def _alignment_finding(subject: str, run: _Run) -> Finding:
    found = run.answer
    if found is not None and "unavailable" in found:  # What nobody asks for unless a pack does.
        return Finding(subject, "note", found["unavailable"])
    if found is None or not found.get("frames"):
        return Finding(subject, "bad", _why_nothing(run))
    text = f"{found['mean_px']:.2f} px off on average, at worst {found['worst_px']:.2f} px"
    text += f" ({found['frames']} frames)"
    if found["health"]:
        return Finding(subject, "bad", f"{text}; {'; '.join(found['health'])}")
    if found["worst_px"] <= MOST_OFF_PX:
        return Finding(subject, "ok", text)
    late = found["mean_previous_px"] < found["mean_px"]
    hint = (
        "frames fit the pose before: the renderer is late by one"
        if late
        else "frames fit neither this pose nor the last"
    )
    return Finding(subject, "bad", text, hint)


def _repeat_finding(run: _Run) -> Finding:
    found, subject = run.answer, "same scene twice"
    if found is None or "same_poses" not in found:
        return Finding(subject, "bad", _why_nothing(run))
    poses = "poses are equal bit for bit"
    if not found["same_poses"]:
        poses = f"poses differ by up to {found['largest_pose_difference']:.2g} (m, rad)"
    frames = "frames too"
    if not found["same_frames"]:
        frames = f"frames differ by {found['mean_frame_difference']:.2f} of 255 on average"
    return Finding(subject, "ok" if found["same_poses"] else "note", f"{poses}, {frames}")


def _memory_finding(run: _Run) -> Finding:
    found, subject = run.answer, "memory"
    if found is None or "mib_per_stage" not in found:
        return Finding(subject, "bad", _why_nothing(run))
    text = f"{found['mib_per_stage']:+.1f} MiB a new stage, {found['mib']:.0f} MiB after {found['stages']}"
    much = found["mib_per_stage"] > MUCH_MEMORY_MIB
    return Finding(subject, "note" if much else "ok", text, "hosts are replaced in time" if much else "")


def _with_crash(finding: Finding, run: _Run) -> Finding:
    if not run.crash:
        return finding
    state = "note" if finding.state == "ok" else finding.state
    return replace(finding, state=state, detail=f"{finding.detail}; {run.crash}")


def _conformance_finding(out: Path, done: _Run) -> Finding:
    subject = "conformance suite"
    if not out.exists():
        remedy = "is pytest installed there?" if "No module named pytest" in done.log else ""
        return Finding(subject, "bad", f"no result: {done.ended}; {done.log}", remedy)
    counts = _junit_counts(out)
    if not counts.passed + len(counts.failed) + counts.skipped:
        nothing = "no suite: by its traits it takes neither scenes nor robots on their own joints"
        return Finding(subject, "note", nothing, "subclass RobotConformance in a test of your own")
    text = f"{counts.passed} passed, {len(counts.failed)} failed, {counts.skipped} skipped"
    if counts.failed:
        return Finding(subject, "bad", f"{text}: {'; '.join(counts.failed)}", "run it with pytest to see why")
    return Finding(subject, "ok", text)


@dataclass(frozen=True, slots=True)
class _Counts:
    passed: int
    failed: tuple[str, ...]
    skipped: int


def _junit_counts(path: Path) -> _Counts:
    passed, failed, skipped = 0, [], 0
    for case in ElementTree.parse(path).iter("testcase"):
        if case.find("failure") is not None or case.find("error") is not None:
            failed.append(case.get("name", ""))
        elif case.find("skipped") is not None:
            skipped += 1
        else:
            passed += 1
    return _Counts(passed, tuple(failed), skipped)


def _why_nothing(run: _Run) -> str:
    return f"nothing was measured: {run.ended}; its last words: {run.log}"


def _ending(code: int, by_itself: bool) -> str:
    if not by_itself:
        return "it had to be killed"
    return f"it died of signal {-code}" if code < 0 else f"it ended with exit code {code}"


def _last_words(log: Path) -> str:
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    crash = next((at for at, line in enumerate(lines) if line.startswith("Fatal Python error")), None)
    if crash is None:
        return " | ".join(lines[-3:])
    # The innermost calls come first; what a library said of itself stands before them.
    frames = [line for line in lines[crash:] if line.startswith("File ")]
    return " | ".join([*lines[max(crash - 2, 0) : crash + 1], *frames[:3]])
