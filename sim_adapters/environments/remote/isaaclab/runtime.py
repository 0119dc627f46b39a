"""Isaac Lab in this process: imported once, without Kit where the physics needs none."""

from __future__ import annotations

import contextlib
import functools
import importlib
import io
import os
import sys
from importlib import metadata
from typing import Any, Iterator

from ..refused import Refused

ASSET_ROOT = "ISAACSIM_ASSET_ROOT"
"""Where Isaac Lab looks for its remote files; read when it is imported."""
MAJOR = "3"
"""Release of Isaac Lab whose interfaces are used here."""
_PHYSICS = {"newton": "newton_mjwarp"}
"""Short words for Isaac Lab's own."""


def load(assets: str) -> None:
    """Imports it.

    Args:
        assets: Folder in place of its remote files; empty for those.

    Raises:
        Refused: It is not installed in this interpreter, or in a release that is not known here.
    """
    release = _release()
    if release is None:
        raise Refused(
            f"{sys.executable} has no Isaac Lab; 'make isaac' makes an interpreter that has it, for "
            "python: .isaac/bin/python"
        )
    if release.partition(".")[0] != MAJOR:
        raise Refused(
            f"Isaac Lab {release} is installed in {sys.executable}, and its tasks are run by {MAJOR}.x alone"
        )
    if assets:
        os.environ[ASSET_ROOT] = assets
    _without_pinned_memory()
    torch = importlib.import_module("torch")
    importlib.import_module("isaaclab_tasks")
    # The worlds are small, and threads of several workers would fight for the cores.
    torch.set_num_threads(1)
    _without_threads()


def _release() -> str | None:
    try:
        return metadata.version("isaaclab")
    except metadata.PackageNotFoundError:
        return None


def _without_threads() -> None:
    """Isaac Lab asks OvPhysX for eight threads; handing them a step of small worlds takes longer than it."""
    try:
        physx: Any = importlib.import_module("ovphysx")
    except ImportError:
        return
    made = physx.PhysXConfig
    physx.PhysXConfig = lambda **given: made(**{**given, "num_threads": 0})


def _without_pinned_memory() -> None:
    """Without CUDA Warp has no pinned memory, and Isaac Lab's OvPhysX asks for it all the same."""
    warp: Any = importlib.import_module("warp")
    warp.config.quiet = True
    if warp.is_cuda_available() or hasattr(warp, "simgate_unpinned"):
        return

    def unpinned(made: Any) -> Any:
        @functools.wraps(made)
        def make(*args: Any, **given: Any) -> Any:
            given.pop("pinned", None)
            return made(*args, **given)

        return make

    for name in ("zeros", "empty", "ones", "full", "zeros_like", "empty_like", "clone"):
        setattr(warp, name, unpinned(getattr(warp, name)))
    warp.array.__init__ = unpinned(warp.array.__init__)
    warp.simgate_unpinned = True


def configured(task: str, worlds: int, device: str, physics: str, renderer: str) -> Any:
    """A task's configuration.

    Raises:
        Refused: There is no such task, or it has no such physics or renderer.
    """
    gymnasium = importlib.import_module("gymnasium")
    utils = importlib.import_module("isaaclab_tasks.utils")
    if task not in gymnasium.registry:
        known = tuple(name for name in gymnasium.registry if name.startswith("Isaac-"))
        raise Refused(f"Isaac Lab has no task '{task}'", task, known)
    words = [f"physics={_PHYSICS.get(physics, physics)}"]
    if renderer:
        words.append(f"renderer={renderer}")
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            return utils.parse_env_cfg(task, device=device, num_envs=worlds, overrides=words)
    except (ValueError, KeyError) as error:
        first = (str(error).strip().splitlines() or ["no message"])[0]
        raise Refused(f"{task} with {' '.join(words)}: {first}") from None


@contextlib.contextmanager
def simulation(task: str, config: Any) -> Iterator[Any]:
    """The environment of a configuration, and what it runs on; one at a time in a process."""
    gymnasium = importlib.import_module("gymnasium")
    launcher = importlib.import_module("isaaclab.app.sim_launcher")
    with launcher.launch_simulation(config, {"visualizer": "none"}):
        # It tells all of its managers in tables, each time.
        with contextlib.redirect_stdout(io.StringIO()):
            env = gymnasium.make(task, cfg=config)
        try:
            yield env.unwrapped
        finally:
            env.close()
