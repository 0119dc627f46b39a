"""The checks of ``simgate doctor`` on perception runtimes: installed, loadable, which one a model gets."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from harness.execution.checkup import Finding, probe
from harness.execution.host_environment import host_environment
from harness.execution.perception_runtime import this_machine
from harness.registry import names


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
    """What ``--runtime auto`` takes for the model of each pack below a folder, and why not TensorRT."""
    from harness.packs.diagnostics import PackError
    from harness.packs.loader import find_packs, load_pack
    from policies.perception.choice import choose_runtime
    from policies.perception.package import PackageError, load_package
    from policies.perception.package_source import local_package

    models = []
    for path in find_packs(folder) if folder.is_dir() else []:
        try:
            models.append(load_pack(path).model)
        except PackError:
            # The check of packs says what is wrong with it.
            continue
    for model in dict.fromkeys(filter(None, models)):
        try:
            package = load_package(local_package(model))
        except PackageError:
            continue
        choice = choose_runtime(package, this_machine())
        deployed = package.deployed
        remedy = ""
        if deployed is not None and deployed.runtime != choice.runtime:
            remedy = (
                f"the package is deployed on {deployed.runtime}, {deployed.device}; latency is measured there"
            )
        subject = f"runtime for {package.name} {package.version}"
        yield Finding(subject, "ok", f"{choice.runtime} ({choice.reason})", remedy)
