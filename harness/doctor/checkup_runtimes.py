"""The checks of ``simgate doctor`` on perception runtimes: installed, loadable, which one a model gets."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from simgate.harness.doctor.checkup import Finding, probe
from simgate.harness.execution.episode.models.perception_runtime import this_machine
from simgate.harness.execution.hosts.host_environment import host_environment
from simgate.harness.registry import names
from simgate.policies.perception.files.trust import RUNS_CODE, VARIABLE
from simgate.policies.perception.inference.choice import RUNTIME_OF, choose_runtime
from simgate.policies.perception.package import ModelPackage

_KINDS = {runtime: kind for kind, runtime in RUNTIME_OF.items()}
"""Kind of the file that a runtime of this project loads; others are asked by loading the model."""
_FILES = {
    "onnx": ("no ONNX file", "export one: it is what parity and the other runtimes are compared with"),
    "tensorrt": (
        "no plan",
        "on a machine with the robot's GPU: simgate build-engine {model} --add",
    ),
    "torch": (
        "no torch file",
        "only for --runtime torch: "
        "python -m simgate.policies.perception.onnx_to_torch {model} detector.pt2 --add",
    ),
}


def check_runtimes() -> Iterator[Finding]:
    """Each registered runtime: whether its library is there and finds a device. Lacking one is no fault."""
    for name in names("simgate.runtimes"):
        answer, error = probe(["runtime", name], host_environment(0, os.environ))
        subject = f"runtime {name}"
        if answer is None:
            yield Finding(subject, "bad", f"crashes while it loads: {error}", "install its library again")
        elif answer["problem"]:
            yield Finding(subject, "note", f"cannot run here: {answer['problem']}", answer["remedy"])
        else:
            yield Finding(subject, "ok", answer["detail"], answer["remedy"])


def check_choice(folder: Path) -> Iterator[Finding]:
    """For the model of each pack below a folder: what ``--runtime auto`` takes, and whether each runtime has
    a file that fits and really loads it."""
    for package in _packages(folder):
        choice = choose_runtime(package, this_machine())
        deployed = package.deployed
        remedy = ""
        if deployed is not None and deployed.runtime != choice.runtime:
            remedy = (
                f"the package is deployed on {deployed.runtime}, {deployed.device}; latency is measured there"
            )
        subject = f"runtime for {package.name} {package.version}"
        yield Finding(subject, "ok", f"{choice.runtime} ({choice.reason})", remedy)
        for name in names("simgate.runtimes"):
            yield _check_fit(package, name, needed=name == choice.runtime)


def _packages(folder: Path) -> Iterator[ModelPackage]:
    """The models of the packs below a folder; what is wrong with a pack or model is another check's."""
    from simgate.harness.packs.loader import find_packs, load_pack
    from simgate.policies.documents.diagnostics import PackError
    from simgate.policies.perception.package import PackageError, load_package
    from simgate.policies.perception.package_source import local_package

    models: list[str] = []
    for path in find_packs(folder) if folder.is_dir() else []:
        try:
            models += load_pack(path).packages.values()
        except PackError:
            continue
    for model in dict.fromkeys(models):
        try:
            yield load_package(local_package(model))
        except PackageError:
            continue


def _check_fit(package: ModelPackage, runtime: str, needed: bool) -> Finding:
    """Whether a runtime runs this model here, tried in a child process.

    Args:
        package: The model.
        runtime: Entry-point name.
        needed: Whether runs take this one.
    """
    subject = f"{package.name} {package.version} on {runtime}"
    fault: Literal["bad", "note"] = "bad" if needed else "note"
    kind = _KINDS.get(runtime)
    if kind is not None and all(artifact.kind != kind for artifact in package.artifacts):
        lacks, remedy = _FILES[kind]
        return Finding(subject, fault, f"the package has {lacks}", remedy.format(model=package.path.parent))
    if kind in RUNS_CODE:
        detail = f"not tried: loading a {kind} file runs what is in it, and doctor runs no code of a model"
        return Finding(
            subject, "note", detail, f"simgate detect {package.path} IMAGE --runtime {runtime} --trust"
        )
    environ = {name: value for name, value in host_environment(0, os.environ).items() if name != VARIABLE}
    answer, error = probe(["model", runtime, str(package.path)], environ)
    if answer is None:
        return Finding(subject, fault, f"crashes: {error}", "use another runtime")
    if answer["problem"]:
        return Finding(subject, fault, answer["problem"], answer["remedy"])
    return Finding(subject, "ok", answer["detail"])
