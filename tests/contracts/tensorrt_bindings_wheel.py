"""Makes NVIDIA's real Python bindings importable on a machine without TensorRT and without a GPU.

The bindings' wheel is small and needs only nine C symbols from three libraries. Stand-ins of these libraries,
compiled next to an unpacked copy, are enough to import the bindings and read every name and signature.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

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


def fetch_wheel(requirement: str) -> Path:
    """The wheel, from the cache or from wherever pip is told to look; skips the test when there is none."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = home / "simgate" / "wheels" / requirement.replace("==", "-")
    found = list(folder.glob("*.whl"))
    if not found:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
        try:
            command += ["--dest", str(folder), requirement]
            done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
            reason = done.stderr.strip().splitlines()[-1:] or [f"exit code {done.returncode}"]
        except subprocess.TimeoutExpired:
            reason = ["no answer within 60 s"]
        found = list(folder.glob("*.whl"))
        if not found:
            pytest.skip(f"pip cannot fetch {requirement}: {reason[0]}")
    return found[0]


def describe_bindings(name: str, folder: Path) -> dict[str, Any]:
    """What the bindings of a release offer.

    Args:
        name: Key of ``WHEELS``.
        folder: Empty folder to work in.
    """
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("the stand-ins of TensorRT's libraries need a C compiler")
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
