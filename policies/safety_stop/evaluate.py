"""How often networks are wrong: ``python -m simgate.policies.safety_stop.evaluate stop.onnx plain.onnx``.

On moments in aisles that they have not seen: speeds that are too fast and were not called so (missed), and
speeds that are safe and were called too fast (false alarms), by what is in the way.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime as ort

from simgate.policies.safety_stop.scenes import KINDS, samples


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(
        prog="python -m simgate.policies.safety_stop.evaluate", description=__doc__
    )
    parser.add_argument("networks", type=Path, nargs="+", metavar="ONNX")
    parser.add_argument("--aisles", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1000)
    options = parser.parse_args(arguments)
    for kind in dict.fromkeys(KINDS):
        rng = np.random.default_rng(options.seed)
        moments = list(samples(rng, options.aisles, 4, plain=False, kinds=(kind,)))
        for path in options.networks:
            session = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])
            called = np.array([session.run(None, {"points": seen[None]})[0][0] > 0.0 for seen, _ in moments])
            wanted = np.array([wanted for _, wanted in moments])
            fast, safe = wanted == 1.0, wanted == 0.0
            print(
                f"{path.name:12} {kind:8} missed {(fast & ~called).sum():4} of {fast.sum():4},"
                f" false alarms {(safe & called).sum():4} of {safe.sum():4}",
                flush=True,
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
