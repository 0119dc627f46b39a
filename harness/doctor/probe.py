"""A child process of ``simgate doctor``: tries what would take the caller down with it if it crashed.

``python -m simgate.harness.doctor.probe adapter NAME`` renders one frame of a small world;
``python -m simgate.harness.doctor.probe runtime NAME`` asks a perception runtime whether it can work here;
``python -m simgate.harness.doctor.probe model RUNTIME MODEL_YAML`` loads a model and gives it a frame;
``python -m simgate.harness.doctor.probe plugins`` loads every plugin. The last line of stdout is a JSON
object.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping

from simgate.harness.execution.episode.models.perception_runtime import make_runtime
from simgate.harness.execution.episode.validity import BLACK_LEVEL, CONSTANT_SPREAD
from simgate.harness.execution.first_look import first_look
from simgate.harness.registry import load, names
from simgate.policies.perception.package import PackageError, load_package
from simgate.policies.perception.preprocessing.readings import blank_inputs
from simgate.policies.perception.runtime import AVAILABILITY, answers
from simgate.sim_adapters.adapter import SimAdapter, SimulatorUnavailable, Timing

GROUPS = (
    "simgate.sim_adapters",
    "simgate.worlds",
    "simgate.policies",
    "simgate.runtimes",
    "simgate.reporters",
)


def main() -> int:
    """Runs the probe that the command line names."""
    what, *rest = sys.argv[1:]
    probes: Mapping[str, Callable[..., Mapping[str, object]]] = {
        "adapter": probe_adapter,
        "runtime": probe_runtime,
        "model": probe_model,
        "plugins": probe_plugins,
    }
    answer = probes[what](*rest)
    print()
    print(json.dumps(answer))
    return 0


def probe_adapter(name: str) -> Mapping[str, object]:
    """Builds a simulator, draws a small world, says what drew it; ``problem`` is empty if it can be used.

    For an optional simulator that is not there, ``unavailable`` says why instead.
    """
    try:
        adapter: SimAdapter = load("simgate.sim_adapters", name)(timing=Timing(), options={})
        frame = first_look(adapter)
    except SimulatorUnavailable as error:
        return {"problem": "", "unavailable": str(error)}
    info = adapter.describe()
    adapter.close()
    problem = ""
    if frame is None:
        problem = ""  # It draws nothing that could be looked at.
    elif int(frame.max()) <= BLACK_LEVEL:
        problem = "the frame is black"
    elif int(frame.max()) - int(frame.min()) <= CONSTANT_SPREAD:
        problem = "the frame has one colour only"
    return {"version": info.version, "renderer": info.renderer, "device": info.device, "problem": problem}


def probe_runtime(name: str) -> Mapping[str, object]:
    """What a runtime says about this machine; one that says nothing can at least be imported."""
    factory = load("simgate.runtimes", name)
    ask = AVAILABILITY.of(factory)
    if ask is None:
        return {"detail": "can be imported", "problem": "", "remedy": ""}
    found = ask()
    return {"detail": found.detail, "problem": found.problem, "remedy": found.remedy}


def probe_model(runtime: str, path: str) -> Mapping[str, object]:
    """Loads a model as a host would and runs it once; ``problem`` and ``remedy`` say what is wrong."""
    package = load_package(path)
    try:
        model = make_runtime(runtime, package)
        answers(model, *blank_inputs(package, 1))
    except PackageError as error:
        first = error.problems[0]
        return {"detail": "", "problem": first.message, "remedy": first.hint}
    except RuntimeError as error:
        return {"detail": "", "problem": str(error), "remedy": ""}
    info = model.describe()
    file = next(one.path.name for one in package.artifacts if one.digest == info.artifact_sha256)
    model.close()
    return {"detail": f"{file} runs on {info.device}", "problem": "", "remedy": ""}


def probe_plugins() -> Mapping[str, object]:
    """Loads every plugin of every group; ``problems`` maps ``group:name`` to why it cannot be loaded."""
    problems: dict[str, str] = {}
    loaded = 0
    for group in GROUPS:
        for name in names(group):
            try:
                load(group, name)
                loaded += 1
            except SimulatorUnavailable:
                continue  # Optional; the check of simulators tells why.
            except Exception as error:
                problems[f"{group}:{name}"] = f"{type(error).__name__}: {error}"
    return {"loaded": loaded, "problems": problems}


if __name__ == "__main__":
    sys.exit(main())
