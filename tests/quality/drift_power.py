"""How often ``simgate drift`` raises a false alarm, and how often it finds a change, on frames of the demo.

    simgate export-frames PACK --scenario 'glass_door_*' --variants 40 --every 8 --out EPISODES
    python -m tests.quality.drift_power EPISODES --episodes 84 --repeats 200

Each repeat draws 40 episodes for either side, none on both, and changes the frames of one side. All frames are
cropped by 6 pixels and drawn to their size again, so that a shifted lens shows nothing made up at its border.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from pathlib import Path

import numpy as np
from PIL import Image
from scipy.ndimage import gaussian_filter

from simgate.harness.drift.frame_statistics import NAMED, episode_statistics, frame_statistics
from simgate.harness.drift.two_samples import compare
from simgate.harness.execution.episode.models.perception_runtime import make_runtime
from simgate.policies.perception.package import load_package

MODEL = Path(__file__).parents[2] / "policies" / "reference_model" / "model.yaml"
SIDE = 40


def _bytes(values):
    return np.clip(np.round(values), 0, 255).astype(np.uint8)


def _cropped(frame, down=0):
    part = frame[6 + down : -6 + down, 6:-6]
    return np.asarray(Image.fromarray(part).resize(frame.shape[1::-1], Image.Resampling.BILINEAR))


CHANGES = {
    "none": _cropped,
    "gamma 1.3": lambda frame: _cropped(_bytes(255.0 * (frame / 255.0) ** 1.3)),
    "red 1.1 times": lambda frame: _cropped(_bytes(frame * [1.1, 1.0, 1.0])),
    "blur 1.5 px": lambda frame: _cropped(_bytes(gaussian_filter(frame.astype(float), (1.5, 1.5, 0)))),
    "lens shifted by 5 px": lambda frame: _cropped(frame, 5),
}


def measured(folder: Path, count: int, tensor: str) -> dict[str, np.ndarray]:
    """Change -> an episode a row."""
    files = defaultdict(list)
    for file in sorted(folder.glob("*.png")):
        files[file.name.rpartition("-")[0]].append(file)
    runtime = make_runtime("onnxruntime", load_package(MODEL))
    rows = {name: [] for name in CHANGES}
    for own in list(files.values())[:count]:
        frames = [np.asarray(Image.open(file).convert("RGB")) for file in own]
        for name, change in CHANGES.items():
            shown = np.stack([change(frame) for frame in frames])
            pairs = zip(shown, runtime.infer(shown), strict=True)
            found = np.stack([frame_statistics(*pair) for pair in pairs])
            inner = runtime.tensor(tensor, shown) if tensor else found[:, :0]
            rows[name].append(episode_statistics(list(np.hstack([found, inner]))))
    return {name: np.stack(own) for name, own in rows.items()}


def main() -> None:
    """Prints a row for each change."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--episodes", type=int, default=2 * SIDE)
    parser.add_argument("--repeats", type=int, default=200)
    parser.add_argument(
        "--tensor", default="", help="of the shipped detector, for example /net/ReduceMean_output_0"
    )
    args = parser.parse_args()
    tables = measured(args.folder, args.episodes, args.tensor)
    random = np.random.default_rng(7)
    for name, table in tables.items():
        alarms, effects = 0, []
        for _ in range(args.repeats):
            order = random.permutation(len(table))
            found = compare(tables["none"][order[:SIDE]], table[order[SIDE : 2 * SIDE]], NAMED)
            alarms += found.drifts()
            effects.append(found.effect)
        print(f"{name}: {alarms} of {args.repeats}, mean effect {np.mean(effects):.3f}", flush=True)


if __name__ == "__main__":
    main()
