"""Starts the renderer's processes and collects their frames."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from simgate.harness.cli.preview.frame_job import FrameAnswer, FrameJob, FrameRequest, Shown
from simgate.harness.execution.hosts.host_environment import host_environment
from simgate.harness.expansion.variant import Variant
from simgate.harness.packs.model import Pack

START_UP_S, PER_FRAME_S = 60.0, 10.0
"""Wall-clock limits of a process: to start, and for each of its frames."""
LOG_LINES = 12


class CannotRender(Exception):  # noqa: N818 - the name says what happened
    """No frame could be drawn; the message holds the end of the renderer's log."""


@dataclass(frozen=True, slots=True)
class StartFrame:
    """The first frame of a variant: its pictures, or why there are none."""

    variant: Variant
    pictures: tuple[Shown, ...]
    error: str = ""

    @property
    def frame(self) -> Path | None:
        """The frame of the first colour camera; None without one."""
        return next((Path(shown.path) for shown in self.pictures if shown.is_frame), None)


def render_start_frames(
    pack: Pack, variants: Sequence[Variant], folder: Path, hosts: int = 1
) -> list[StartFrame]:
    """Draws the first frames of variants in child processes.

    Args:
        pack: Names the adapter, and the world of each scenario.
        variants: Of this pack.
        folder: Empty folder for pictures, jobs and logs.
        hosts: Processes.

    Raises:
        CannotRender: Not a single frame could be drawn.
    """
    requests = [
        FrameRequest(
            variant=v,
            world=pack.scenario(v.scenario).world,
            native=pack.scenario(v.scenario).native,
            folder=str(Path(pack.path).parent),
            stem=str(folder / f"{i:04d}"),
        )
        for i, v in enumerate(variants)
    ]
    shares = [share for k in range(max(1, hosts)) if (share := tuple(requests[k :: max(1, hosts)]))]
    jobs = [
        FrameJob(sim=pack.sim, frames=share, answers=str(folder / f"answers-{k}.ndjson"))
        for k, share in enumerate(shares)
    ]
    logs = _run(jobs, folder)
    answers = _answers(jobs)
    died = "the renderer died before it"
    told = [answers.get(v.id, FrameAnswer(variant=v.id, error=died)) for v in variants]
    frames = [StartFrame(v, one.pictures, one.error) for v, one in zip(variants, told, strict=True)]
    if frames and all(frame.error for frame in frames):
        raise CannotRender(f"no frame could be drawn: {frames[0].error}\n{_end_of(logs[0])}".rstrip())
    return frames


def _run(jobs: Sequence[FrameJob], folder: Path) -> list[Path]:
    """Runs all processes to their end or their limit; returns their logs."""
    logs, running = [], []
    for number, job in enumerate(jobs):
        path, log = folder / f"job-{number}.json", folder / f"renderer-{number}.log"
        path.write_text(job.model_dump_json())
        with log.open("wb") as stream:
            process = subprocess.Popen(
                [sys.executable, "-m", "simgate.harness.cli.preview.render_frames", str(path)],
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                env=host_environment(number, os.environ),
            )
        limit_s = START_UP_S + PER_FRAME_S * len(job.frames)
        running.append((process, time.monotonic() + limit_s))
        logs.append(log)
    try:
        for process, deadline in running:
            with suppress(subprocess.TimeoutExpired):
                process.wait(max(0.0, deadline - time.monotonic()))
    finally:
        for process, _ in running:
            process.kill()
            process.wait()
    return logs


def _answers(jobs: Sequence[FrameJob]) -> dict[str, FrameAnswer]:
    """By variant; a torn last line is a frame that was never finished."""
    answers = {}
    for job in jobs:
        path = Path(job.answers)
        lines = path.read_text(encoding="utf-8").split("\n")[:-1] if path.exists() else []
        for line in lines:
            answer = FrameAnswer.model_validate_json(line)
            answers[answer.variant] = answer
    return answers


def _end_of(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-LOG_LINES:])
