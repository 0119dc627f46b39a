"""Checks what a pack names as a plugin: an installed one, a module's object, or one in a file."""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Mapping
from contextlib import redirect_stdout
from dataclasses import fields
from pathlib import Path
from typing import Any

from simgate.harness import registry
from simgate.harness.packs.checks.metric_catalog import MetricInfo
from simgate.harness.packs.source.fields import Reader
from simgate.harness.packs.worlds import WORLDS
from simgate.policies.documents.diagnostics import near
from simgate.policies.documents.nodes import Node
from simgate.policies.documents.problems import Problems
from simgate.sim_adapters.files.code_file import BadReference, Reference, class_members, is_reference

METRICS = "simgate.metrics"
TASKS = "simgate.tasks"
_WHAT = {
    "simgate.policies": "policy",
    "simgate.sim_adapters": "adapter",
    WORLDS: "world",
    METRICS: "metric",
    TASKS: "task",
    "simgate.runtimes": "runtime",
}
_SHOWN = "see docs/writing-your-own.md"
_CALLED = {
    "simgate.policies": ("control_hz", "options"),
    "simgate.sim_adapters": ("timing", "options"),
}
"""Groups of what is called, with the arguments that it is given by name."""
_HAS = {
    "simgate.policies": ("reset", "act"),
    "simgate.sim_adapters": ("reset", "step", "ground_truth", "describe", "health", "close"),
    WORLDS: ("name", "parameters", "object_kinds", "region_names", "keep_clear_names", "build"),
    METRICS: ("info", "compute"),
    TASKS: ("name", "signals", "facts", "quantities", "allow", "brief", "begin"),
}
"""What an object of a group has; of what is called, its instances, which can be said of classes only."""
_INFO = [field.name for field in fields(MetricInfo)]


def named_plugin(reader: Reader, node: Node | None, group: str) -> str | None:
    """What a node names, as the checked pack holds it: the path of a file counts from the pack's folder.

    What is not there is reported; none of its code is run.
    """
    what = _WHAT[group]
    native = ", or {mjcf: FILE, ...}, {usd: FILE, ...}" if what == "world" else ""
    name = reader.text(node, f"the name of a {what}{native}")
    if name is None or node is None:
        return name
    if is_reference(name):
        place = node.source.path.parent
        if name.rpartition(":")[0].endswith(".py"):
            name = Path(os.path.relpath(place / name, reader.folder)).as_posix()
        try:
            registry.require(group, name, reader.folder)
            _require_methods(group, Reference.read(name, reader.folder))
        except BadReference as error:
            reader.problems.at(node, "broken-plugin", f"{what} '{name}': {error.problem}", error.remedy)
            return None
        return name
    known = registry.names(group)
    if name not in known:
        hint = near(name, known)
        suffix = (place := node.source.path.parent / name).suffix
        if place.is_file() and suffix == ".py":
            hint = f"write {name}:NAME, where NAME is the object in the file"
        elif place.is_file() and what == "policy":
            hint = f"write {{network: {name}}}"
            if suffix not in (".yaml", ".yml"):
                hint = (
                    "write {network: policy.yaml} (of eval: --policy policy.yaml), and into policy.yaml "
                    f"'network: {name}', 'control_hz: HZ', 'observation: [{{channel: obs}}]', a line each; "
                    "docs/learned-policies.md says what else it may say"
                )
        reader.problems.at(node, f"unknown-{what}", f"unknown {what} '{name}'", hint)
    return name


def _require_methods(group: str, reference: Reference) -> None:
    """Asks a class of a file for its methods, from the text alone.

    Raises:
        BadReference: One is missing.
    """
    members = class_members(reference) if group in _CALLED else None
    missing = [name for name in _HAS[group] if name not in members] if members is not None else []
    if missing:
        lacking = f"it has no {' and no '.join(missing)}"
        raise BadReference(f"{reference.attribute} is no {_WHAT[group]}: {lacking}", _SHOWN)


def load_plugin(problems: Problems, node: Node, group: str, name: str, folder: Path) -> Any | None:
    """The object that a node names; one that cannot be loaded, or is something else, is reported."""
    what = _WHAT[group]
    try:
        with redirect_stdout(sys.stderr):  # What the code prints is no part of what is found.
            found = registry.load(group, name, folder)
            problem = kind_problem(group, found)
    except BadReference as error:
        problems.at(node, "broken-plugin", f"{what} '{name}': {error.problem}", error.remedy)
        return None
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        message = f"{what} '{name}' cannot be loaded: {type(error).__name__}: {error}".rstrip(": ")
        remedy = _SHOWN if is_reference(name) else "reinstall its package"
        problems.at(node, "broken-plugin", message, remedy)
        return None
    if problem:
        problems.at(node, "broken-plugin", f"'{name}' is no {what}: {problem}", _SHOWN)
        return None
    return found


def kind_problem(group: str, plugin: Any) -> str:
    """In what an object differs from what its group holds; empty when nothing is found."""
    wanted, has = _CALLED.get(group), _HAS.get(group, ())
    is_class = inspect.isclass(plugin)
    if wanted is None and is_class and any(inspect.isfunction(getattr(plugin, name, None)) for name in has):
        return f"it is a class; name an object of it, such as {plugin.__name__.upper()} = {plugin.__name__}()"
    is_made = wanted is None or (is_class and not hasattr(plugin, "__getattr__"))
    missing = [name for name in has if is_made and not hasattr(plugin, name)]
    if missing:
        return f"it has no {' and no '.join(missing)}"
    if wanted is None:
        return _content_problem(group, plugin)
    call = f"called as NAME({', '.join(f'{name}=...' for name in wanted)})"
    if not callable(plugin):
        return f"it is {call}, and a {type(plugin).__name__} cannot be called"
    try:
        inspect.signature(plugin).bind(**dict.fromkeys(wanted))
    except TypeError as error:
        return f"it is {call}: {error}"
    except ValueError:
        return ""  # Builtin; Python does not say what it takes.
    return ""


def _content_problem(group: str, plugin: Any) -> str:
    """In what the description differs that a metric or a world gives of itself."""
    if group == METRICS:
        missing = [name for name in _INFO if not hasattr(plugin.info, name)]
        return f"its info has no {' and no '.join(missing)}" if missing else ""
    if group == TASKS:
        return _task_problem(plugin)
    if group != WORLDS:
        return ""
    from simgate.sim_adapters.worlds.world import ParameterSpec

    if not isinstance(plugin.parameters, Mapping):
        return "its parameters are no mapping of names to ParameterSpec(...)"
    other = [name for name, spec in plugin.parameters.items() if not isinstance(spec, ParameterSpec)]
    return f"its parameter '{other[0]}' is no ParameterSpec(...)" if other else ""


def _task_problem(task: Any) -> str:
    """In what the description differs that a task gives of itself."""
    names = [str(getattr(signal, "name", "")) for signal in task.signals]
    if not names or not all(names) or not all(hasattr(signal, "quantity") for signal in task.signals):
        return "its signals are no tuple of Signal(name, unit, meaning)"
    if len(set(names)) < len(names):
        return f"it has two signals of one name: {', '.join(names)}"
    if isinstance(task.facts, str) or not all(isinstance(name, str) for name in task.facts):
        return "its facts are no tuple of names"
    return ""
