"""Whether a node is at the time that it was told."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from typing import Any

from .deadline import Deadline
from .fields import Failed

_GRACE_S = 2.0
"""For a service of a node whose topics are there to be known of; after it the node has none."""


def timekeepers(bridge: Any, deadline: Deadline) -> dict[str, Callable[[], Any]]:
    """Ways of asking each node at the topics for nothing: what it was told before, it has then taken in.

    A node answers for its parameters from the executor that calls its timers and callbacks, timers first; one
    without these services is not asked.

    Args:
        bridge: The :class:`.bridge.Bridge`; its topics are matched.
        deadline: For services that are known of and not reached yet.

    Returns:
        Full name of a node -> what asks it and gives the future of its answer.

    Raises:
        Failed: A node has these services, and they are not reached.
    """
    from rcl_interfaces.srv import GetParameters

    until = time.monotonic() + _GRACE_S
    clients = {
        name: bridge.node.create_client(GetParameters, f"{name}/get_parameters")
        for name in sorted(bridge.nodes())
    }
    while late := [name for name, one in clients.items() if not one.service_is_ready()]:
        known = {service for service, _ in bridge.node.get_service_names_and_types()}
        has = [name for name in late if f"{name}/get_parameters" in known]
        if time.monotonic() > until and not has:
            break
        bridge.judged.check("before its first tick")
        if deadline.is_over:
            who = " and ".join(has or late)
            raise Failed(
                f"the parameter services of {who} were not reached within {deadline}{bridge.judged.last}"
            )
        bridge.spin()
    request = GetParameters.Request()
    return {
        name: functools.partial(one.call_async, request)
        for name, one in clients.items()
        if one.service_is_ready()
    }
