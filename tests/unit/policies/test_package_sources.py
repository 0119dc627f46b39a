"""Packages from a folder, from object stores through fsspec, and from a real MLflow registry."""

import hashlib
import os
from pathlib import Path

import numpy as np
import pytest

from simgate.policies.perception.files.package_files import cache_folder
from simgate.policies.perception.model_yaml.edit import add_artifact, artifact_line
from simgate.policies.perception.package import PackageError, load_package
from simgate.policies.perception.package_source import is_remote, local_package

pytest.importorskip("onnx", reason="makes the tiny model of these tests")

from simgate.policies.perception.runtimes.onnxruntime_runtime import OnnxRuntime
from tests.unit.policies.perception.tiny_model import write_external, write_package


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def model(tmp_path):
    folder = tmp_path / "model"
    folder.mkdir()
    return write_package(folder)


@pytest.fixture
def store(model):
    fsspec = pytest.importorskip("fsspec", reason="reads object stores")
    files = fsspec.filesystem("memory")
    files.put_file(str(model), "/bucket/model/model.yaml")
    files.put_file(str(model.parent / "tiny.onnx"), "/bucket/model/tiny.onnx")
    yield files
    files.rm("/bucket", recursive=True)


@pytest.mark.parametrize(
    ("text", "remote"),
    [
        ("models/door", False),
        ("C:\\models", False),
        ("model.yaml", False),
        ("s3://bucket/door", True),
        ("gs://bucket/door", True),
        ("mlflow:models:/door/3", True),
        ("mlflow:models:/door@champion", True),
    ],
)
def test_a_reference_is_remote_by_its_scheme(text, remote):
    assert is_remote(text) is remote


def test_a_folder_and_a_file_are_taken_where_they_are(model):
    assert local_package(model.parent) == local_package(str(model)) == model


@pytest.mark.parametrize("url", ["memory://bucket/model", "memory://bucket/model/model.yaml"])
def test_a_package_in_an_object_store_is_copied_once_under_the_hash_of_its_content(store, model, url):
    path = local_package(url)
    package = load_package(path)
    assert package.artifact("onnx").path.read_bytes() == (model.parent / "tiny.onnx").read_bytes()
    assert path.parent == cache_folder() / package.sha256
    stamp = path.stat().st_mtime_ns
    assert local_package(url) == path
    assert path.stat().st_mtime_ns == stamp


def test_weights_in_a_second_file_and_sidecars_are_copied_as_well(store, model):
    write_external(model.parent, "weights/all.bin")
    (model.parent / "gpu.plan").write_bytes(b"plan")
    (model.parent / "gpu.plan.json").write_text("{}")
    add_artifact(model, artifact_line("tensorrt", "gpu.plan", hashlib.sha256(b"plan").hexdigest()))
    for file in (file for file in model.parent.rglob("*") if file.is_file()):
        store.put_file(str(file), f"/bucket/model/{file.relative_to(model.parent)}")
    package = load_package(local_package("memory://bucket/model"))
    names = ["model.yaml", "tiny.onnx", "weights/all.bin", "gpu.plan", "gpu.plan.json"]
    assert [file.name for file in package.files] == names
    assert OnnxRuntime(package, "cpu").infer(np.zeros((1, 24, 32, 3), np.uint8))


def test_a_changed_package_gets_a_place_of_its_own(store, model):
    before = local_package("memory://bucket/model")
    model.write_text(model.read_text().replace("1.0.0", "1.0.1"))
    store.put_file(str(model), "/bucket/model/model.yaml")
    after = local_package("memory://bucket/model")
    assert (load_package(before).version, load_package(after).version) == ("1.0.0", "1.0.1")


@pytest.mark.parametrize("damage", [Path.unlink, lambda file: file.write_bytes(b"half of it")])
def test_a_cached_copy_that_lost_a_file_or_holds_another_is_mended(store, damage):
    path = local_package("memory://bucket/model")
    damage(path.parent / "tiny.onnx")
    assert local_package("memory://bucket/model") == path
    load_package(path)


def test_a_missing_artifact_is_found_by_the_loader_with_its_position(store):
    store.rm("/bucket/model/tiny.onnx")
    with pytest.raises(PackageError, match=r"artifact file 'tiny.onnx' does not exist"):
        load_package(local_package("memory://bucket/model"))


