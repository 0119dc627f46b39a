"""Options of the adapter: what a pack may say under ``sim.options``."""

from __future__ import annotations

from simgate.sim_adapters.mujoco.options import OPTIONS as MUJOCO
from simgate.sim_adapters.options import Option, Options

OPTIONS: Options = {
    **MUJOCO,
    "device": Option(
        "text", "auto", "cpu, cuda:0 or another card; auto is the first card, else the CPU.",
        pattern=r"auto|cpu|cuda(:\d+)?", form="auto, cpu, cuda or cuda:NUMBER",
    ),
    "contacts": Option("integer", 64, "Contacts of a world at most; one with more is INVALID.", low=1),
    "constraints": Option(
        "integer", 192, "Rows of constraints of a world at most (a contact has four or more); one with more "
        "is INVALID.", low=1,
    ),
}  # fmt: skip
