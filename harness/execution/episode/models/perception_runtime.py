"""From ``--runtime`` to a running model: ``auto``, a name, or a name with its device (``torch:cpu``)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from simgate.harness.execution.episode.looking import LoopModel
from simgate.harness.packs.model import Pack
from simgate.harness.registry import load
from simgate.harness.results.fingerprint import gpu_names
from simgate.policies.perception.inference.choice import Machine, choose_runtime
from simgate.policies.perception.model_yaml.spec import Deployed
from simgate.policies.perception.package import ModelPackage
from simgate.policies.perception.runtime import PerceptionRuntime, RuntimeInfo
from simgate.policies.ros.declaration import RosModelSpec
from simgate.policies.ros.model import RosModel

AUTO = "auto"
LIBRARIES = ("tensorrt", "onnxruntime", "torch")
_TENSORRT = ("tensorrt", "tensorrt-cu13", "tensorrt-cu12")
"""Distributions of which each brings the module ``tensorrt``."""


def this_machine() -> Machine:
    """What this machine has; imports none of the libraries."""
    libraries = tuple(name for name in LIBRARIES if find_spec(name) is not None)
    return Machine(gpu_names(), libraries, _tensorrt_version() if "tensorrt" in libraries else "")


def _tensorrt_version() -> str:
    """Version by the installed distributions; empty where the system's package manager brought it."""
    for name in _TENSORRT:
        try:
            return version(name)
        except PackageNotFoundError:
            continue
    return ""


def resolve_runtime(asked: str, package: ModelPackage | None) -> str:
    """The runtime to use, with its device when one was asked for; empty without a model.

    Args:
        asked: ``auto``, an entry-point name, or ``name:device``.
        package: The model.
    """
    if package is None:
        return ""
    return choose_runtime(package, this_machine()).runtime if asked == AUTO else asked


def one_runtime(asked: str, packages: Mapping[str, ModelPackage]) -> str:
    """The runtime that runs all models of a pack; empty without any.

    Raises:
        PackageError: ``auto`` would take another one for another model.
    """
    found = {name: resolve_runtime(asked, package) for name, package in packages.items()}
    first = next(iter(found), "")
    for name, runtime in found.items():
        if runtime != found[first]:
            message = f"runs on {runtime}, and model '{first}' on {found[first]}: a run has one runtime"
            hint = "name one that runs them all: --runtime onnxruntime"
            raise packages[name].unusable("runtime-device", f"model '{name}' {message}", hint)
    return found.get(first, "")


def plugin_name(runtime: str) -> str:
    """The plugin in ``torch:cpu``, ``my_runtime.py:Fast:cpu`` or ``acme.runtimes:Fast:cpu``."""
    first, *rest = runtime.split(":")
    return ":".join([first, *rest[:1]]) if "." in first else first


def make_runtime(runtime: str, package: ModelPackage, folder: Path | None = None) -> PerceptionRuntime:
    """Loads a model.

    Args:
        runtime: Name of a runtime, or ``name:device``.
        package: The model.
        folder: The pack's, where the path of a file begins; None for the current one.

    Raises:
        UnknownPlugin: There is no such runtime.
        PackageError: It cannot run this package here.
    """
    name = plugin_name(runtime)
    device = runtime.removeprefix(name).removeprefix(":")
    factory: Any = load("simgate.runtimes", name, folder or Path.cwd())
    try:
        made: PerceptionRuntime = factory(package, device=device) if device else factory(package)
    except ValueError as error:
        hint = "use name, name:cpu, name:cuda or name:cuda:N"
        raise package.unusable("runtime-device", f"runtime '{runtime}': {error}", hint) from error
    return made


def node_model(pack: Pack, name: str, given: Mapping[str, object]) -> LoopModel:
    """A model of a pack that is a ROS 2 node.

    Args:
        pack: The pack.
        name: As it calls the model.
        given: What it says of it.

    Raises:
        RosFailed: The node cannot be started.
    """
    spec = RosModelSpec.model_validate_json(str(given["declared"]))
    measured = spec.latency == "measured" or pack.latency.mode == "measured"
    runtime: Any = RosModel({**given, "ros": str(Path(pack.path).parent / str(given["ros"]))})
    return LoopModel(runtime, None if measured else spec.simulated, name)


def all_of(infos: Sequence[RuntimeInfo]) -> RuntimeInfo | None:
    """What runs the models of a pack, as one; None without any."""
    if len(infos) < 2:
        return infos[0] if infos else None
    joined = {
        name: ", ".join(dict.fromkeys(getattr(info, name) for info in infos))
        for name in ("runtime", "version", "device", "model", "artifact_sha256")
    }
    return RuntimeInfo(**joined)


def is_deployed(info: RuntimeInfo, deployed: Deployed | None) -> bool | None:
    """Whether what ran is what the robot runs; None when the package does not say what that is."""
    if deployed is None:
        return None
    if info.runtime != deployed.runtime:
        return False
    if deployed.device == "cpu":
        return info.device == "cpu"
    return deployed.device.lower() in info.device.lower()


def are_deployed(each: Sequence[bool | None]) -> bool | None:
    """Of all models of a pack: what surely is not deployed outweighs what nobody says; None without any."""
    if False in each:
        return False
    return None if None in each or not each else True
