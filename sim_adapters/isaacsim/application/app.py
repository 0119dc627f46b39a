"""The Kit application: launched once for the process, and closed only by the process' end."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from simgate.sim_adapters.isaacsim.application.errors import IsaacSimUnavailable
from simgate.sim_adapters.isaacsim.application.gpu_lock import GpuLock, chosen_gpu
from simgate.sim_adapters.isaacsim.application.licence import require_licence
from simgate.sim_adapters.isaacsim.application.version import installed_version, require_supported
from simgate.sim_adapters.isaacsim.options import IsaacOptions

if TYPE_CHECKING:
    from isaacsim import SimulationApp

STEADY_FRAMES = (
    "--/rtx/rtpt/cached/enabled=false",
    "--/rtx/rtpt/lightcache/cached/enabled=false",
    "--/app/execution/debug/forceSerial=true",
)
"""Caches that carry light from frame to frame, and threads: off, so that frames depend on the scene."""
FRAME_TIME = (
    "--/rtx/hydra/supportMultiTickRate=true",
    "--/rtx/rendering/perSensorTickTlas=true",
)
"""Makes a frame's ``ReferenceTime`` the simulated time; the base experience has them on."""
CLEAR_GLASS = ("--/rtx/raytracing/fractionalCutoutOpacity=true",)
"""Without it an opacity between 0 and 1 is all or nothing, and a glass door is a wall or air."""


@dataclass(frozen=True, slots=True)
class Launch:
    """All that cannot be changed once the application runs."""

    config: tuple[tuple[str, object], ...]
    experience: str
    gpu: int | None


class KitApp:
    """The one application of this process; see :meth:`shared`.

    It outlives the adapters that use it: Kit cannot be started twice in a process, and its ``close()`` ends
    the process. Kit closes itself when the process exits, and whoever started the process kills what is left.

    Attributes:
        version: Version of Isaac Sim.
        launch: What it was launched with.
    """

    _running: ClassVar[KitApp | None] = None

    def __init__(self, launch: Launch, version: str, app: SimulationApp, lock: GpuLock) -> None:
        self.launch = launch
        self.version = version
        self._app: SimulationApp = app
        self._lock = lock

    @classmethod
    def shared(cls, options: IsaacOptions) -> KitApp:
        """The running application, launched when there is none.

        Raises:
            IsaacSimUnavailable: It cannot be started, with what to do.
            ValueError: It runs already with other launch options.
        """
        launch = _launch(options)
        if cls._running is None:
            cls._running = _start(launch)
        elif cls._running.launch != launch:
            raise ValueError("isaacsim adapter: Isaac Sim already runs in this process with other options")
        return cls._running

    def apply_render_settings(self) -> None:
        """Sets the launch's render settings again: a stage may bring its own."""
        self._app.reset_render_settings()


def _launch(options: IsaacOptions) -> Launch:
    gpu = chosen_gpu(options.gpu, os.environ)
    config: dict[str, object] = {
        "headless": True,
        "disable_viewport_updates": True,
        "multi_gpu": False,
        "renderer": options.renderer,
        "extra_args": (*STEADY_FRAMES, *FRAME_TIME, *CLEAR_GLASS, *options.extra_args),
    }
    if gpu is not None:
        # Kit numbers all GPUs of the machine; CUDA only those that it is shown.
        config["active_gpu"] = gpu
        config["physics_gpu"] = 0 if os.environ.get("CUDA_VISIBLE_DEVICES") else gpu
    return Launch(tuple(config.items()), options.experience, gpu)


def _start(launch: Launch) -> KitApp:
    if find_spec("isaacsim") is None:
        raise IsaacSimUnavailable(
            f"this interpreter has no Isaac Sim ({sys.executable}); run with Isaac Sim's own: "
            "--isaac-python /isaac-sim/python.sh, after installing simgate into it (docs/isaac-sim.md)"
        )
    require_licence(os.environ)
    lock = GpuLock(launch.gpu)
    lock.acquire()
    # Also sets ISAAC_PATH and EXP_PATH where it was installed by pip.
    from isaacsim import SimulationApp

    found = installed_version(os.environ)
    require_supported(found)
    config = dict(launch.config) | {"extra_args": list(_setting(launch, "extra_args"))}
    with _bare_command_line(), _own_interrupt_handler():
        app = SimulationApp(config, experience=_experience_file(launch.experience))
    return KitApp(launch, found, app, lock)


def _setting(launch: Launch, name: str) -> tuple[str, ...]:
    value = dict(launch.config)[name]
    assert isinstance(value, tuple)
    return value


def _experience_file(name: str) -> str:
    folder = os.environ.get("EXP_PATH", "")
    path = Path(folder) / name
    if not (folder and path.is_file()):
        raise IsaacSimUnavailable(
            f"no experience file {path if folder else name}: EXP_PATH must name Isaac Sim's folder 'apps' "
            "(its python.sh sets it)"
        )
    return str(path)


@contextmanager
def _bare_command_line() -> Iterator[None]:
    """Kit reads ``sys.argv`` and takes what it does not know for settings."""
    kept = sys.argv
    sys.argv = kept[:1]
    try:
        yield
    finally:
        sys.argv = kept


@contextmanager
def _own_interrupt_handler() -> Iterator[None]:
    """Kit answers Ctrl-C with exit code 0; the harness wants to hear of it."""
    kept = signal.getsignal(signal.SIGINT)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, kept)
