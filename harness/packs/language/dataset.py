"""Keys of a world that is a data set of labelled pictures."""

from __future__ import annotations

from typing import Annotated, Literal

from simgate.harness.packs.language.definition import ByHand, Keys, Tree, Wanted, Word, key
from simgate.harness.packs.language.schema_of import TEXT


class DatasetKeys(Keys):
    """A data set."""

    dataset: Annotated[str, Wanted("the path of the labels")] = key(
        "path of the labels: COCO's JSON, JSON lines, CVAT's XML, or a folder of YOLO, VOC or KITTI"
    )
    format: Annotated[
        Literal["coco", "coco_masks", "jsonl", "yolo", "voc", "kitti", "cvat"] | None, Word("format")
    ] = key(
        "coco, coco_masks (the same file, of which the masks count), jsonl, yolo, voc, kitti or cvat; what "
        "the path looks like when left out",
        None,
    )
    images: Annotated[str | None, Wanted("the path of a folder")] = key(
        "folder of the pictures; where the format has it, or beside the labels, when left out", None
    )
    masks: Annotated[str | None, Wanted("the path of a folder")] = key(
        "folder of the maps of classes and depth; that of the pictures, of COCO's panoptic labels the one "
        "called as they are, when left out",
        None,
    )
    mask_values: Annotated[Tree, ByHand(lambda: {"type": "object", "additionalProperties": {}})] = key(
        "what the values of maps of classes mean, for example {0: background, 1: person, 255: null}; null is "
        "not judged",
        None,
    )
    depth_unit_m: float = key("metres of one step of a map of depth", 0.001, gt=0)
    points: Annotated[Tree, ByHand(lambda: {"type": "object", "additionalProperties": TEXT})] = key(
        "OBJ files with the vertices of bodies in metres, class of the model: FILE; for ADD", None
    )
    classes: Annotated[Tree, ByHand(lambda: {"type": "object", "additionalProperties": TEXT})] = key(
        "names of classes that the model calls otherwise, name in the labels: the model's", None
    )
    group_by: Annotated[str | None, Wanted("a key of the labels' metadata")] = key(
        "metadata by which pictures are one variant, for example sequence; each picture is one when left out",
        None,
    )
    cluster_by: Annotated[str | None, Wanted("a key of the labels' metadata")] = key(
        "metadata by which variants are one unit of proof, for example site; each variant is when left out",
        None,
    )
