"""A pinned variant is the variant of the run: same digest, same trace, same outcome, bit for bit."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

from simgate.harness.cli.main import main
from simgate.harness.results.run_folder import RunFolder
from tests.integration.shipped import copy_pack
from tests.run_dirs import run_dirs

ROOT = Path(__file__).parents[2]


def short(folder: Path) -> Path:
    """A copy of a pack with short episodes."""
    path = folder / "pack.yaml"
    text = path.read_text()
    for seconds in ("time_limit_s: 25", "time_limit_s: 40"):
        text = text.replace(seconds, "time_limit_s: 2")
    path.write_text(text.replace("../../../policies", "../../policies"))
    return path


def run(pack: Path, runs: Path, scenario: str) -> RunFolder:
    before = set(run_dirs(runs)) if runs.exists() else set()
    options = ["--scenario", scenario, "--variants", "3", "--workers", "1", "--runs-dir", str(runs)]
    assert main(["run", str(pack), "--quiet", *options]) in (0, 1, 20)
    (folder,) = set(run_dirs(runs)) - before
    return RunFolder(folder)


@pytest.mark.parametrize(
    ("shipped", "scenario"),
    [
        ("scenarios/office_doors", "cluttered_corridor"),
        ("scenarios/office_doors", "degraded_camera"),
        ("scenarios/arena", "crowded_hall"),
        ("scenarios/own_site", "glass_door_closed"),
        ("docs/examples/own_stage", "glass_door_closed"),
    ],
)
def test_a_pin_repeats_its_variant_even_when_the_distributions_are_others(
    shipped, scenario, tmp_path, capsys
):
    if "stage" in shipped and not find_spec("pxr"):
        pytest.skip("needs simgate[usd]")
    copy_pack(shipped, tmp_path / "scenarios" / "p", tmp_path / "policies" / "reference_model")
    pack = short(tmp_path / "scenarios" / "p")
    first = run(pack, tmp_path / "runs", scenario)
    wanted = f"{scenario}::v0002"
    assert main(["pin", str(first.path), wanted, "--id", "again"]) == 0
    assert "note: the world has changed" not in capsys.readouterr().out
    # Another seed draws everything anew; what is pinned is not drawn.
    pack.write_text(pack.read_text().replace("\nseed: ", "\nseed: 1"))
    second = run(pack, tmp_path / "runs", scenario)
    before = {record.variant: record for record in first.records()}
    now = {record.variant: record for record in second.records()}
    old, pinned = before[wanted], now[f"{scenario}::pin-again"]
    assert pinned.trace_digest == old.trace_digest != ""
    assert pinned.variant_digest == old.variant_digest
    assert (pinned.outcome, pinned.metrics, pinned.parameters) == (old.outcome, old.metrics, old.parameters)
    assert now[wanted].trace_digest != old.trace_digest
