"""Network to model package: ONNX file and ``model.yaml``."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Mapping
from pathlib import Path

import torch
import yaml

from simgate.policies.reference_model.frames import CLASSES
from simgate.policies.reference_model.network import STRIDE, DoorNet, Exported
from simgate.policies.reference_model.training import MEAN, STD

WIDTH, HEIGHT = 160, 120
ONNX_FILE = "detector.onnx"
_OPSET = 17


def export_onnx(net: DoorNet, path: Path) -> None:
    """Writes the network with a free batch axis."""
    names = ["frames", "heatmap", "box"]
    with warnings.catch_warnings():
        # The exporter that torch recommends needs onnxscript; the older one writes this network exactly.
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.onnx.export(
            Exported(net).eval(),
            (torch.zeros(1, 3, HEIGHT, WIDTH),),
            str(path),
            input_names=names[:1],
            output_names=names[1:],
            dynamic_axes={name: {0: "n"} for name in names},
            opset_version=_OPSET,
            dynamo=False,
        )


def write_package(
    folder: Path,
    *,
    version: str,
    thresholds: Mapping[str, float],
    lineage: Mapping[str, str | int | float | bool],
    limits: Mapping[str, str | float],
) -> Path:
    """Writes ``model.yaml`` for the ONNX file that lies in ``folder``; returns its path."""
    content = (folder / ONNX_FILE).read_bytes()
    package = {
        "name": "door_detector",
        "version": version,
        "classes": list(CLASSES),
        "input": {
            "name": "frames",
            "width": WIDTH,
            "height": HEIGHT,
            "dtype": "float32",
            "layout": "nchw",
            "color": "rgb",
            "scale": 1.0 / 255.0,
            "mean": [MEAN] * 3,
            "std": [STD] * 3,
        },
        "decoder": {
            "kind": "center_heatmap",
            "stride": STRIDE,
            "score_threshold": {name: round(float(thresholds[name]), 3) for name in CLASSES},
            "max_detections": 8,
            "nms_iou": 0.5,
            "outputs": {"heatmap": "heatmap", "box": "box"},
        },
        "artifacts": [{"kind": "onnx", "file": ONNX_FILE, "sha256": hashlib.sha256(content).hexdigest()}],
        "latency": {
            "device": "reference",
            "distribution": {"normal": {"mean": 25.0, "std": 4.0, "between": [15.0, 45.0]}},
        },
        "lineage": {name: _as_number(value) for name, value in lineage.items()},
        "limits": dict(limits),
        "model_card": "model_card.md",
    }
    path = folder / "model.yaml"
    path.write_text(yaml.safe_dump(package, sort_keys=False, default_flow_style=None, width=100))
    return path


def _as_number(value: str | int | float | bool) -> str | int | float | bool:
    """Digits as the number that is written like them, so that they need no quotes when written again."""
    is_digits = isinstance(value, str) and value.isdecimal() and str(int(value)) == value
    return int(value) if is_digits else value
