"""pytest settings of this repository; the plugin itself is simgate.harness.pytest_plugin."""

import os
from importlib.util import find_spec

from simgate.sim_adapters.gl import draw_on_one_core

pytest_plugins = ["pytester"]

# Packs under tests are test data; only those under scenarios are for `pytest scenarios/`.
collect_ignore_glob = ["tests/*.yaml", "tests/*.yml"]


def _let_a_busy_machine_take_its_time() -> None:
    """No property fails because an example was slow; hypothesis is there for the tests only."""
    if find_spec("hypothesis"):
        from hypothesis import settings

        settings.register_profile("simgate", deadline=None)
        settings.load_profile("simgate")


draw_on_one_core(os.environ)
_let_a_busy_machine_take_its_time()
