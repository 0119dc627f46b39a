"""Brings the PhysX engine into this process, in the one order that is safe.

Two builds of OpenUSD meet here: ``pxr`` (``usd-core``), which authors stages, and the one inside ``ovstage``,
which reads them. ``pxr`` goes first. A third one, that of ``mujoco[usd]``, has no place in the same process.
"""

from __future__ import annotations

import importlib
import sys
import warnings
from functools import cache
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from simgate.sim_adapters.adapter import SimulatorUnavailable

_NEEDED = ("pxr", "ovphysx", "ovstage", "physx_usd_schemas", "newton_usd_schemas")
_NATIVE = ("ovphysx._bindings", "ovstage._src.bindings")
_SCHEMAS = ("PhysxSchema", "OmniUsdPhysicsDeformableSchema")


class PhysxUnavailable(SimulatorUnavailable, ImportError):  # noqa: N818 - the name says what is wrong
    """PhysX cannot be used in this process; the message says why and what to do."""


def check_process() -> None:
    """Looks for what would end in a native abort or in an obscure error later.

    Raises:
        PhysxUnavailable: A package is missing, ``mujoco[usd]`` is installed, or ``ovphysx`` was loaded before
            ``pxr``.
    """
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        raise PhysxUnavailable(
            f"the physx adapter needs {', '.join(missing)}: pip install 'simgate[physx]' (see docs/physx.md)"
        )
    if _is_installed("mujoco-usd"):
        raise PhysxUnavailable(
            "mujoco[usd] is installed in this environment; its OpenUSD and PhysX's end the process when they "
            "meet. Remove it (pip uninstall mujoco-usd), or give it an environment of its own"
        )
    early = [name for name in _NATIVE if name in sys.modules]
    if early and "pxr.Usd" not in sys.modules:
        raise PhysxUnavailable(
            f"{early[0].partition('.')[0]} was loaded before pxr in this process, which can end it with "
            "'free(): invalid pointer'; import pxr first, or leave both imports to simgate.sim_adapters.physx"
        )


@cache
def engine() -> Any:
    """The ``ovphysx`` module, ready: CPU only, schemas registered, quiet.

    Raises:
        PhysxUnavailable: See :func:`check_process`.
    """
    check_process()
    importlib.import_module("pxr.Usd")
    # After pxr: the native libraries load with the first attribute, below.
    import ovphysx
    import ovstage
    import warp

    warp.config.log_level = warp.LOG_ERROR
    ovphysx.PhysX.set_cpu_mode(True)
    # A scene is small, a host is one process a core: handing a step to workers takes longer than the step.
    ovphysx.set_global_config(ovphysx.GlobalConfigKey.NUM_THREADS, 0)
    ovphysx.set_log_level(ovphysx.LogLevel.ERROR)
    ovstage.population.register_usd_schemas(
        [*(str(path) for path in schema_folders()), str(ovphysx.newton_schema_root())]
    )
    # Warp with CUDA looks for a driver once; no driver is fine on a CPU.
    warnings.filterwarnings("ignore", message="ovphysx is in CPU-only mode", category=RuntimeWarning)
    return ovphysx


def schema_folders() -> tuple[Path, ...]:
    """Folders of the PhysX schemas (``plugInfo.json`` and ``generatedSchema.usda``).

    Raises:
        PhysxUnavailable: ``physx-usd-schemas`` is not installed.
    """
    try:
        package = metadata.distribution("physx-usd-schemas")
    except metadata.PackageNotFoundError:
        raise PhysxUnavailable("physx-usd-schemas is missing: pip install 'simgate[physx]'") from None
    return tuple(Path(str(package.locate_file(f"physx_usd_schemas/{name}/resources"))) for name in _SCHEMAS)


def version() -> str:
    """Version of the engine's package."""
    return metadata.version("ovphysx")


def _is_installed(distribution: str) -> bool:
    try:
        metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return False
    return True
