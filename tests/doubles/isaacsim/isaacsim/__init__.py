"""Double of Isaac Sim's package: importing it sets the paths, as NVIDIA's does where pip has installed it."""

from __future__ import annotations

import atexit
import os
import signal
import sys
import threading
from pathlib import Path

from isaacsim_double.faults import hang

_KIT = Path(__file__).parent.parent / "kit"
os.environ.setdefault("ISAAC_PATH", str(_KIT))
os.environ.setdefault("EXP_PATH", str(_KIT / "apps"))
_LAUNCH_KEYS = {
    "headless",
    "hide_ui",
    "active_gpu",
    "physics_gpu",
    "multi_gpu",
    "max_gpu_count",
    "sync_loads",
    "width",
    "height",
    "renderer",
    "anti_aliasing",
    "fast_shutdown",
    "create_new_stage",
    "extra_args",
    "limit_cpu_threads",
    "disable_viewport_updates",
}


class SimulationApp:
    """The application; one for each process."""

    def __init__(self, launch_config: dict = None, experience: str = "") -> None:  # noqa: RUF013
        if not {"OMNI_KIT_ACCEPT_EULA", "ACCEPT_EULA"} & os.environ.keys():
            sys.exit("the licence has not been accepted")
        if len(sys.argv) > 1:
            raise RuntimeError(f"Kit would take these for its own arguments: {sys.argv[1:]}")
        unknown = set(launch_config or {}) - _LAUNCH_KEYS
        if unknown:
            raise RuntimeError(f"unknown launch settings: {sorted(unknown)}")
        if not Path(experience).is_file():
            raise RuntimeError(f"no such experience: {experience!r}")
        # Real Kit brings its own OpenUSD: nothing of it may be imported earlier.
        from isaacsim_double.kit import kit

        self._kit = kit
        kit.start()
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, lambda *_: sys.exit(0))
        atexit.register(self._shut_down)

    def update(self) -> None:
        self._kit.update()

    def reset_render_settings(self) -> None:
        self._kit.current_stage()

    def is_running(self) -> bool:
        return bool(self._kit.started)

    def close(self, wait_for_replicator: bool = True, skip_cleanup: bool = False, exit_code: int = 0) -> None:
        self._shut_down()
        os._exit(exit_code)

    def _shut_down(self) -> None:
        if self._kit.faults.strike("close_hang", self._kit.bodies):
            hang()
        self._kit.close()