def test_files_outside_of_the_package_are_not_fetched(store, model):
    add_artifact(model, artifact_line("torch", "../../secret", "0" * 64))
    store.put_file(str(model), "/bucket/model/model.yaml")
    path = local_package("memory://bucket/model")
    assert sorted(file.name for file in path.parent.iterdir()) == ["model.yaml", "tiny.onnx"]


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("memory://bucket/nothing", "cannot be fetched"),
        ("nosuch://bucket/model", "install what fsspec needs for nosuch://"),
    ],
)
def test_what_cannot_be_fetched_says_why(store, url, words):
    with pytest.raises(PackageError, match=words):
        local_package(url)
    assert not list(cache_folder().glob(".fetching-*"))


@pytest.mark.parametrize(("scheme", "extra"), [("s3", "s3"), ("gs", "gs")])
def test_a_store_whose_client_is_missing_names_the_extra(scheme, extra):
    pytest.importorskip("fsspec")
    if __import__("importlib.util").util.find_spec({"s3": "s3fs", "gs": "gcsfs"}[scheme]):
        pytest.skip("the client is installed")
    with pytest.raises(PackageError, match=rf"^{scheme}://bucket/model: error.*simgate\[{extra}\]"):
        local_package(f"{scheme}://bucket/model")


def test_a_run_takes_a_remote_model(store):
    from simgate.harness.execution.planning.plan import override_pack
    from simgate.harness.packs.model import Pack

    pack = Pack(
        path="/p.yaml", name="p", policy="x", scenarios=(), source_sha256="", model="memory://bucket/model"
    )
    fetched = local_package("memory://bucket/model")
    assert override_pack(pack).model == str(fetched)
    assert override_pack(pack.model_copy(update={"model": None}), model="memory://bucket/model").model == str(
        fetched
    )


def test_a_package_in_an_mlflow_registry_is_fetched_by_name_version_and_alias(model, tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    mlflow = pytest.importorskip("mlflow", reason="needs the extra mlflow")
    uri = f"file://{tmp_path}/registry"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    mlflow.set_tracking_uri(uri)
    client = mlflow.MlflowClient()
    client.create_registered_model("door_detector")
    client.create_model_version("door_detector", source=str(model.parent))
    client.set_registered_model_alias("door_detector", "champion", "1")
    for reference in ("mlflow:models:/door_detector/1", "mlflow:models:/door_detector@champion"):
        package = load_package(local_package(reference))
        assert package.name == "tiny"
        assert package.path.parent.parent == cache_folder()
    with pytest.raises(PackageError, match=r"^mlflow:models:/door_detector/7: error.* cannot be fetched"):
        local_package("mlflow:models:/door_detector/7")


def test_without_mlflow_the_message_names_the_extra(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "mlflow", None)
    monkeypatch.setitem(__import__("sys").modules, "mlflow.artifacts", None)
    with pytest.raises(PackageError, match=r"simgate\[mlflow\]"):
        local_package("mlflow:models:/door/1")


@pytest.mark.parametrize(
    "text",
    [
        "artifacts:\n- {kind: onnx, file: a, sha256: x}\nlatency: 1\n",
        "artifacts:\n  - kind: onnx\n    file: a\n    sha256: x\n\n# why\nlatency: 1",
        "latency: 1\nartifacts:\n  - {kind: onnx, file: a, sha256: x}",
    ],
)
def test_adding_an_artifact_leaves_the_rest_of_the_file(tmp_path, text):
    import yaml

    path = tmp_path / "model.yaml"
    path.write_text(text)
    assert add_artifact(path, artifact_line("torch", "b.pt", "y"))
    assert [entry["file"] for entry in yaml.safe_load(path.read_text())["artifacts"]] == ["a", "b.pt"]
    assert add_artifact(path, artifact_line("torch", "b.pt", "z"))
    read = yaml.safe_load(path.read_text())
    assert [entry["sha256"] for entry in read["artifacts"]] == ["x", "z"]
    assert read["latency"] == 1
    assert ("# why" in path.read_text()) == ("# why" in text)
    assert os.linesep not in path.read_text().splitlines()[0]


def test_a_list_in_one_line_is_left_to_its_owner(tmp_path):
    path = tmp_path / "model.yaml"
    path.write_text("artifacts: [{kind: onnx, file: a, sha256: x}]\n")
    assert not add_artifact(path, artifact_line("torch", "b.pt", "y"))
