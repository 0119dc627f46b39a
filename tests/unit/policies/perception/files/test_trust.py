"""A model from somebody else runs no code here unless the user says so."""

from __future__ import annotations

import hashlib
import io
import pickle
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from simgate.harness.cli.main import main
from simgate.harness.doctor.checkup_runtimes import check_choice
from simgate.policies.perception.files.trust import VARIABLE, require_trust
from simgate.policies.perception.model_yaml.edit import add_artifact, artifact_line
from simgate.policies.perception.package import ModelPackage, PackageError, load_package
from tests.unit.policies.perception.tiny_model import write_package

pytest.importorskip("onnx", reason="makes the tiny model of these tests")

OFFICE = Path(__file__).parents[5] / "scenarios" / "office_doors" / "pack.yaml"


class Attack:
    """Unpickled, it leaves a file."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.mark,)


def program(mark: Path) -> bytes:
    """A real one of torch's, with weights that run code."""
    import torch

    made = io.BytesIO()
    torch.export.save(torch.export.export(torch.nn.Linear(2, 2), (torch.zeros(1, 2),)), made)
    with zipfile.ZipFile(made, "a") as archive:
        root = archive.namelist()[0].split("/")[0]
        archive.writestr(f"{root}/data/weights/model.pt", pickle.dumps(Attack(mark)))
    return made.getvalue()


def checkpoint(mark: Path) -> bytes:
    import torch

    made = io.BytesIO()
    torch.save({"weights": Attack(mark)}, made)
    return made.getvalue()


def old_checkpoint(mark: Path) -> bytes:
    import torch

    made = io.BytesIO()
    torch.save({"weights": Attack(mark)}, made, _use_new_zipfile_serialization=False)
    return made.getvalue()


def script(mark: Path) -> bytes:
    import torch

    made = io.BytesIO()
    torch.jit.save(torch.jit.trace(torch.nn.Linear(2, 2), torch.zeros(1, 2)), made)
    with zipfile.ZipFile(made, "a") as archive:
        root = archive.namelist()[0].split("/")[0]
        archive.writestr(f"{root}/extra.pkl", pickle.dumps(Attack(mark)))
    return made.getvalue()


def bare_pickle(mark: Path) -> bytes:
    return pickle.dumps(Attack(mark))


def attacking(folder: Path, mark: Path, write: Callable[[Path], bytes] = program) -> ModelPackage:
    """A package with a torch file that runs code."""
    pytest.importorskip("torch", reason="makes the torch file")
    content = write(mark)
    folder.mkdir()
    path = write_package(folder)
    name = "detector.pt2"
    (folder / name).write_bytes(content)
    add_artifact(path, artifact_line("torch", name, hashlib.sha256(content).hexdigest()))
    return load_package(path)


def loaded(package: ModelPackage) -> str:
    from simgate.policies.perception.runtimes.torch_runtime import TorchRuntime

    with pytest.raises(PackageError) as caught:
        TorchRuntime(package, "cpu")
    return str(caught.value)


@pytest.mark.parametrize("write", [checkpoint, old_checkpoint, script, bare_pickle])
def test_no_kind_of_torch_file_runs_its_code_untrusted(write, tmp_path, monkeypatch):
    mark = tmp_path / "attacked"
    monkeypatch.delenv(VARIABLE, raising=False)
    assert "'detector.pt2' is not loaded" in loaded(attacking(tmp_path / "model", mark, write))
    assert not mark.exists()


def test_a_torch_file_runs_its_code_only_when_it_is_trusted(tmp_path, monkeypatch):
    mark = tmp_path / "attacked"
    package = attacking(tmp_path / "model", mark)
    monkeypatch.delenv(VARIABLE, raising=False)
    said = loaded(package)
    assert "model.yaml:" in said
    assert "'detector.pt2' is not loaded" in said
    assert "--trust" in said
    assert not mark.exists()
    monkeypatch.setenv(VARIABLE, "all")
    loaded(package)
    assert mark.exists(), "the attack is a real one"


def is_trusted(package, artifact):
    try:
        require_trust(package, artifact)
    except PackageError:
        return False
    return True


@pytest.mark.parametrize("given", ["{sha256}", "{other}, {sha256}", "ALL", "all"])
def test_trust_is_given_to_all_or_by_hash(given, tmp_path, monkeypatch):
    package = load_package(write_package(tmp_path))
    (artifact,) = package.artifacts
    monkeypatch.delenv(VARIABLE, raising=False)
    before = is_trusted(package, artifact)
    monkeypatch.setenv(VARIABLE, given.format(sha256=artifact.sha256.upper(), other="0" * 64))
    assert (before, is_trusted(package, artifact)) == (False, True)


@pytest.mark.parametrize("given", ["", "0", "1", "true", "0" * 64, "{sha256:.63}"])
def test_nothing_else_is_trust(given, tmp_path, monkeypatch):
    package = load_package(write_package(tmp_path))
    (artifact,) = package.artifacts
    monkeypatch.setenv(VARIABLE, given.format(sha256=artifact.sha256))
    with pytest.raises(PackageError, match=artifact.sha256):
        require_trust(package, artifact)


def test_doctor_and_lint_run_no_code_of_a_model_even_when_it_is_trusted(tmp_path, monkeypatch, capsys):
    mark = tmp_path / "attacked"
    pack = tmp_path / "pack.yaml"
    pack.write_text(OFFICE.read_text().replace("../../policies/reference_model", "model"))
    attacking(tmp_path / "model", mark)
    monkeypatch.setenv(VARIABLE, "all")
    main(["lint", str(pack), str(tmp_path / "model" / "model.yaml")])
    found = {finding.subject.rpartition(" ")[2]: finding for finding in check_choice(tmp_path)}
    assert not mark.exists()
    assert found["torch"].state == "note"
    assert "runs what is in it" in found["torch"].detail


def test_a_run_on_an_untrusted_file_is_refused_before_it_has_a_folder(tmp_path, monkeypatch, capsys):
    monkeypatch.delenv(VARIABLE, raising=False)
    mark = tmp_path / "attacked"
    model = attacking(tmp_path / "model", mark).path
    code = "import sys; from simgate.harness.cli.main import main; sys.exit(main())"
    run = (
        "run",
        str(OFFICE),
        "--model",
        str(model),
        "--runtime",
        "torch",
        "--workers",
        "1",
        "--variants",
        "1",
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *run], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "'detector.pt2' is not loaded" in done.stderr
    assert not (tmp_path / "runs").exists()
    assert not mark.exists()
