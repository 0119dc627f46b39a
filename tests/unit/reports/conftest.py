from pathlib import Path

import pytest

from simgate.harness.results.run_folder import RunFolder
from simgate.reports.run_data import RunData, load_run
from tests.unit.reports.factory import RunPlan, build_run


@pytest.fixture(scope="session")
def blind_run(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """A NO-GO run with failed, invalid, broken and missing variants, pictures and recordings."""
    plan = RunPlan(invalid=frozenset({130}), errors=frozenset({200}), skip=frozenset({250, 251}))
    return build_run(tmp_path_factory.mktemp("runs") / "20261120T094107Z-office_doors-3f9c", plan)


@pytest.fixture(scope="session")
def blind_data(blind_run: RunFolder) -> RunData:
    return load_run(blind_run)


@pytest.fixture
def run_dir(tmp_path: Path) -> Path:
    return tmp_path / "20261120T100000Z-office_doors-aaaa"
