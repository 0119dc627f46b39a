"""Takes frames of one camera until one can be believed, and keeps why one cannot."""

from __future__ import annotations

from collections.abc import Callable

from simgate.sim_adapters.isaacsim.camera import CameraFeed
from simgate.sim_adapters.isaacsim.options import IsaacOptions
from simgate.sim_adapters.isaacsim.physics_loop import PhysicsLoop
from simgate.sim_adapters.isaacsim.readiness import Frame, FrameGate

LATE_FRAMES = 4
"""Frames that are rendered for one moment until one of that moment arrives."""


class Shutter:
    """Frames of one camera in one episode.

    Args:
        feed: The camera.
        loop: The clock.
        gate: Judges the frames.
        options: Frames to wait for.

    Attributes:
        problem: Why frames cannot be believed; empty while they can.
    """

    def __init__(self, feed: CameraFeed, loop: PhysicsLoop, gate: FrameGate, options: IsaacOptions) -> None:
        self.problem = ""
        self._feed, self._loop, self._gate, self._options = feed, loop, gate, options

    def first(self) -> Frame:
        """Waits until frames can be believed, then lets ghosts of the last scene fade."""
        self._render_until(self._gate.problem, self._options.ready_frames)
        for _ in range(self._options.settle_frames):
            self._feed.render()
        frame = self._feed.read()
        self._doubt(self._gate.problem(frame, self._loop.time_s()))
        return frame

    def take(self, drawn: bool = False) -> Frame:
        """A frame of the present state.

        A frame of another moment is rendered again, until it is known that this renderer is always late.
        Black or uniform ones are not: a robot may stand before a wall, and the run's own checks count those.

        Args:
            drawn: Whether the present state has been rendered already.
        """
        most = 1 if self.problem else LATE_FRAMES
        frame, problem = self._render_until(self._arrival_problem, most, drawn)
        self._doubt(problem)
        return frame

    def _arrival_problem(self, frame: Frame, now_s: float) -> str:
        if frame.rgb is None or frame.ids is None:
            return self._gate.problem(frame, now_s)
        return self._gate.skew_problem(frame, now_s)

    def _render_until(
        self, judge: Callable[[Frame, float], str], most: int, drawn: bool = False
    ) -> tuple[Frame, str]:
        """Renders until a frame has no problem; returns the last one and its problem.

        Args:
            judge: Says what is wrong with a frame, given the simulated time.
            most: Frames to look at.
            drawn: Whether the first one has been rendered already.
        """
        for number in range(most):
            if number or not drawn:
                self._feed.render()
            frame = self._feed.read()
            problem = judge(frame, self._loop.time_s())
            if not problem:
                break
        return frame, problem

    def _doubt(self, problem: str) -> None:
        if problem and not self.problem:
            self.problem = f"{problem}, first seen at step {self._loop.step_count}"
