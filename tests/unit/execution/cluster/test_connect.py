"""What is said where no cluster is there, or another one."""

from __future__ import annotations

import errno
import os
import socket
import threading
from http.server import HTTPServer, SimpleHTTPRequestHandler
from typing import Any

import pytest

pytest.importorskip("ray", reason="the extra ray is not installed")

import ray
from ray._private.utils import check_version_info
from ray.exceptions import RayTaskError

from simgate.harness.execution.cluster import ray_hosts
from simgate.harness.execution.cluster.options import ClusterOptions, NoCluster
from simgate.harness.execution.cluster.ray_host import _in_words
from simgate.harness.execution.cluster.ray_hosts import connect


@pytest.fixture(autouse=True)
def not_connected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ray, "is_initialized", lambda: False)


@pytest.fixture
def closed() -> str:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"127.0.0.1:{server.getsockname()[1]}"


def test_where_nobody_listens_ray_is_not_asked(closed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ray, "init", lambda **_: pytest.fail("it looks for minutes, and ends the process"))
    with pytest.raises(NoCluster, match=rf"no Ray cluster answers at {closed}: .*refused\nstart one with"):
        connect(ClusterOptions(closed))


def test_what_is_no_ray_cluster_is_not_taken_for_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ray, "init", lambda **_: pytest.fail("it looks for minutes, and ends the process"))
    with HTTPServer(("127.0.0.1", 0), SimpleHTTPRequestHandler) as server:
        threading.Thread(target=server.handle_request, daemon=True).start()
        with pytest.raises(NoCluster, match="what listens there is no head of a Ray cluster"):
            connect(ClusterOptions(f"127.0.0.1:{server.server_port}"))
    monkeypatch.setattr(ray_hosts, "_KNOCK_S", 0.1)
    timed_out = pytest.raises(NoCluster, match=r"no Ray cluster answers at .*: timed out")
    with socket.create_server(("127.0.0.1", 0)) as silent, timed_out:
        connect(ClusterOptions(f"127.0.0.1:{silent.getsockname()[1]}"))


def test_a_host_that_nobody_knows_is_named() -> None:
    with pytest.raises(NoCluster, match=r"no Ray cluster answers at nowhere\.invalid:6379: "):
        connect(ClusterOptions("nowhere.invalid:6379"))


def test_a_cluster_of_another_python_is_named_with_both(monkeypatch: pytest.MonkeyPatch) -> None:
    def other(**_: Any) -> None:
        check_version_info({"ray_version": ray.__version__, "python_version": "3.1.4"}, "a laptop")

    monkeypatch.setattr(ray, "init", other)
    said = (
        rf"the cluster at auto is of another Ray or Python: .* Ray: {ray.__version__} Python: 3\.1\.4 This "
    )
    with pytest.raises(NoCluster, match=said + r"process on a laptop was started with: .* Python: \d"):
        connect(ClusterOptions("auto"))


def test_the_node_that_cannot_begin_is_named() -> None:
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    error = RayTaskError("begin", "Traceback", full, "ray::Keeper", 7, "10.0.0.7")
    assert _in_words(error) == "could not begin on 10.0.0.7: OSError: [Errno 28] No space left on device"
