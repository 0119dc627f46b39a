"""Whether a node whose parameter services are known of and not reached is refused, and one without them is let be."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from simgate.policies.ros import link
from tests.ros import ROS, needs_ros

pytestmark = needs_ros
# A double of the graph: a real one has both at the same moment but for a loaded machine.
SCRIPT = """
import sys
from types import SimpleNamespace as Double
from remote.deadline import Deadline
from remote.fields import Failed
from remote.timekeepers import timekeepers
node = Double(
    create_client=lambda kind, name: Double(service_is_ready=lambda: False),
    get_service_names_and_types=lambda: [(name, []) for name in sys.argv[1:]],
)
judged = Double(check=lambda when: None, last="; its last line: up")
bridge = Double(node=node, nodes=lambda: {"/bead"}, spin=lambda: None, judged=judged)
try:
    print(timekeepers(bridge, Deadline(3.0, "start_timeout_s")))
except Failed as error:
    print(error)
"""


@pytest.mark.parametrize(
    ("known", "said"),
    [
        (["/bead/get_parameters"], "the parameter services of /bead were not reached within 3 s (start_timeout_s)"),
        ([], "{}"),
    ],
)  # fmt: skip
def test_parameter_services_that_are_not_reached_are_an_error_by_name(known: list[str], said: str) -> None:
    folder = Path(link.__file__).parent
    ran = subprocess.run(
        [str(ROS), "-c", SCRIPT, *known], cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )
    assert ran.stdout.startswith(said), ran.stderr
