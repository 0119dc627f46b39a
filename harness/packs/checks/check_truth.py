"""Whether a scenario's world can tell the truth that a metric is held against."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from simgate.harness.packs.checks.metric_catalog import MetricInfo
from simgate.policies.documents.nodes import Node
from simgate.policies.documents.problems import Problems
from simgate.sim_adapters.worlds.native_file import NativeError

if TYPE_CHECKING:
    from simgate.harness.packs.reading.worlds.read_jointed import Report
    from simgate.sim_adapters.scene.articulated import Sensor
    from simgate.sim_adapters.worlds.native_file import JointedFile, NativeFile

_LABELLED = ("boxes", "masks", "depth", "poses", "keypoints")
_DRAWN = ("semantic", "instance")


@dataclass(frozen=True, slots=True)
class Sight:
    """What a scenario's robot sees.

    Attributes:
        sensors: Those that the pack declares; none for driving robots.
        jointed: The file of a robot on its own joints.
        report: Reports what the file has against a node.
        touches: Whether anybody tells what the robot touches.
        is_log: Whether it is a log, which is replayed open loop.
        labels: Whether the bodies in its pictures are labelled.
        told: Of a data set: what its labels are.
        points: Likewise of which classes the bodies' points are known.
        file: The file of a driving robot's world.
    """

    sensors: tuple[tuple[str, Sensor], ...] = ()
    jointed: JointedFile | None = None
    report: Report | None = None
    touches: bool = True
    is_log: bool = False
    labels: bool = True
    told: tuple[str, ...] = ()
    points: tuple[str, ...] = ()
    file: NativeFile | None = None


def check_truth(
    problems: Problems,
    node: Node,
    name: str,
    info: MetricInfo,
    of: tuple[Node, str] | None,
    sights: Sequence[Sight],
) -> None:
    """Reports a metric that has no truth to be held against in a scenario that it speaks of.

    Args:
        problems: Takes what is wrong.
        node: Where the criterion is named.
        name: Of the criterion.
        info: Of its metric.
        of: The body that it names, and where.
        sights: What the robot sees in each scenario; none where that is not known.
    """
    if "bodies" in info.records and "of" in info.options and of is None:
        message = f"'{name}' does not say which body it speaks of"
        problems.at(node, "missing-key", message, "add of: body/NAME, a body of the world's file")
    for sight in sights:
        lack = _lack(sight, name, info, of[1] if of is not None else "")
        if isinstance(lack, NativeError) and sight.report is not None and of is not None:
            sight.report(of[0], lack)
        elif lack is not None and not isinstance(lack, NativeError):
            problems.at(node, "metric-needs", *lack)
        if lack is not None:
            return


def _lack_of_labels(sight: Sight, name: str, info: MetricInfo, of: str) -> tuple[str, str] | None:
    """The same of a data set."""
    told, label = " and ".join(sight.told), of.removeprefix("body/")
    if info.touches or "actions" in info.records:
        message = f"'{name}' needs somebody who acts, and in pictures nobody does"
        return message, "judge what the model says of them"
    if info.output in _LABELLED and info.output not in sight.told:
        message = f"'{name}' is held against labels that are {info.output}, and the data set's are {told}"
        return message, "leave it out, or label the pictures so"
    if ".add" in name and label and label not in sight.points:
        message = f"'{name}' needs the points of the body, and nobody says them"
        return message, f"write points: {{{label}: FILE.obj}} under world"
    return None


def _lack(sight: Sight, name: str, info: MetricInfo, of: str) -> tuple[str, str] | NativeError | None:
    """What a scenario lacks for a metric, with a remedy; None for nothing."""
    if sight.told:
        return _lack_of_labels(sight, name, info, of)
    if sight.is_log and (info.touches or {"labels", "bodies", "actions"} & set(info.records)):
        message = f"'{name}' needs what a log does not tell: it is replayed open loop, and nobody acts in it"
        return message, "judge what the model says of its pictures (detection.CLASS.recall), and latency"
    if info.output == "boxes" and not sight.labels:
        message = f"'{name}' needs labels of the log's pictures, and it names none"
        return message, "name their topic, world: {log: ..., truth: TOPIC}, or their file, labels: FILE"
    if info.touches and not sight.touches:
        message = f"'{name}' needs what the robot touches, and an environment does not tell it"
        return (
            message,
            "ask for what its info tells: accept: {NAME: {signal: {name: SIGNAL, reduce: max}, at_most: 0}}",
        )
    if info.output == "boxes" and sight.jointed is not None:
        message = f"'{name}' needs the boxes of all bodies in view, which no simulator tells of such a world"
        return message, "masks and poses are judged there: masks.<class>.iou, poses.<class>.recall"
    if not {"labels", "bodies"} & set(info.records):
        return None
    kinds = {sensor: one.kinds for sensor, one in sight.sensors if one.type == "camera"}
    if not kinds:
        message = f"'{name}' is held against what a camera of a robot on its own joints has before it, and "
        return message + "this world has none", "add one under world.sensors, or leave the criterion out"
    if "labels" in info.records and not any(set(_DRAWN) & set(drawn) for drawn in kinds.values()):
        first = next(iter(kinds))
        hint = f"write kinds: [{', '.join((*kinds[first], 'semantic'))}] for '{first}'"
        return f"'{name}' needs the class of every pixel, which no camera draws", hint
    if of and sight.jointed is not None:
        try:
            sight.jointed.watch(of)
        except NativeError as error:
            return error
    return None
