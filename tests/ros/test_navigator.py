"""The shipped example: the door robot's navigator as a node does what it does as a policy."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.integration.test_policy_server import simgate
from tests.ros import ROOT, needs_ros

pytestmark = [needs_ros, pytest.mark.slow]
PACK = ROOT / "scenarios" / "ros_doors" / "pack.yaml"


def records(place: Path, runs: Path, name: str, workers: int) -> dict[str, Any]:
    chosen = ("--scenario", "degraded_camera", "--scenario", "person_crossing", "--variants", 1)
    code, said = simgate(
        "run", place, *chosen, "--runs-dir", runs, "--run-name", name, "--workers", workers, "--quiet"
    )
    assert code == 20, said  # Two variants prove nothing.
    lines = (runs / name / "journal.ndjson").read_text().splitlines()
    return {record["variant"]: record for record in map(json.loads, lines)}


def test_a_node_does_what_the_same_code_does_as_a_policy_and_does_it_again(tmp_path: Path) -> None:
    text = PACK.read_text()
    node, rest = text.index("policy:\n"), text.index("sim: {adapter")
    model = ROOT / "policies" / "reference_model" / "model.yaml"
    (tmp_path / "pack.yaml").write_text(f"{text[:node]}model: {model}\npolicy: door_navigator\n{text[rest:]}")
    plain = records(tmp_path / "pack.yaml", tmp_path, "plain", 2)
    one, two = (records(PACK, tmp_path, f"r{workers}", workers) for workers in (1, 2))
    assert {name: record["trace_digest"] for name, record in one.items()} == {
        name: record["trace_digest"] for name, record in two.items()
    }
    for name, record in one.items():
        assert (record["outcome"], plain[name]["outcome"]) == ("PASS", "PASS")
        for metric in ("path_length_m", "speed_max_mps", "min_clearance_m"):
            # A LaserScan has floats of 32 bits.
            assert record["metrics"][metric] == pytest.approx(plain[name]["metrics"][metric], abs=1e-4)


def test_the_safety_stop_of_two_nodes_stops_before_what_is_there_and_for_nothing_else(tmp_path: Path) -> None:
    pack = ROOT / "scenarios" / "ros_safety_stop"
    words = ("--variants", 1, "--runs-dir", tmp_path, "--run-name", "r", "--workers", 2, "--quiet")
    code, said = simgate("run", pack, *words)
    assert code == 20, said
    found = [json.loads(line) for line in (tmp_path / "r" / "journal.ndjson").read_text().splitlines()]
    assert {one["scenario"]: one["outcome"] for one in found} == {
        "wooden_door_closed": "PASS", "person_crossing": "PASS", "open_doorway": "PASS",
    }  # fmt: skip
    manifest = json.loads((tmp_path / "r" / "manifest.json").read_text())
    (part,) = [one for one in manifest["fingerprint"]["parts"] if one["role"] == "policy"]
    # Only what is at the pack's topics is asked for its parameters: between them lies the nodes' own.
    assert '"stop_m": 0.8' in part["said"]["parameters of /guard"]
    assert '"half_width_m": 0.3' in part["said"]["parameters of /nearest"]
