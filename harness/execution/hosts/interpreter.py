"""Which Python the hosts run in, and how many of them by default: some simulators want their own of both."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping

from simgate.harness import registry
from simgate.harness.execution.hosts.host_environment import usable_cores
from simgate.sim_adapters.traits import ProcessTraits

VARIABLE = "SIMGATE_ISAAC_PYTHON"
"""Environment variable with the same meaning as ``--isaac-python``, for ``pytest`` and CI."""
PROCESSES = "simgate.adapter_processes"
"""Entry-point group of :class:`~simgate.sim_adapters.traits.ProcessTraits`."""


class NoInterpreter(Exception):  # noqa: N818 - the name says what happened
    """The interpreter that the user has named cannot be found."""


def process_traits(adapter: str) -> ProcessTraits:
    """What an adapter wants of its processes.

    Args:
        adapter: Entry-point name, or a file's.
    """
    if adapter not in registry.names(PROCESSES):
        return ProcessTraits()
    found: ProcessTraits = registry.load(PROCESSES, adapter)
    return found


def host_interpreter(adapter: str, named: str | None, environ: Mapping[str, str]) -> tuple[str, ...]:
    """Command that runs Python for the hosts of an adapter.

    Args:
        adapter: Entry-point name.
        named: What ``--isaac-python`` says; goes before the variable.
        environ: The caller's environment.

    Raises:
        NoInterpreter: What was named is no command.
    """
    wanted = named or environ.get(VARIABLE) or ""
    if not wanted or not process_traits(adapter).own_interpreter:
        return (sys.executable,)
    found = shutil.which(wanted)
    if found is None:
        source = "--isaac-python" if named else VARIABLE
        raise NoInterpreter(
            f"{source} {wanted}: no such command; name the python.sh of your Isaac Sim, for example "
            "/isaac-sim/python.sh"
        )
    return (found,)


def default_hosts(adapter: str, environ: Mapping[str, str]) -> int:
    """Host processes when the user does not say: one a core, or one a GPU (of ``CUDA_VISIBLE_DEVICES``)."""
    if not process_traits(adapter).one_a_gpu:
        return usable_cores()
    return max(1, len([gpu for gpu in environ.get("CUDA_VISIBLE_DEVICES", "").split(",") if gpu.strip()]))
