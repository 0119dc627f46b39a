"""A double of ovrtx 0.5, as far as simgate uses it: names and parameters are those of its published sources
(``tests/contracts/ovrtx_facts.json``), what it draws is the boxes of the real ovstage that it is attached to.

``faults`` is what it does wrong: ``no_frame``, ``black``, ``frozen`` (the frame before once more), ``elsewhere``
(the stage as it was populated), ``old_names`` (of 0.4), ``wide`` (depth as 64 bits), ``does_not_start``.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from pxr import Usd  # noqa: F401 - before ovstage, or the process may end

# isort: split
import ovstage

__version__ = "0.5.1"

faults: set[str] = set()
late_frames = 0
"""So many steps after a stage was attached give no frame."""
registered: list[str] = []


def register_schema_paths(binary_package_root: str | None = None) -> None:
    registered.append("schemas")


class Device(enum.IntEnum):
    CPU = 0
    CUDA = 1


class TextureStreamingMode(enum.Enum):
    SYNCHRONOUS = "synchronous"


@dataclass
class RendererConfig:
    log_level: str | None = None
    keep_system_alive: bool | None = None
    texture_streaming_mode: TextureStreamingMode | None = None


class MappedRenderVar:
    def __init__(self, array: np.ndarray) -> None:
        self._array = array

    def __enter__(self) -> MappedRenderVar:
        return self

    def __exit__(self, exc_type: Any, exc_val: Any, exc_tb: Any) -> bool:
        return False

    def __dlpack__(self, **given: Any) -> Any:
        return self._array.__dlpack__(**given)

    def __dlpack_device__(self) -> tuple[int, int]:
        return self._array.__dlpack_device__()


@dataclass
class RenderVarOutput:
    name: str
    array: np.ndarray

    def map(self, device: Device = Device.CPU, sync_stream: int | None = None) -> MappedRenderVar:
        assert device == Device.CPU
        return MappedRenderVar(self.array)


@dataclass
class FrameOutput:
    start_time: float
    end_time: float
    render_vars: dict[str, RenderVarOutput]


@dataclass
class ProductOutput:
    name: str
    frames: list[FrameOutput] = field(default_factory=list)


class RenderProductSetOutputs:
    def __init__(self, products: dict[str, ProductOutput]) -> None:
        self._outputs = products

    def __getitem__(self, key: str) -> ProductOutput:
        return self._outputs[key]

    def __contains__(self, key: str) -> bool:
        return key in self._outputs

    def __iter__(self) -> Iterator[str]:
        return iter(self._outputs)


class Renderer:
    def __init__(self, config: RendererConfig | None = None) -> None:
        if "does_not_start" in faults:
            raise RuntimeError("Failed to create renderer: no Vulkan device")
        assert registered, "schemas are registered before a renderer is made"
        self._stage: Any = None
        self._time_s = 0.0
        self.ordinals: list[int] = []

    def attach_ovstage(self, stage: Any) -> None:
        if self._stage is not None:
            raise RuntimeError("Renderer already has an ovstage attached")
        if not isinstance(stage, ovstage.Stage):
            raise TypeError("stage must be a live ovstage.Stage instance")
        self._stage, self._steps = stage, 0

    def detach_ovstage(self) -> None:
        if self._stage is None:
            raise RuntimeError("Renderer has no ovstage attached")
        self._stage = None

    def step(
        self, render_products: set[str], delta_time: float, *, ordinal: int | None = None
    ) -> RenderProductSetOutputs:
        if self._stage is None or ordinal is None:
            raise RuntimeError("ordinal is required while an ovstage is attached")
        if delta_time < 0:
            raise ValueError(f"delta_time must be non-negative, got {delta_time}")
        self._steps += 1
        self.ordinals.append(ordinal)
        began_s = self._time_s
        if "frozen" not in faults:
            self._time_s += delta_time
        found = {path: ProductOutput(path) for path in render_products}
        if "no_frame" in faults or self._steps <= late_frames:
            return RenderProductSetOutputs(found)
        for path, product in found.items():
            seen = _Stage(self._stage, ordinal).look(path)
            frame = FrameOutput(began_s, self._time_s, {})
            for name, array in seen.items():
                called = name.rpartition("/")[2] if "old_names" in faults else name
                frame.render_vars[called] = RenderVarOutput(called, array)
            product.frames.append(frame)
        return RenderProductSetOutputs(found)


class _Stage:
    """Reads the ovstage as it is published at an ordinal, which keeps nothing older."""

    _at_first: ClassVar[dict[tuple[int, str], np.ndarray]] = {}

    def __init__(self, stage: Any, ordinal: int) -> None:
        self._stage, self._ordinal = stage, ordinal
        self._paths = ovstage.PathDictionary(stage)

    def _read(self, path: str, name: str) -> np.ndarray:
        listed = self._paths.create_path_list_from_strings([path])
        latest = ovstage.OrdinalRange.latest(self._ordinal)
        try:
            with (
                self._stage.query_from_path_list(listed) as query,
                self._stage.read_attributes(query, [self._paths.intern_token(name)], latest) as read,
            ):
                group = read.fetch_next()
                assert group is not None, f"{path} has no {name}"
                values = np.from_dlpack(group.dlpack(0)).copy()
                self._stage.release_group(group)
        finally:
            self._paths.destroy_path_list(listed)
        return values

    def _world(self, path: str) -> np.ndarray:
        now = self._read(path, "omni:fabric:worldMatrix")[0]
        return self._at_first.setdefault((id(self._stage), path), now) if "elsewhere" in faults else now

    def _path(self, number: int) -> str:
        return str(self._paths.path_to_string(int(number)))

    def look(self, product: str) -> dict[str, np.ndarray]:
        width, height = (int(side) for side in self._read(product, "resolution")[0])
        camera = self._path(self._read(product, "camera")[0])
        depth, which = self._cast(camera, width, height)
        colour = np.zeros((height, width, 4), np.uint8)
        if "black" not in faults:
            colour[..., :3] = (40 + 50 * (which % 4))[..., None] + (np.arange(width) % 20).astype(np.uint8)[
                :, None
            ]
        drawn = {
            "LdrColor": colour,
            "DistanceToImagePlaneSD": depth[..., None].astype(np.float64 if "wide" in faults else np.float32),
        }
        names = [self._path(number) for number in self._read(product, "orderedVars")]
        return {name: drawn[self._read(name, "sourceName").tobytes().decode()] for name in names}

    def _cast(self, camera: str, width: int, height: int) -> tuple[np.ndarray, np.ndarray]:
        """Depth of the nearest box, ``inf`` for none, and its number + 1; shape (H, W)."""
        eye = self._world(camera)
        focal, wide, high = (
            float(self._read(camera, name)[0])
            for name in ("focalLength", "horizontalAperture", "verticalAperture")
        )
        x = ((np.arange(width) + 0.5) / width - 0.5) * wide / focal
        y = (0.5 - (np.arange(height) + 0.5) / height) * high / focal
        rays = np.stack((*np.meshgrid(x, y), np.full((height, width), -1.0)), axis=-1) @ eye[:3, :3]
        nearest, which = np.full((height, width), np.inf), np.zeros((height, width), dtype=np.int64)
        for number, box in enumerate(self._boxes()):
            half = 0.5 * float(self._read(box, "size")[0])
            back = np.linalg.inv(self._world(box))
            origin, way = eye[3, :3] @ back[:3, :3] + back[3, :3], rays @ back[:3, :3]
            with np.errstate(divide="ignore", invalid="ignore"):
                sides = np.stack(((-half - origin) / way, (half - origin) / way))
            into, out = sides.min(axis=0).max(axis=-1), sides.max(axis=0).min(axis=-1)
            hit = (into <= out) & (into > 0.0) & (into < nearest)
            nearest[hit], which[hit] = into[hit], number + 1
        return nearest, which

    def _boxes(self) -> list[str]:
        is_cube = ovstage.Predicate("usd-prim-type", ovstage.FilterOp.IN, ["Cube"])
        found, token = [], self._paths.intern_token("size")
        latest = ovstage.OrdinalRange.latest(self._ordinal)
        with (
            self._stage.query(filter=ovstage.Filter([is_cube])) as query,
            self._stage.read_attributes(query, [token], latest) as read,
        ):
            while (group := read.fetch_next()) is not None:
                found += [str(path) for path in self._paths.get_path_strings(group.prim_list)]
                self._stage.release_group(group)
        return sorted(found)
