"""The shipped pack of a safety stop: it stops for what its network sees, as one or two, in batches as alone."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from simgate.harness.cli.main import main
from simgate.harness.results.record import RunRecord
from simgate.harness.results.run_folder import RunFolder
from tests.run_dirs import run_dirs

SHIPPED = Path(__file__).parents[2] / "scenarios" / "safety_stop"


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the pack."""
    return Path(shutil.copytree(SHIPPED, tmp_path_factory.mktemp("pack") / "stop")) / "pack.yaml"


def records(pack: Path, *options: str) -> dict[str, RunRecord]:
    """What two variants of each scenario come to."""
    runs = pack.parent.parent / "runs" / str(len(list(pack.parent.parent.glob("runs/*"))))
    main(["run", str(pack), "--variants", "2", "--quiet", "--runs-dir", str(runs), *options])
    (path,) = run_dirs(runs)
    return {record.variant: record for record in RunFolder(path).records()}


@pytest.fixture(scope="module")
def alone(pack: Path) -> dict[str, RunRecord]:
    """The shipped pack in one process, one world at a time."""
    return records(pack, "--workers", "0")


def test_it_stops_for_box_shelf_and_person_and_not_where_the_way_is_free(alone: dict[str, RunRecord]) -> None:
    assert {name: (r.outcome.value, r.end) for name, r in alone.items()} == {
        f"{scenario}::v000{k}": ("PASS", "success")
        for scenario in ("box_in_the_way", "shelf_overhead", "person_from_the_passage", "free_way")
        for k in range(2)
    }, [r.reason for r in alone.values()]


def test_batches_and_workers_change_no_bit(pack: Path, alone: dict[str, RunRecord]) -> None:
    text = pack.read_text()
    pack.write_text(text.replace("time_limit_s: 25", "time_limit_s: 25, batch: 4"))
    together = records(pack, "--workers", "2", "--scenario", "*_in_the_way", "--scenario", "person*")
    pack.write_text(text)
    assert len(together) == 4
    for name, record in together.items():
        assert record.trace_digest == alone[name].trace_digest, name


def test_the_network_that_has_seen_no_shelf_in_the_way_drives_into_one(
    pack: Path, alone: dict[str, RunRecord]
) -> None:
    text = pack.read_text()
    pack.write_text(text.replace("net/stop.onnx", "net/plain.onnx"))
    plain = records(pack, "--workers", "0", "--scenario", "shelf_overhead")
    pack.write_text(text)
    hit = plain["shelf_overhead::v0001"]
    assert (hit.outcome.value, hit.end) == ("FAIL", "failure")
    assert alone["shelf_overhead::v0001"].outcome.value == "PASS"
    assert {r.identity for r in plain.values()}.isdisjoint({r.identity for r in alone.values()})
