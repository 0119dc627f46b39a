"""Isaac Sim's hosts run in its own Python, one for each GPU."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from simgate.harness.execution.hosts.host_environment import usable_cores
from simgate.harness.execution.hosts.interpreter import (
    VARIABLE,
    NoInterpreter,
    default_hosts,
    host_interpreter,
)


@pytest.fixture
def python_sh(tmp_path: Path) -> str:
    path = tmp_path / "python.sh"
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return str(path)


def test_hosts_run_in_this_python_unless_another_is_named() -> None:
    assert host_interpreter("isaacsim", None, {}) == (sys.executable,)


def test_the_option_goes_before_the_variable(python_sh: str) -> None:
    assert host_interpreter("isaacsim", None, {VARIABLE: python_sh}) == (python_sh,)
    assert host_interpreter("isaacsim", python_sh, {VARIABLE: "/nowhere"}) == (python_sh,)


def test_other_simulators_keep_this_python(python_sh: str) -> None:
    assert host_interpreter("mujoco", python_sh, {VARIABLE: python_sh}) == (sys.executable,)


@pytest.mark.parametrize(("named", "source"), [("/no/python.sh", "--isaac-python"), (None, VARIABLE)])
def test_a_command_that_is_not_there_is_named_with_where_it_came_from(named: str | None, source: str) -> None:
    with pytest.raises(NoInterpreter, match=f"{source} /no/python.sh: no such command"):
        host_interpreter("isaacsim", named, {VARIABLE: "/no/python.sh"})


def test_isaac_sim_gets_a_host_a_gpu_and_others_one_a_core() -> None:
    assert default_hosts("isaacsim", {}) == 1
    assert default_hosts("isaacsim", {"CUDA_VISIBLE_DEVICES": "0,1,3"}) == 3
    assert default_hosts("mujoco", {"CUDA_VISIBLE_DEVICES": "0,1,3"}) == usable_cores()
