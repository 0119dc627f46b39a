"""Policies that draw: repeats of a variant, seeds of policy and world apart, the variant as the unit of proof."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from simgate.harness.expansion.expand import expand_scenario
from simgate.harness.frontend.packs import load_checked
from tests.integration.test_environments import PACK, POLICY, records, run, simgate, team

DRAWS = POLICY.replace(
    "    def reset(self, briefs, embodiment):\n        pass\n",
    "    def reset(self, briefs, embodiment):\n"
    "        self.draws = [np.random.default_rng(brief.seed) for brief in briefs]\n",
).replace(
    '[Act(np.array([value]), "push") for value in np.clip(wanted, -1.0, 1.0)]',
    '[Act(np.clip([v + d.normal(0, 0.3)], -1, 1), "push") for v, d in zip(wanted, self.draws)]',
)
TEXT = PACK.replace("count: 12", "count: 5, repeats: 3")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = team(tmp_path_factory.mktemp("repeats") / "team", TEXT)
    (folder / "push.py").write_text(DRAWS)
    return folder


def test_repeats_differ_by_the_policy_alone_and_are_one_unit_of_proof(place: Path) -> None:
    assert "self.draws" in DRAWS and "d.normal" in DRAWS
    found = run(place, "all", "--workers", 0)
    assert len(found) == 15 and len({record["trace_digest"] for record in found.values()}) == 15
    pack = load_checked(place / "pack.yaml")
    for variant in expand_scenario(pack, pack.scenarios[0]):
        record = found[variant.id]
        assert (record["seed"], record["policy_seed"]) == (variant.seed, variant.policy_seed)
        assert record["parameters"]["policy.repeat"] == variant.index % 3
    assert len({record["seed"] for record in found.values()}) == 5
    folder = place.parent / "runs" / "all"
    notes = json.loads((folder / "verdict.json").read_text())["notes"]
    assert "variants of one scene are one unit of proof: push (15 variants, 5 scenes)" in notes
    assert any(note.startswith("push: of 5 variants with 3 repeats, ") for note in notes)
    # A repeat is replayed and pinned with what its policy drew.
    code, text = simgate("replay", folder, "push::v0004")
    assert code == 0, text
    code, text = simgate("pin", folder, "push::v0004")
    assert code == 0, text
    again = run(place, "again", "--workers", 0, "--variants", 1)
    [pinned] = [record for name, record in again.items() if "pin-" in name]
    assert pinned["trace_digest"] == found["push::v0004"]["trace_digest"]
    assert records(folder) == found


SHARED = POLICY.replace(
    '[Act(np.array([value]), "push") for value in np.clip(wanted, -1.0, 1.0)]',
    '[Act(np.clip([v + np.random.normal(0, 0.3)], -1, 1), "push") for v in wanted]',
)


def test_what_a_policy_draws_from_the_process_depends_on_no_other_world(tmp_path: Path) -> None:
    text = PACK.replace("count: 12", "count: 3")
    assert "np.random.normal" in SHARED and "batch: 3" in text
    folder = team(tmp_path / "team", text)
    (folder / "push.py").write_text(SHARED)
    together = run(folder, "together", "--workers", 0)
    (folder / "pack.yaml").write_text(text.replace("batch: 3", "batch: 1"))
    found = run(folder, "one", "--workers", 0)
    digests = {name: record["trace_digest"] for name, record in found.items()}
    assert len(set(digests.values())) == 3
    assert {name: record["trace_digest"] for name, record in together.items()} == digests
    code, said = simgate("replay", tmp_path / "runs" / "one", "push::v0002")
    assert code == 0, said
