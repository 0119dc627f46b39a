"""How long a pack's policy and models may wait for others, as the pack declares it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from simgate.harness import registry
from simgate.harness.execution.planning.adapter_options import located_options
from simgate.harness.packs.language.pack import POLICIES
from simgate.harness.packs.model import Pack
from simgate.policies.ros.model import RosModel
from simgate.sim_adapters.plugin_members import WAITS_S


def declared_waits_s(pack: Pack) -> float:
    """Wall-clock seconds for which a host may be kept waiting at the start of an episode.

    A deadline that a pack declares ends the wait with a message of its own; the host's must not come first.
    """
    folder = Path(pack.path).parent
    policy = registry.load(POLICIES, pack.policy, folder)
    asked: list[tuple[Any, Any]] = [
        (policy, pack.policy_options),
        *((RosModel, given) for given in pack.nodes.values()),
    ]
    return sum(float(WAITS_S.of(one)(located_options(one, given, folder))) for one, given in asked)
