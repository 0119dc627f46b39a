"""ONNX weights in a second file: found beside the model, hashed, and what runs is what was hashed."""

import hashlib
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

from simgate.policies.perception.files.package_files import onnx_digest
from simgate.policies.perception.package import PackageError, check_package, load_package
from simgate.policies.perception.runtimes.onnxruntime_runtime import OnnxRuntime
from tests.unit.policies.perception.tiny_model import (
    declare_external,
    onnx_bytes,
    write_external,
    write_package,
)

FRAMES = np.zeros((1, 24, 32, 3), np.uint8)
FRAMES[:, 8:16, 8:16, 0] = 255


def zero(path: Path) -> None:
    path.write_bytes(bytes(path.stat().st_size))


def said(path: Path) -> str:
    (problem,) = check_package(path)
    return problem.with_hint


@pytest.mark.parametrize("location", ["tiny.onnx.data", "weights/all.bin"])
def test_weights_in_a_second_file_are_read_beside_the_model_in_any_folder(tmp_path, monkeypatch, location):
    whole, split = tmp_path / "whole", tmp_path / "split"
    whole.mkdir()
    split.mkdir()
    expected = OnnxRuntime(load_package(write_package(whole)), "cpu").infer(FRAMES)[0]
    package = load_package(write_external(split, location))
    monkeypatch.chdir(whole)
    found = OnnxRuntime(package, "cpu").infer(FRAMES)[0]
    assert len(found) and np.array_equal(found.boxes, expected.boxes)
    assert np.array_equal(found.scores, expected.scores)


def test_a_file_of_the_same_name_in_the_current_folder_is_not_read(tmp_path, monkeypatch):
    package = load_package(write_external(tmp_path))
    expected = OnnxRuntime(package, "cpu").infer(FRAMES)[0]
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "tiny.onnx.data").write_bytes(bytes((tmp_path / "tiny.onnx.data").stat().st_size))
    monkeypatch.chdir(elsewhere)
    assert np.array_equal(OnnxRuntime(package, "cpu").infer(FRAMES)[0].scores, expected.scores)


def test_weights_that_were_zeroed_are_another_model_than_the_declared_one(tmp_path):
    path = write_external(tmp_path)
    zero(tmp_path / "tiny.onnx.data")
    assert "error[model-hash]: 'tiny.onnx.data' has sha256" in said(path)


def test_other_weights_that_are_declared_change_every_identity(tmp_path):
    path = write_external(tmp_path)
    before = load_package(path)
    zero(tmp_path / "tiny.onnx.data")
    declare_external(path, "tiny.onnx.data")
    after = load_package(path)
    assert before.artifact("onnx").sha256 == after.artifact("onnx").sha256
    assert before.artifact("onnx").digest != after.artifact("onnx").digest
    assert before.sha256 != after.sha256
    assert OnnxRuntime(after, "cpu").describe().artifact_sha256 == after.artifact("onnx").digest


def test_the_digest_of_a_model_in_one_file_is_that_files_hash_and_is_the_same_from_the_files_alone(tmp_path):
    whole, split = tmp_path / "whole", tmp_path / "split"
    whole.mkdir()
    split.mkdir()
    for package in (load_package(write_package(whole)), load_package(write_external(split, "w/all.bin"))):
        artifact = package.artifact("onnx")
        assert onnx_digest(artifact.path) == artifact.digest
        assert (artifact.digest == artifact.sha256) == (package.path.parent == whole)


def test_weights_that_nobody_declared_are_refused_with_the_line_to_add(tmp_path):
    path = write_external(tmp_path, declare=False)
    digest = hashlib.sha256((tmp_path / "tiny.onnx.data").read_bytes()).hexdigest()
    text = said(path)
    assert "error[external-data]: 'tiny.onnx' keeps weights in 'tiny.onnx.data'" in text
    line = f"external_data: [{{file: tiny.onnx.data, sha256: {digest}}}]"
    assert line in text
    path.write_text(path.read_text().replace("sha256: ", f"{line}, sha256: ", 1))
    assert check_package(path) == []


@pytest.mark.parametrize("declare", [True, False])
def test_weights_that_are_not_there_are_refused_by_name(tmp_path, declare):
    path = write_external(tmp_path, declare=declare)
    (tmp_path / "tiny.onnx.data").unlink()
    text = "\n".join(problem.with_hint for problem in check_package(path))
    assert "error[missing-artifact]" in text and "'tiny.onnx.data'" in text and "does not exist" in text


