"""With what a run is made: collected in the caller's process, without starting a simulator."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = ("simgate", "numpy", "scipy", "mujoco", "onnxruntime", "pydantic")
"""Distributions whose version can change a result."""
_GPUS = Path("/proc/driver/nvidia/gpus")
_DRIVER = Path("/proc/driver/nvidia/version")
_GIT_TIMEOUT_S = 10.0


def package_versions(packages: Iterable[str] = PACKAGES) -> dict[str, str]:
    """Versions of the installed ones among ``packages``."""
    found: dict[str, str] = {}
    for name in packages:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def git_state(folder: Path) -> tuple[str, bool]:
    """Commit of the checkout that holds ``folder``, and whether tracked files differ from it.

    Outside git: an empty commit and False.
    """
    commit = _git(folder, "rev-parse", "HEAD")
    if not commit:
        return "", False
    return commit, bool(_git(folder, "status", "--porcelain", "--untracked-files=no"))


def _git(folder: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments],
            capture_output=True,
            text=True,
            check=False,
            timeout=_GIT_TIMEOUT_S,
            env={**os.environ, "GIT_OPTIONAL_LOCKS": "0"},
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def machine() -> str:
    """Operating system, architecture and CPU model in one line."""
    return f"{platform.system()} {platform.machine()} {cpu_model()}".strip()


def cpu_model() -> str:
    """Model name of the CPU; empty where the system does not say it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def gpu_names() -> tuple[str, ...]:
    """Models of the NVIDIA GPUs that the driver lists, without touching them."""
    names = []
    for card in sorted(_GPUS.glob("*/information")):
        lines = card.read_text().splitlines()
        names += [line.partition(":")[2].strip() for line in lines if line.startswith("Model")]
    return tuple(names)


def gpu_driver() -> str:
    """Version of NVIDIA's kernel driver; empty where there is none."""
    try:
        found = re.search(r"^NVRM version:.*?\s(\d+(?:\.\d+)+)\s", _DRIVER.read_text(), re.MULTILINE)
    except OSError:
        return ""
    return found[1] if found else ""
