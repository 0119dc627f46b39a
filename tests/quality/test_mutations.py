"""The seeded regressions are those that were asked for, and each is one thing wrong in a package that loads."""

from __future__ import annotations

from pathlib import Path

import pytest

from simgate.harness.frontend.packs import load_checked
from simgate.policies.perception.package import load_package
from tests.quality.mutations import PACK, REFERENCE, REGRESSIONS, Regression
from tests.quality.sensitivity import NULL_CHANGES, Found, null_table, table

ASKED_FOR = {
    "weights perturbed",
    "two classes swapped",
    "RGB/BGR swapped",
    "normalisation dropped",
    "boxes scaled by 1.2",
    "confidence threshold off",
    "latency +150 ms",
    "every third frame dropped",
    "camera mounted 9 deg off",
    "an older model",
}


def test_all_ten_are_there():
    assert {regression.name for regression in REGRESSIONS} == ASKED_FOR


def option(words: list[object], name: str) -> object | None:
    return words[words.index(name) + 1] if name in words else None


@pytest.mark.parametrize("regression", REGRESSIONS, ids=lambda regression: regression.name)
def test_each_loads_without_a_complaint_and_differs_from_what_is_shipped(
    regression: Regression, tmp_path: Path
):
    words = regression.words(tmp_path)
    shipped = load_checked(PACK)
    pack = load_checked(Path(str(words[0])))
    model = option(words, "--model")
    changed = [
        load_package(Path(str(model or pack.model))).sha256 != load_package(REFERENCE / "model.yaml").sha256,
        pack.source_sha256 != shipped.source_sha256,
        option(words, "--latency-extra-ms") is not None,
    ]
    assert changed.count(True) == 1, changed


def test_the_tables_name_every_regression_and_every_null_change():
    rows = [Found(r.name, r.how, "NO-GO", 1, 2, "NO-GO", "", 1, 0, 0.5, ()) for r in REGRESSIONS]
    printed = table(rows)
    assert all(f"| {name} |" in printed for name in ASKED_FOR)
    unchanged = null_table({name: [] for name in NULL_CHANGES}, 72)
    assert unchanged.count("nothing: decision, rules and 72 trace digests") == 4
    assert "| order | the variants the other way round | trace of a; decision |" in null_table(
        {"order": ["trace of a", "decision"]}, 72
    )