@pytest.mark.parametrize(
    "location", ["../w.data", "sub/../../w.da", "/tmp/w.data", "C:\\w\\x.data", "..\\w.datax"]
)
def test_weights_outside_of_the_packages_folder_are_refused(tmp_path, location):
    folder = tmp_path / "package"
    folder.mkdir()
    path = write_external(folder, "w" * len(location), declare=False)
    content = (folder / "tiny.onnx").read_bytes().replace(b"w" * len(location), location.encode())
    (folder / "tiny.onnx").write_bytes(content)
    declare_external(path, "")
    text = said(path)
    assert "error[outside-package]" in text and location in text


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("file: tiny.onnx,", "file: ../tiny.onnx,"),
        ("lineage:", "model_card: ../secret.md\nlineage:"),
        ("lineage:", "model_card: link.md\nlineage:"),
    ],
)
def test_no_file_of_a_package_lies_outside_of_its_folder(tmp_path, old, new):
    folder = tmp_path / "package"
    folder.mkdir()
    path = write_package(folder)
    (tmp_path / "secret.md").write_text("a secret of the user")
    (folder / "link.md").symlink_to(tmp_path / "secret.md")
    path.write_text(path.read_text().replace(old, new))
    assert "error[outside-package]" in said(path)


def test_a_package_that_consists_of_links_into_a_cache_is_taken(tmp_path):
    cache, folder = tmp_path / "blobs", tmp_path / "snapshot"
    cache.mkdir()
    folder.mkdir()
    path = write_package(cache)
    (cache / "card.md").write_text("card")
    path.write_text(path.read_text().replace("lineage:", "model_card: card.md\nlineage:"))
    for file in cache.iterdir():
        (folder / file.name).symlink_to(file)
    assert check_package(folder) == []


def test_every_file_of_a_package_is_listed_with_its_hash(tmp_path):
    path = write_external(tmp_path, "weights/all.bin")
    (tmp_path / "card.md").write_text("card")
    path.write_text(path.read_text().replace("lineage:", "model_card: card.md\nlineage:"))
    files = load_package(path).files
    assert [file.name for file in files] == ["model.yaml", "tiny.onnx", "weights/all.bin", "card.md"]
    for file in files:
        assert hashlib.sha256(file.path.read_bytes()).hexdigest() == file.sha256


@pytest.mark.parametrize("name", ["tiny.onnx", "tiny.onnx.data"])
def test_a_file_that_is_replaced_after_the_package_was_read_is_not_loaded(tmp_path, name):
    package = load_package(write_external(tmp_path))
    zero(tmp_path / name)
    with pytest.raises(PackageError, match=rf"model-hash.*'{name}' has sha256"):
        OnnxRuntime(package, "cpu")


def test_a_model_in_one_file_that_is_replaced_after_the_package_was_read_is_not_loaded(tmp_path):
    package = load_package(write_package(tmp_path))
    with (tmp_path / "tiny.onnx").open("ab") as file:
        file.write(b"\0")
    with pytest.raises(PackageError, match=r"model-hash.*'tiny.onnx' has sha256"):
        OnnxRuntime(package, "cpu")


def test_what_is_written_into_the_weights_later_does_not_reach_a_running_model(tmp_path):
    """ONNX Runtime maps external data into memory and would follow."""
    model = onnx.load_model_from_string(onnx_bytes())
    for node in model.graph.node:
        node.input[:] = ["lifted" if name == "frames" else name for name in node.input]
    model.graph.node.insert(0, helper.make_node("Add", ["frames", "lift"], ["lifted"]))
    lift = np.full((1, 3, 24, 32), 0.5, np.float32)
    model.graph.initializer.append(numpy_helper.from_array(lift, "lift"))
    runtime = OnnxRuntime(load_package(write_external(tmp_path, content=model.SerializeToString())), "cpu")
    before = runtime.infer(FRAMES)[0].scores.copy()
    with (tmp_path / "tiny.onnx.data").open("r+b") as file:
        file.write(bytes((tmp_path / "tiny.onnx.data").stat().st_size))
    assert len(before) and np.array_equal(runtime.infer(FRAMES)[0].scores, before)
