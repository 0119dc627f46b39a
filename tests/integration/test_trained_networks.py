"""Networks that stable-baselines3 has trained, exported as docs/learned-policies.md says, and judged.

``tests/integration/trained/make.py`` made them, and what ``evaluate_policy`` returned for the same seeds.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

import mujoco
import pytest

from simgate.harness.cli.main import main
from tests.integration.trained.packs import TRAINED, write_pack

PLACE = Path(__file__).parent / "trained"


@pytest.mark.parametrize("name", TRAINED)
def test_every_return_is_that_of_evaluate_policy(name: str, tmp_path: Path) -> None:
    if name == "inverted" and not mujoco.__version__.startswith("4.0."):
        pytest.skip("its returns are those of MuJoCo 4.0, whose releases round otherwise")
    shutil.copytree(PLACE / name, tmp_path / name)
    pack = write_pack(tmp_path / name, name)
    main(["run", str(pack), "--runs-dir", str(tmp_path), "--run-name", "r", "--workers", "0", "--quiet"])
    lines = map(json.loads, (tmp_path / "r" / "journal.ndjson").read_text().splitlines())
    returns = {record["variant"]: record["metrics"]["return"] for record in lines}
    wanted = json.loads((PLACE / name / "returns.json").read_text())
    assert len(set(wanted.values())) > 1
    # torch and ONNX Runtime add up float32 in another order.
    assert returns == pytest.approx(wanted, rel=2e-5)


def test_pytest_takes_another_checkpoint_by_the_word_of_simgate_run(tmp_path: Path) -> None:
    shutil.copytree(PLACE / "pendulum", tmp_path / "old")
    shutil.copytree(PLACE / "pendulum", tmp_path / "new")
    declared = (tmp_path / "new" / "policy.yaml").read_text()
    (tmp_path / "new" / "policy.yaml").write_text(declared + "# the newer one\n")
    pack = write_pack(tmp_path / "old", "pendulum")
    pack.write_text(pack.read_text().replace("time_limit_s: 10.0", "time_limit_s: 1"))
    words = ["--sim-policy", "../new", "--workers", "0", "--variants", "1", "-q", "-p", "no:cacheprovider"]
    command = [sys.executable, "-m", "pytest", *words]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=pack.parent, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    (manifest,) = (pack.parent / "runs").glob("2*/manifest.json")
    (part,) = [p for p in json.loads(manifest.read_text())["fingerprint"]["parts"] if p["role"] == "policy"]
    newer = hashlib.sha256((tmp_path / "new" / "policy.yaml").read_bytes()).hexdigest()
    assert newer in part["files"].values()
