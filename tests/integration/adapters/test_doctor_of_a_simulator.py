"""``simgate doctor --adapter NAME`` from end to end: every measurement in a process of its own, and the suite."""

from __future__ import annotations

import sys

import pytest

from simgate.harness.cli.main import main
from tests.integration.adapters import isaac_double
from tests.integration.adapters.test_isaacsim_faults import left_processes

pytestmark = pytest.mark.slow


def lines_of(page: str) -> dict[str, tuple[str, str]]:
    """Subject -> (mark, text) of every finding."""
    found = {}
    for line in page.splitlines():
        mark, _, rest = line.partition(" ")
        if mark in ("ok", "note", "BAD"):
            subject, _, text = rest.strip().partition(": ")
            found[subject] = (mark, text)
    return found


def test_mujoco_is_found_fit_line_by_line(capsys):
    code = main(["doctor", "--adapter", "mujoco"])
    page = capsys.readouterr().out
    found = lines_of(page)
    assert code == 0, page
    assert {mark for mark, _ in found.values()} == {"ok"}, page
    assert found["same scene twice"][1] == "poses are equal bit for bit, frames too"
    assert "0 failed" in found["conformance suite"][1]


@pytest.mark.skipif(bool(isaac_double.missing()), reason=isaac_double.missing() or "-")
def test_the_double_of_isaac_sim_is_found_fit_in_both_loops(tmp_path, monkeypatch, capsys):
    variables = dict(isaac_double.host_environment(tmp_path))
    path = variables.pop("PYTHONPATH")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    script = tmp_path / "python.sh"
    script.write_text(f'#!/bin/bash\nexport PYTHONPATH={path}\n"{sys.executable}" "$@" || exit 1\n')
    script.chmod(0o755)
    code = main(["doctor", "--adapter", "isaacsim", "--isaac-python", str(script)])
    page = capsys.readouterr().out
    found = lines_of(page)
    assert code == 0, page
    assert {"frames and poses, explicit loop", "frames and poses, coupled loop"} <= found.keys()
    assert {mark for mark, _ in found.values()} <= {"ok", "note"}, page
    assert "6.0.1" in found["start of isaacsim"][1]
    assert "0 failed" in found["conformance suite"][1]
    assert left_processes(tmp_path) == []
