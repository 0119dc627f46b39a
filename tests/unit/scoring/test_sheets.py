"""Detections are matched, and average precision is computed, as pycocotools does it."""

import contextlib
import io

import numpy as np
import pytest

from simgate.harness.gate.parts import parts_of
from simgate.harness.gate.statistics.data_sets.whole import mean_value
from simgate.harness.packs.overall import overall_of
from simgate.harness.results.record import Outcome, RunRecord
from simgate.harness.scoring.sheets import sheets_of
from simgate.policies.perception.outputs import Boxes
from simgate.sim_adapters.datasets.dataset import Labelled

CLASSES = ("cup", "fork", "plate")


def picture(random):
    """Objects, some not to be judged, and detections of which most lie on one."""
    objects, boxes, ids = [], [], []
    for _ in range(random.integers(0, 7)):
        x, y = random.uniform(0, 80, 2)
        w, h = random.uniform(8, 40, 2)
        label, crowd, ignore = CLASSES[random.integers(3)], random.random() < 0.12, random.random() < 0.12
        objects.append(Labelled(label, (x, y, x + w, y + h), ignore=ignore, crowd=crowd))
        for _ in range(random.integers(0, 3)):
            dx, dy, dw, dh = random.normal(0, 0.12, 4)
            boxes.append([x + dx * w, y + dy * h, x + w + dw * w, y + h + dh * h])
            ids.append(CLASSES.index(label) if random.random() < 0.85 else random.integers(3))
    for _ in range(random.integers(0, 3)):
        x, y = random.uniform(0, 80, 2)
        boxes.append([x, y, x + 20, y + 20])
        ids.append(random.integers(3))
    scores = np.round(random.uniform(0.05, 1, len(ids)), 2)  # Some are equal.
    order = np.argsort(-scores, kind="stable")
    return objects, Boxes(
        boxes=np.array(boxes, np.float32).reshape(-1, 4)[order],
        scores=scores.astype(np.float32)[order],
        class_ids=np.array(ids, np.int64)[order],
        classes=CLASSES,
    )


def by_pycocotools(pictures):
    """AP by name, of all classes and of each."""
    coco_module = pytest.importorskip("pycocotools.coco")
    from pycocotools.cocoeval import COCOeval

    truth = {
        "images": [{"id": k + 1} for k in range(len(pictures))],
        "categories": [{"id": k + 1, "name": name} for k, name in enumerate(CLASSES)],
        "annotations": [],
    }
    found = []
    for k, (objects, boxes) in enumerate(pictures):
        for one in objects:
            x0, y0, x1, y1 = one.box
            truth["annotations"].append(
                {
                    "id": len(truth["annotations"]) + 1,
                    "image_id": k + 1,
                    "category_id": CLASSES.index(one.label) + 1,
                    "bbox": [x0, y0, x1 - x0, y1 - y0],
                    "area": (x1 - x0) * (y1 - y0),
                    "iscrowd": int(one.crowd),
                    "ignore": int(one.ignore),
                }
            )
        for box, score, class_id in zip(boxes.boxes, boxes.scores, boxes.class_ids, strict=True):
            x0, y0, x1, y1 = map(float, box)
            bbox = [x0, y0, x1 - x0, y1 - y0]
            found.append(
                {"image_id": k + 1, "category_id": int(class_id) + 1, "bbox": bbox, "score": float(score)}
            )
    with contextlib.redirect_stdout(io.StringIO()):
        coco = coco_module.COCO()
        coco.dataset = truth
        coco.createIndex()
        # pycocotools takes ignore from iscrowd alone in loadRes's world, so it is said where it is asked.
        run = COCOeval(coco, coco.loadRes(found), "bbox")
        prepare = run._prepare

        def with_ignored():
            prepare()
            for own in run._gts.values():
                for one in own:
                    one["ignore"] = int(one["iscrowd"] or truth["annotations"][one["id"] - 1]["asked"])

        for one, (objects_ignore) in zip(
            truth["annotations"], [o.ignore for objects, _ in pictures for o in objects], strict=True
        ):
            one["asked"] = objects_ignore
        run._prepare = with_ignored
        run.evaluate()
        run.accumulate()
    precision = run.eval["precision"][:, :, :, 0, 2]  # overlap, recall, class; all areas, 100 detections

    def mean(overlaps, classes):
        values = precision[overlaps][:, :, classes]
        return float(values[values > -1].mean())

    every = list(range(3))
    wanted = {"AP50": [0], "AP75": [5], "AP50:95": list(range(10))}
    return {
        **{name: mean(overlaps, every) for name, overlaps in wanted.items()},
        **{f"{name}.{c}": mean(o, [k]) for name, o in wanted.items() for k, c in enumerate(CLASSES)},
    }


def a_record(sheets):
    return RunRecord(
        variant="a",
        scenario="a",
        severity="major",
        variant_digest="a",
        identity="a",
        outcome=Outcome.PASS,
        sheets=sheets,
    )


@pytest.mark.parametrize("seed", range(5))
def test_average_precision_is_that_of_pycocotools(seed):
    random = np.random.default_rng(seed)
    pictures = [picture(random) for _ in range(40)]
    records = [(str(k), a_record(sheets_of([one], CLASSES))) for k, one in enumerate(pictures)]
    for name, expected in by_pycocotools(pictures).items():
        assert mean_value(parts_of(overall_of(name), records)) == pytest.approx(expected, abs=1e-9), name


def test_a_group_of_pictures_is_worth_the_same_as_its_pictures():
    random = np.random.default_rng(9)
    pictures = [picture(random) for _ in range(12)]
    each = [(str(k), a_record(sheets_of([one], CLASSES))) for k, one in enumerate(pictures)]
    metric = overall_of("AP50:95")
    together = mean_value(parts_of(metric, [("all", a_record(sheets_of(pictures, CLASSES)))]))
    assert together == pytest.approx(mean_value(parts_of(metric, each)), abs=1e-12)


def test_nothing_is_judged_in_a_region_of_which_nothing_is_known():
    region = Labelled("", (0, 0, 50, 50), crowd=True)
    boxes = np.array([[5, 5, 15, 15], [60, 60, 70, 70]], np.float32)
    found = Boxes(
        boxes=boxes,
        scores=np.array([0.9, 0.8], np.float32),
        class_ids=np.zeros(2, np.int64),
        classes=("cup",),
    )
    (sheet,) = sheets_of([([region], found)], ("cup",)).values()
    assert (sheet.truths, sheet.hits, sheet.ignored) == (0, (0, 0), (1023, 0))
