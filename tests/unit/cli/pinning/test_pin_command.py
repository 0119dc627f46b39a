"""``simgate pin`` as a user meets it: what it says, what it refuses, what it leaves alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from simgate.harness.cli.main import main
from tests.unit.cli.pinning.test_pin_place import GATE, HEAD, OTHER, SCENARIO, pins

TEXT = HEAD + SCENARIO + OTHER + GATE


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    path = tmp_path / "pack.yaml"
    path.write_text(TEXT)
    return path


@pytest.fixture
def run(pack: Path, planned) -> str:
    return str(planned(pack))


def refused(capsys: pytest.CaptureFixture[str], pack: Path, *arguments: str) -> str:
    """What is said to these arguments, which change nothing."""
    before = pack.read_bytes() if pack.exists() else b""
    capsys.readouterr()
    assert main(["pin", *arguments]) == 2
    assert (pack.read_bytes() if pack.exists() else b"") == before
    error = capsys.readouterr().err
    assert "Traceback" not in error
    return error


def test_the_name_says_when_and_which_and_is_free(run, pack, capsys):
    day = Path(run).name[:4]
    assert main(["pin", run, "gate_closed::v0003"]) == 0
    assert main(["pin", run, "tests/pack.yaml::gate_closed::v0004", "--id", "two"]) == 0
    first, second = pins(pack)
    assert first.startswith(day) and first.endswith("-v0003")
    assert second == "two"
    out = capsys.readouterr().out
    assert f"gate_closed::v0003 is pinned as '{first}'" in out
    assert f"it runs in every run from now on as gate_closed::pin-{first}" in out


def test_nothing_is_pinned_twice(run, pack, capsys):
    assert main(["pin", run, "gate_closed::v0003", "--id", "one"]) == 0
    text = pack.read_text()
    capsys.readouterr()
    assert main(["pin", run, "gate_closed::v0003", "--id", "two"]) == 0
    assert "gate_closed::v0003 is pinned already, as 'one': nothing was written" in capsys.readouterr().out
    assert pack.read_text() == text


def test_another_variant_of_the_same_day_and_number_gets_a_name_of_its_own(run, pack, planned):
    assert main(["pin", run, "gate_closed::v0003"]) == 0
    pack.write_text(pack.read_text().replace("pack: yard_gates", "seed: 8\npack: yard_gates"))
    assert main(["pin", str(planned(pack)), "gate_closed::v0003"]) == 0
    first, second = pins(pack)
    assert second == f"{first}-2"


def test_what_cannot_be_pinned_is_refused_and_the_file_stays(run, pack, tmp_path, capsys):
    assert "no variant 'gate_closed::v0099'; did you mean" in refused(capsys, pack, run, "gate_closed::v0099")
    assert "is not a run folder" in refused(capsys, pack, str(tmp_path), "gate_closed::v0001")
    assert "'a b' cannot be a pinned variant's id" in refused(
        capsys, pack, run, "gate_closed::v0001", "--id", "a b"
    )
    assert main(["pin", run, "gate_closed::v0001", "--id", "one"]) == 0
    said = refused(capsys, pack, run, "gate_closed::v0002", "--id", "one")
    assert "has another pinned variant 'one'; give another --id" in said


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("  gate_closed:", "  gate_shut:"), "has no scenario 'gate_closed' any more (it has gate_shut"),
        (("variants: {count: 20}", "variants: {cuont: 20}"), "unknown key 'cuont'"),
        (("world: yard\n    parameters", "world: arena\n    parameters"), "'arena' has no parameter"),
    ],
)
def test_a_pack_that_does_not_fit_any_more_is_refused(change, said, run, pack, capsys):
    pack.write_text(TEXT.replace(*change))
    assert said in refused(capsys, pack, run, "gate_closed::v0001")


def test_what_a_pack_draws_since_the_run_is_as_in_the_run(run, pack):
    """The pin holds all parameters of the world, also those that nothing drew."""
    pack.write_text(TEXT.replace("{gate.distance_m:", "{crew: {integers: [1, 3]}, gate.distance_m:"))
    assert main(["pin", run, "gate_closed::v0001", "--id", "one"]) == 0
    assert "crew: 0" in pack.read_text()


def test_a_pack_that_has_moved_is_named(run, pack, tmp_path, capsys):
    moved = tmp_path / "elsewhere" / "p.yaml"
    moved.parent.mkdir()
    pack.rename(moved)
    assert "does not exist; say where it is now: --pack FILE" in refused(
        capsys, pack, run, "gate_closed::v0001"
    )
    assert main(["pin", run, "gate_closed::v0001", "--pack", str(moved), "--id", "one"]) == 0
    assert pins(moved) == ["one"]


def test_links_and_permissions_stay(run, pack, tmp_path):
    real = tmp_path / "real" / "pack.yaml"
    real.parent.mkdir()
    pack.rename(real)
    pack.symlink_to(real)
    real.chmod(0o664)
    assert main(["pin", run, "gate_closed::v0001", "--id", "one"]) == 0
    assert pack.is_symlink() and pins(pack) == ["one"]
    assert real.stat().st_mode & 0o777 == 0o664
    assert [path.name for path in real.parent.iterdir()] == ["pack.yaml"]


def test_a_run_folder_cannot_write_yaml_through_its_name(run, pack):
    manifest = Path(run) / "manifest.json"
    text = manifest.read_text()
    manifest.write_text(text.replace(f'"run_id": "{Path(run).name}"', '"run_id": "a\\n    evil: [1, 2"', 1))
    assert manifest.read_text() != text
    assert main(["pin", run, "gate_closed::v0001", "--id", "one"]) == 0
    assert "# gate_closed::v0001 of a?????evil:??1??2" in pack.read_text()
