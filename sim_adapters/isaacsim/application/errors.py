"""What can keep Isaac Sim from starting, for the person who can mend it."""

from simgate.sim_adapters.adapter import SimulatorUnavailable


class IsaacSimUnavailable(SimulatorUnavailable):
    """Isaac Sim cannot be started here; the message says why and what to do."""
