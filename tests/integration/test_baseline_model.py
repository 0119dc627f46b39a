"""``--baseline-model M``: both models on this machine, variant by variant."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from simgate.harness.cli.main import main
from simgate.harness.results.run_folder import RunFolder
from tests.run_dirs import run_dirs
from tests.unit.execution.conftest import memory_plugins
from tests.unit.execution.memory_pack import write_model, write_pack

__all__ = ["memory_plugins"]

OPTIONS = ("--runtime", "memory_runtime", "--workers", "1", "--quiet")
RULE = "  - {regression: {max_drop: 0.4, confidence: 0.6}}\n"


@pytest.fixture
def pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = write_pack(tmp_path, 8)
    path.write_text(path.read_text() + RULE)
    write_model(tmp_path / "old", latency="constant: 30")
    return path


def rule_of(folder: RunFolder) -> dict[str, object]:
    said = json.loads(folder.verdict_path.read_text())
    return next(rule for rule in said["rules"] if rule["paired"])


def test_the_run_is_held_against_the_other_model_run_here(pack: Path) -> None:
    assert main(["run", str(pack), *OPTIONS, "--run-name", "new", "--baseline-model", "old"]) == 0
    assert [path.name for path in run_dirs(Path("runs"))] == ["new", "new-baseline"]
    first, second = RunFolder(Path("runs/new-baseline")), RunFolder(Path("runs/new"))
    paired = rule_of(second)["paired"]
    assert paired["baseline"] == "new-baseline" and paired["pairs"] == 8  # type: ignore[index]
    assert first.manifest().fingerprint.model_sha256 != second.manifest().fingerprint.model_sha256
    assert RunFolder(Path("runs/latest")).path == second.path
    assert first.report_path.exists()


def test_shards_with_both_models_merge_to_one_comparison(pack: Path) -> None:
    for k in (1, 2):
        more = ["--shard", f"{k}/2", "--runs-dir", "s", "--run-name", f"s{k}"]
        assert main(["run", str(pack), *OPTIONS, "--baseline-model", "old", *more]) == 0
    assert main(["merge", "s/s1", "s/s2", "--run-name", "merged"]) == 0
    paired = rule_of(RunFolder(Path("runs/merged")))["paired"]
    assert paired["pairs"] == 8 and paired["doubtful"] == 0  # type: ignore[index]
    assert len(RunFolder(Path("runs/merged/baseline")).records()) == 8


def test_it_needs_a_rule_that_looks_at_it_and_is_the_only_baseline(
    pack: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", str(pack), *OPTIONS, "--baseline-model", "old", "--baseline", "main"]) == 2
    assert "exclude each other" in capsys.readouterr().err
    pack.write_text(pack.read_text().replace(RULE, ""))
    assert main(["run", str(pack), *OPTIONS, "--baseline-model", "old"]) == 2
    assert "--baseline-model has no effect" in capsys.readouterr().err
    assert run_dirs(Path("runs")) == []
