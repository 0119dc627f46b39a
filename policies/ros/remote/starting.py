"""What is asked of a node before its first tick: to be active, services, goals."""

from __future__ import annotations

from typing import Any

from .deadline import Deadline
from .fields import Failed, message_type, write_field

_CONFIGURE, _ACTIVATE = 1, 3
"""Of lifecycle_msgs/msg/Transition."""
_WORDS = {_CONFIGURE: "configure", _ACTIVATE: "activate"}


def activate(bridge: Any, nodes: list[str], deadline: Deadline) -> None:
    """Configures and activates managed nodes, one after the other."""
    if not nodes:
        return
    from lifecycle_msgs.srv import ChangeState

    for name in nodes:
        for transition in (_CONFIGURE, _ACTIVATE):
            request = ChangeState.Request()
            request.transition.id = transition
            what = f"{name}/change_state"
            answer = _served(
                bridge, ChangeState, what, request, deadline, f"the node {name} to {_WORDS[transition]}"
            )
            if not answer.success:
                raise Failed(f"the node {name} refused to {_WORDS[transition]}{bridge.judged.last}")


def call(bridge: Any, told: dict[str, Any], deadline: Deadline) -> None:
    """Calls a service, or sends a goal; what says no is refused by its name."""
    kind, name = message_type(told["type"]), told["name"]
    is_goal = hasattr(kind, "Goal")
    request = kind.Goal() if is_goal else kind.Request()
    for path, value in told["fields"].items():
        write_field(request, path, value)
    if is_goal:
        _sent(bridge, kind, name, request, deadline)
        return
    answer = _served(bridge, kind, name, request, deadline, f"the service {name}")
    if getattr(answer, "success", True) is False:
        why = getattr(answer, "message", "")
        raise Failed(f"the service {name} says no{f': {why}' if why else ''}{bridge.judged.last}")


def _sent(bridge: Any, kind: Any, name: str, goal: Any, deadline: Deadline) -> None:
    from rclpy.action import ActionClient

    # Kept with the bridge: an action whose client is gone may be given up by its server.
    client = ActionClient(bridge.node, kind, name)
    bridge.clients.append(client)
    _wait(bridge, client.server_is_ready, deadline, f"no node serves the action {name}")
    asked = client.send_goal_async(goal)
    _wait(bridge, asked.done, deadline, f"the action {name} did not answer")
    if not asked.result().accepted:
        raise Failed(f"the action {name} refused the goal{bridge.judged.last}")


def _served(bridge: Any, kind: Any, name: str, request: Any, deadline: Deadline, who: str) -> Any:
    client = bridge.node.create_client(kind, name)
    try:
        _wait(bridge, client.service_is_ready, deadline, f"no node serves {name}")
        asked = client.call_async(request)
        _wait(bridge, asked.done, deadline, f"{who} did not answer")
        return asked.result()
    finally:
        bridge.node.destroy_client(client)


def _wait(bridge: Any, is_so: Any, deadline: Deadline, otherwise: str) -> None:
    while not is_so():
        bridge.judged.check(f"before its first tick: {otherwise}")
        if deadline.is_over:
            raise Failed(f"{otherwise} within {deadline}{bridge.judged.last}")
        bridge.spin()
