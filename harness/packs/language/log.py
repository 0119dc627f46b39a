"""Keys of a field log."""

from __future__ import annotations

from typing import Annotated, Literal

from simgate.harness.packs.language.definition import Keys, Wanted, Word, key


class LogKeys(Keys):
    """A field log."""

    log: Annotated[str, Wanted("the path of a log")] = key(
        "an .mcap or .bag file, or the folder of a rosbag2, for example logs/site_3.mcap"
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
    tolerance_ms: float = key("so far may the stamps of a picture and its labels be apart", 50.0, ge=0)
    channel: Annotated[str, Wanted("the name of a channel")] = key(
        "what the camera is called, for models that name their channels", "camera.rgb"
    )
