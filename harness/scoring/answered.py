"""What a model has said of each picture, beside what is true of that picture."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from simgate.harness.scoring.evidence import Evidence
from simgate.harness.scoring.metric import Options
from simgate.harness.trace import CameraTruth
from simgate.policies.perception.outputs import Keypoints, Masks, Poses

Said = TypeVar("Said", bound=Masks | Poses | Keypoints)


@dataclass(frozen=True, slots=True)
class Answered(Generic[Said]):
    """One picture.

    Attributes:
        truth: Of the picture.
        said: What the model has said of it, whenever that arrived; None where it never did, because the
            frame was lost or the model did not answer.
        classes: Of the model.
    """

    truth: CameraTruth
    said: Said | None
    classes: tuple[str, ...]


def answered(
    evidence: Evidence, kind: type[Said], options: Options, label: str = ""
) -> Iterator[Answered[Said]]:
    """Every picture up to the last one that was answered; later ones may have been on their way at the end.

    Args:
        evidence: Of the episode.
        kind: Of the answers.
        options: ``until_s``: later pictures are not judged.
        label: A class that the model must have; empty for any model.

    Raises:
        SeveralModels: Several models give such answers.
    """
    said: dict[int, Said] = {}
    channel, classes = "", tuple[str, ...]()
    for answer in evidence.said(kind):
        if label in ("", *answer.classes):
            said[answer.frame_step], channel, classes = answer, answer.channel, answer.classes
    # A time in seconds is a whole step up to its rounding.
    until = float(options.get("until_s", math.inf)) * evidence.trace.physics_hz + 1e-6
    last = min(max(said, default=-1), until)
    for truth in evidence.trace.truths:
        if channel in truth.channels and truth.step <= last:
            yield Answered(truth, said.get(truth.step), classes)
