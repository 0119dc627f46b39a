"""Keys of a field log."""

from __future__ import annotations

from typing import Annotated, Literal

from simgate.harness.packs.language.definition import ByHand, Keys, Schema, Tree, Wanted, Word, key
from simgate.harness.packs.language.schema_of import TEXT, mapping

WHOLE = "whole"


class LogPartKeys(Keys):
    """Parts of a log: windows, or what is around events."""

    window_s: float | None = key("windows of so many seconds, one after the other", None, gt=0)
    event: Annotated[str | None, Wanted("a topic")] = key("topic of events, each a part of its own", None)
    says: Annotated[str, Wanted("words")] = key("what such an event must say, in whatever case", "")
    before_s: float = key("so much before an event belongs to its part", 2.0, ge=0)
    after_s: float = key("so much after it", 2.0, ge=0)


def _parts() -> Schema:
    return {"anyOf": [{"const": WHOLE}, mapping(LogPartKeys)]}


class LogKeys(Keys):
    """A field log."""

    log: Annotated[str, Wanted("the path of a log")] = key(
        "an .mcap or .bag file, the folder of a rosbag2, or (with parts) a folder of logs"
    )
    images: Annotated[str, Wanted("a topic")] = key("topic of the pictures, for example /front/rgb")
    truth: Annotated[str | None, Wanted("a topic")] = key(
        "topic of their labels (foxglove.ImageAnnotations, vision_msgs/Detection2DArray)", None
    )
    labels: Annotated[str | None, Wanted("the path of labels")] = key(
        "file of their labels in place of a topic: COCO, CVAT, JSON lines, or a folder of KITTI's", None
    )
    labels_by: Annotated[Literal["stamp", "number"], Word("way")] = key(
        "stamp or number: what tells which picture an entry of labels belongs to", "stamp"
    )
    parts: Annotated[Tree, ByHand(_parts)] = key(
        "the variants: whole (each log one), {window_s: 30}, or {event: TOPIC, says: WORDS}", None
    )
    channels: Annotated[Tree, ByHand(lambda: {"type": "object", "additionalProperties": TEXT})] = key(
        "what else is read, NAME: TOPIC, or TOPIC#FIELD for numbers in messages of any type", None
    )
    labelled: Annotated[Literal["every", "some"], Word("way of labelling")] = key(
        "every or some: with some, pictures that nobody has labelled are shown and not judged; with every, "
        "one of them makes its variant INVALID",
        "every",
    )
    tolerance_ms: float = key("so far may the stamps of a picture and its labels be apart", 50.0, ge=0)
    channel: Annotated[str, Wanted("the name of a channel")] = key(
        "what the camera is called, for models that name their channels", "camera.rgb"
    )
