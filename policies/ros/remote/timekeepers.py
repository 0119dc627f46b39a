"""Whether a node is at the time that it was told."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from typing import Any

_GRACE_S = 2.0
"""For a service of a node whose topics are there; after it the node has none."""


def timekeepers(bridge: Any) -> dict[str, Callable[[], Any]]:
    """Ways of asking each node at the topics for nothing: what it was told before, it has then taken in.

    A node answers for its parameters from the executor that calls its timers and callbacks, timers first; one
    without these services is not asked.

    Args:
        bridge: The :class:`.bridge.Bridge`; its topics are matched.

    Returns:
        Full name of a node -> what asks it and gives the future of its answer.
    """
    from rcl_interfaces.srv import GetParameters

    until = time.monotonic() + _GRACE_S
    clients = {
        name: bridge.node.create_client(GetParameters, f"{name}/get_parameters")
        for name in sorted(bridge.nodes())
    }
    while time.monotonic() < until and not all(one.service_is_ready() for one in clients.values()):
        bridge.spin()
    request = GetParameters.Request()
    return {
        name: functools.partial(one.call_async, request)
        for name, one in clients.items()
        if one.service_is_ready()
    }
