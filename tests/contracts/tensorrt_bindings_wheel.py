"""Makes NVIDIA's real Python bindings importable on a machine without TensorRT and without a GPU.

The bindings' wheel is small and needs only nine C symbols from three libraries. Stand-ins of these libraries,
compiled next to an unpacked copy, are enough to import the bindings and read every name and signature.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

WHEELS = {"11.4": "tensorrt-cu13-bindings==11.4.0.106", "10.16": "tensorrt-cu12-bindings==10.16.1.11"}
"""The current release and the newest 10.x."""
LIBRARIES = {
    "nvinfer": (
        "createInferBuilder_INTERNAL",
        "createInferRefitter_INTERNAL",
        "createInferRuntime_INTERNAL",
        "getBuilderPluginRegistry",
        "getPluginRegistry",
    ),
    "nvinfer_plugin": ("initLibNvInferPlugins",),
    "nvonnxparser": (
        "createNvOnnxParser_INTERNAL",
        "createNvOnnxParserRefitter_INTERNAL",
        "getNvOnnxParserVersion",
    ),
}


class NoWheel(Exception):
    """The wheel is neither in the cache nor to be had; the message says why."""


def fetch_wheel(requirement: str) -> Path:
    """The wheel, from the cache or from wherever pip is told to look.

    Raises:
        NoWheel: There is none.
    """
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = home / "simgate" / "wheels" / requirement.replace("==", "-")
    found = list(folder.glob("*.whl"))
    if found:
        return found[0]
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
    command += ["--retries", "1", "--timeout", "15", "--dest", str(folder), requirement]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    except subprocess.TimeoutExpired:
        raise NoWheel(f"pip cannot fetch {requirement}: no answer within 60 s") from None
    found = list(folder.glob("*.whl"))
    if not found:
        raise NoWheel(
            f"pip cannot fetch {requirement}: {_why(done.stderr) or f'exit code {done.returncode}'}"
        )
    return found[0]


def _why(stderr: str) -> str:
    """Pip's reason: without a network that is in a warning, and the error only says "no matching version"."""
    broken = re.search(r"Failed to establish a new connection: ([^']+)", stderr)
    if broken:
        return f"no network ({broken[1].strip()})"
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    return lines[-1] if lines else ""


def describe_bindings(name: str, folder: Path) -> dict[str, Any]:
    """What the bindings of a release offer.

    Args:
        name: Key of ``WHEELS``.
        folder: Empty folder to work in.

    Raises:
        NoWheel: The bindings cannot be had, or there is no C compiler for the stand-ins.
    """
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        raise NoWheel("the stand-ins of TensorRT's libraries need a C compiler")
    with zipfile.ZipFile(fetch_wheel(WHEELS[name])) as wheel:
        wheel.extractall(folder)
    major = name.partition(".")[0]
    for library, symbols in LIBRARIES.items():
        source = folder / f"{library}.c"
        source.write_text("".join(f"void *{symbol}(void) {{ return 0; }}\n" for symbol in symbols))
        soname = f"lib{library}.so.{major}"
        target = folder / "tensorrt_bindings" / soname
        options = ["-shared", "-fPIC", f"-Wl,-soname,{soname}", "-o", str(target), str(source)]
        subprocess.run([compiler, *options], check=True)
    script = Path(__file__).with_name("tensorrt_describe.py")
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    done = subprocess.run(
        [sys.executable, "-P", str(script)], capture_output=True, text=True, env=environment, check=False
    )
    assert done.returncode == 0, done.stderr
    description: dict[str, Any] = json.loads(done.stdout)
    return description
