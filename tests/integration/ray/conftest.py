from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.unit.execution.memory_pack import REPOSITORY
from tests.unit.execution.memory_plugins import ENTRY_POINTS


@pytest.fixture(scope="package")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Three nodes on this machine; the third pretends to have four GPUs. Each has one place for a worker."""
    pytest.importorskip("ray", reason="the extra ray is not installed")
    import ray
    from ray.cluster_utils import Cluster

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SIMGATE_PLUGINS", ENTRY_POINTS)
        patch.setenv("PYTHONPATH", str(REPOSITORY))
        # What nodes keep for a while lies where a test can look for what is left of it.
        patch.setenv("TMPDIR", str(tmp_path_factory.mktemp("nodes")))
        # The path of a socket has a limit of its own.
        patch.setenv("RAY_TMPDIR", "/tmp")
        patch.setenv("RAY_AUTH_MODE", "disabled")
        # Where other work fills memory and cores, Ray would kill workers, and lets them step back (nice 15).
        patch.setenv("RAY_memory_monitor_refresh_ms", "0")
        patch.setenv("RAY_worker_niceness", "0")
        made = Cluster(initialize_head=True, head_node_args=head_node())
        made.add_node(num_cpus=1)
        made.add_node(num_cpus=1, num_gpus=4)
        ray.init(address=made.address, namespace="simgate", log_to_driver=False, logging_level="ERROR")
        try:
            yield made
        finally:
            ray.shutdown()
            made.shutdown()


def head_node() -> dict[str, Any]:
    return {"num_cpus": 1, "include_dashboard": False}


@pytest.fixture
def scratch(cluster: Any) -> Path:
    """Where the nodes keep what they keep for a while."""
    return Path(os.environ["TMPDIR"])
