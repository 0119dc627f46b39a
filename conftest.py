"""pytest settings of this repository; the plugin itself is harness.pytest_plugin."""

import os
from importlib.util import find_spec

from sim_adapters.gl import choose_backend

pytest_plugins = ["pytester"]

# Packs under tests are test data; only those under scenarios are for `pytest scenarios/`.
collect_ignore_glob = ["tests/*.yaml", "tests/*.yml"]


def _draw_without_a_display() -> None:
    """MuJoCo reads these when it is imported; a user's own setting stays."""
    backend = choose_backend(os.environ)
    if backend:
        os.environ.setdefault("MUJOCO_GL", backend)
    os.environ.setdefault("LP_NUM_THREADS", "1")


def _let_a_busy_machine_take_its_time() -> None:
    """No property fails because an example was slow; hypothesis is there for the tests only."""
    if find_spec("hypothesis"):
        from hypothesis import settings

        settings.register_profile("simgate", deadline=None)
        settings.load_profile("simgate")


_draw_without_a_display()
_let_a_busy_machine_take_its_time()
