from __future__ import annotations

from pathlib import Path

import pytest

from simgate.harness.cli.main import main
from simgate.harness.cli.planning.times import Measured
from simgate.harness.cli.planning.worker_counts import on_workers
from simgate.harness.packs.loader import load_pack
from simgate.harness.results.record import Outcome
from tests.unit.cli.small_runs import write_pack, write_run


def test_a_run_takes_start_up_and_the_longest_of_what_is_dealt_to_workers(tmp_path: Path) -> None:
    pack = load_pack(write_pack(tmp_path))
    one, four, *_ = on_workers(pack, Measured({"closed": [2.0]}), 4, 10.0, 3.6)

    assert (one.workers, four.workers) == (1, 4)
    assert one.seconds == pytest.approx(10.0 + 150 * 2.0)
    # Of 150 variants two workers have 38 and two 37.
    assert four.seconds == pytest.approx(10.0 + 38 * 2.0)
    assert four.cost == pytest.approx((4 * 10.0 + 300.0) / 1000.0)
    assert four.busy == pytest.approx(300.0 / 340.0)


def test_no_number_of_workers_is_quicker_than_the_longest_variant(tmp_path: Path) -> None:
    pack = load_pack(write_pack(tmp_path))
    found = on_workers(pack, Measured({"closed": [1.0] * 149 + [60.0]}), 1000, 5.0, None)

    assert found[-1].workers == 150, "more than there are variants have nothing to do"
    assert found[-1].seconds == pytest.approx(65.0)
    assert found[-1].cost is None
    assert found[0].seconds == pytest.approx(5.0 + 149 + 60)


def test_without_measurements_nothing_is_foretold(tmp_path: Path) -> None:
    assert not on_workers(load_pack(write_pack(tmp_path)), Measured(), 4, 10.0, None)


def test_the_plan_shows_workers_and_costs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pack = write_pack(tmp_path)
    write_run(tmp_path / "runs" / "one", pack, dict.fromkeys(range(50), Outcome.PASS), wall_s=2.0)
    runs = ["--runs-dir", str(tmp_path / "runs")]

    assert main(["plan", str(pack), *runs, "--workers", "8", "--price", "1.5", "--start-up", "20"]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["8", "58", "s", "65", "%", "0.19"] in lines
    assert main(["plan", str(pack), *runs, "--price", "nan"]) == 2
    assert "--price must be a number of 0 or more, not nan" in capsys.readouterr().err
