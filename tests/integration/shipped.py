"""Copies of what the repository ships, for tests that change it or that must not meet it half written."""

from __future__ import annotations

import shutil
from pathlib import Path

ROOT = Path(__file__).parents[2]


def copy_pack(shipped: str, to: Path, model: Path) -> Path:
    """Copies a pack's folder, and the reference model, which may be in training.

    Args:
        shipped: The pack's folder in the repository.
        to: Where the copy goes.
        model: Folder for the model, as the pack names it from there.

    Returns:
        ``to``.
    """
    shutil.copytree(ROOT / shipped, to)
    model.mkdir(parents=True)
    for name in ("model.yaml", "detector.onnx", "model_card.md"):
        shutil.copy(ROOT / "policies" / "reference_model" / name, model)
    return to
