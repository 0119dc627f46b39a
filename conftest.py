"""pytest settings of this repository; the plugin itself is harness.pytest_plugin."""

import os

from harness.execution.gl import choose_backend

pytest_plugins = ["pytester"]

# Packs under tests are test data; only those under scenarios are for `pytest scenarios/`.
collect_ignore_glob = ["tests/*.yaml", "tests/*.yml"]


def _draw_without_a_display() -> None:
    """MuJoCo reads these when it is imported; a user's own setting stays."""
    backend = choose_backend(os.environ)
    if backend:
        os.environ.setdefault("MUJOCO_GL", backend)
    os.environ.setdefault("LP_NUM_THREADS", "1")


_draw_without_a_display()
