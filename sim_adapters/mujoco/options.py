"""Options of the adapters whose frames MuJoCo draws: what a pack may say under ``sim.options``."""

from __future__ import annotations

from simgate.sim_adapters.options import Option, Options

OPTIONS: Options = {"depth": Option("bool", False, "Also render depth.")}
