"""Every episode of the shipped packs is, bit for bit, what it was when the golden files were made."""

from __future__ import annotations

from pathlib import Path

import pytest

from simgate.harness.cli.main import main
from tests.quality.golden.digests import digests_of, golden, made_on, renderer_here
from tests.run_dirs import run_dirs

PACKS = ("office_doors", "own_site")


def require_same_machine(pack: str) -> None:
    wanted, here = golden(pack)["made_on"], made_on(renderer_here())
    others = {key: (wanted[key], here.get(key)) for key in wanted if here.get(key) != wanted[key]}
    if others:
        pytest.skip(f"the golden digests were made with other (then, now): {others}")


def run_and_compare(pack: str, runs: Path, *selection: str) -> int:
    """Runs a shipped pack; returns how many variants were compared."""
    main(["run", f"scenarios/{pack}", "--quiet", "--runs-dir", str(runs), "--workers", "1", *selection])
    found, wanted = digests_of(run_dirs(runs)[-1]), golden(pack)["digests"]
    flat = {(s, v): digest for s, variants in found.items() for v, digest in variants.items()}
    assert {key: digest for key, digest in flat.items() if wanted[key[0]][key[1]] != digest} == {}
    return len(flat)


@pytest.mark.parametrize("pack", PACKS)
def test_the_first_variant_of_every_scenario_is_what_it_was(pack: str, tmp_path: Path):
    require_same_machine(pack)
    assert run_and_compare(pack, tmp_path / "runs", "--variants", "1") >= len(golden(pack)["digests"])


@pytest.mark.slow
@pytest.mark.parametrize("pack", PACKS)
def test_every_variant_is_what_it_was(pack: str, tmp_path: Path):
    require_same_machine(pack)
    count = sum(map(len, golden(pack)["digests"].values()))
    assert run_and_compare(pack, tmp_path / "runs") == count
