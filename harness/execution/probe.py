"""A child process of ``simgate doctor``: tries what would take the caller down with it if it crashed.

``python -m harness.execution.probe adapter NAME`` renders one frame of a small room;
``python -m harness.execution.probe runtime NAME`` asks a perception runtime whether it can work here;
``python -m harness.execution.probe plugins`` loads every plugin. The last line of stdout is a JSON object.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping

from harness.execution.probe_room import room
from harness.execution.validity import BLACK_LEVEL, CONSTANT_SPREAD
from harness.registry import load, names
from sim_adapters.adapter import SimAdapter, SimulatorUnavailable, Timing

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
    probes = {"adapter": probe_adapter, "runtime": probe_runtime}
    answer = probes[what](rest[0]) if what in probes else probe_plugins()
    print()
    print(json.dumps(answer))
    return 0


def probe_adapter(name: str) -> Mapping[str, object]:
    """Builds a simulator, draws a room and says what drew it; ``problem`` is empty when it can be used.

    For an optional simulator that is not there, ``unavailable`` says why instead.
    """
    try:
        adapter: SimAdapter = load("simgate.sim_adapters", name)(timing=Timing(), options={})
        frame = adapter.reset([room()]).rgb[0]
    except SimulatorUnavailable as error:
        return {"problem": "", "unavailable": str(error)}
    info = adapter.describe()
    adapter.close()
    problem = ""
    if int(frame.max()) <= BLACK_LEVEL:
        problem = "the frame is black"
    elif int(frame.max()) - int(frame.min()) <= CONSTANT_SPREAD:
        problem = "the frame has one colour only"
    return {"version": info.version, "renderer": info.renderer, "device": info.device, "problem": problem}


def probe_runtime(name: str) -> Mapping[str, object]:
    """What a runtime says about this machine; one that says nothing can at least be imported."""
    factory = load("simgate.runtimes", name)
    ask = getattr(factory, "availability", None)
    if ask is None:
        return {"detail": "can be imported", "problem": "", "remedy": ""}
    found = ask()
    return {"detail": found.detail, "problem": found.problem, "remedy": found.remedy}


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
