"""Every seeded regression of the demo is refused; no null change turns verdict or traces (minutes)."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.quality.mutations import BREAKS_NOTHING, EACH_OUTPUT, REGRESSIONS
from tests.quality.sensitivity import (
    Shipped,
    null_changes,
    null_table,
    scenarios,
    table,
    try_out,
    verdict_of,
)

pytestmark = pytest.mark.slow
VARIANTS = int(os.environ.get("SIMGATE_QUALITY_VARIANTS", "8"))
"""Of each scenario."""
HOSTS = 2
FOUND = []
UNCHANGED = {}


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Shipped:
    return Shipped(tmp_path_factory.mktemp("shipped"), HOSTS)


@pytest.fixture(scope="module", autouse=True)
def _the_table_is_printed(request: pytest.FixtureRequest):
    yield
    reporter = request.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None and FOUND:
        reporter.write_line("")
        reporter.write_line(table(FOUND))
        reporter.write_line("")
        reporter.write_line(null_table(UNCHANGED, VARIANTS * scenarios()))


def test_the_shipped_model_is_not_refused(shipped):
    assert verdict_of(shipped.run_of(VARIANTS))["decision"] != "NO-GO"


@pytest.mark.parametrize("regression", (*REGRESSIONS, *EACH_OUTPUT), ids=lambda regression: regression.name)
def test_a_seeded_regression_is_refused_or_broken_out_by_compare(regression, shipped, tmp_path: Path):
    found = try_out(regression, shipped.run_of(VARIANTS), tmp_path, VARIANTS, HOSTS)
    FOUND.append(found)
    if regression.name in BREAKS_NOTHING:
        assert found.broken == 0, found
    else:
        assert found.caught, found


def test_hosts_order_rerun_and_resume_change_neither_verdict_nor_traces(shipped, tmp_path: Path):
    UNCHANGED.update(null_changes(shipped.run_of(VARIANTS), tmp_path, VARIANTS))
    assert UNCHANGED == {"hosts": [], "rerun": [], "order": [], "resume": []}
