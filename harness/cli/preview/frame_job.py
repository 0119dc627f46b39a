"""What the renderer's process is asked for, and what it answers; both are files, never stdout."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from simgate.harness.expansion.variant import Variant
from simgate.harness.packs.model import SimSpec
from simgate.harness.packs.native_field import NativeField

OUTSIDE = "from outside"
"""Title of a picture that none of the robot's own cameras took."""


class FrameModel(BaseModel):
    """Base of job and answers: immutable, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class FrameRequest(FrameModel):
    """One frame to draw."""

    variant: Variant
    world: str
    """Entry-point name of the world."""
    native: NativeField = None
    """What the pack says about a file of the team's own."""
    folder: str = ""
    """The pack's folder."""
    stem: str
    """Beginning of the names of the files to write."""


class FrameJob(FrameModel):
    """All frames of one process."""

    sim: SimSpec
    frames: tuple[FrameRequest, ...]
    answers: str
    """File to append answers to, one JSON line a frame."""


class Shown(FrameModel):
    """One picture of a variant."""

    title: str
    path: str
    is_frame: bool = False
    """Whether it is the frame of the first colour camera, which models look at."""


class FrameAnswer(FrameModel):
    """What became of a frame."""

    variant: str
    pictures: tuple[Shown, ...] = ()
    """Of each camera and scanner, or from outside; none for a robot without any."""
    error: str = ""
    """Why there is no picture; empty when nothing went wrong."""
