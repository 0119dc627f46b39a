"""Real nodes on real rclpy and Fast DDS; skipped where ``make ros`` has not set them up."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROS = ROOT / ".ros" / "bin" / "python"
NODE = Path(__file__).with_name("bead_node.py")
needs_ros = pytest.mark.skipif(
    not (ROOT / ".ros" / ".done").exists(), reason="no .ros: `make ros` installs ROS 2 beside .venv"
)
