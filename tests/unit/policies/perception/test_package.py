import hashlib
from pathlib import Path

import pytest

from simgate.policies.perception.package import PackageError, check_package, load_package
from tests.unit.execution.conftest import memory_plugins
from tests.unit.policies.perception.tiny_model import write_package

__all__ = ["memory_plugins"]

POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"


def only(path: Path):
    problems = check_package(path)
    assert len(problems) == 1, problems
    with pytest.raises(PackageError) as caught:
        load_package(path)
    assert str(caught.value) == problems[0].with_hint
    assert str(problems[0]).startswith(f"{problems[0].path}:{problems[0].line}:{problems[0].column}: error[")
    return problems[0]


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def line_of(path: Path, text: str) -> int:
    return next(i for i, line in enumerate(path.read_text().splitlines(), 1) if text in line)


def test_a_sound_package_loads_from_its_file_and_from_its_folder(tmp_path):
    path = write_package(tmp_path)
    assert check_package(path) == []
    for where in (path, str(path), tmp_path):
        package = load_package(where)
        assert (package.name, package.version, package.path) == ("tiny", "1.0.0", path)
        assert package.classes == ("glass_door", "wooden_door")
        assert package.score_thresholds == (0.5, 0.6)
        assert package.artifact("onnx").path == tmp_path / "tiny.onnx"


def test_the_hash_of_a_package_changes_with_a_threshold_though_the_weights_do_not(tmp_path):
    path = write_package(tmp_path)
    before = load_package(path)
    edit(path, "wooden_door: 0.6", "wooden_door: 0.7")
    after = load_package(path)
    assert before.sha256 != after.sha256
    assert before.artifact("onnx").sha256 == after.artifact("onnx").sha256


def test_a_missing_package_says_so(tmp_path):
    problem = only(tmp_path / "nowhere.yaml")
    assert problem.code == "missing-model"
    assert "does not exist" in problem.message and "make train" in problem.hint


def test_a_missing_artifact_is_reported_where_its_name_stands(tmp_path):
    path = write_package(tmp_path)
    (tmp_path / "tiny.onnx").unlink()
    problem = only(path)
    assert problem.code == "missing-artifact" and "tiny.onnx" in problem.message
    line = path.read_text().splitlines()[problem.line - 1]
    assert line[problem.column - 1 :].startswith("tiny.onnx")


def test_a_changed_artifact_is_reported_with_both_hashes_at_the_declared_one(tmp_path):
    path = write_package(tmp_path)
    declared = load_package(path).artifact("onnx").sha256
    with (tmp_path / "tiny.onnx").open("ab") as file:
        file.write(b"x")
    problem = only(path)
    assert problem.code == "model-hash" and declared in problem.message
    line = path.read_text().splitlines()[problem.line - 1]
    assert line[problem.column - 1 :].startswith(declared)


@pytest.mark.parametrize("name", ["tiny.onnx", "model.yaml"])
def test_a_git_lfs_pointer_is_no_model(tmp_path, name):
    path = write_package(tmp_path)
    (tmp_path / name).write_bytes(POINTER)
    problem = only(path)
    assert problem.code == "not-fetched"
    assert name in problem.message and "get the file itself" in problem.hint


def test_an_unknown_key_is_reported_at_the_key_with_the_nearest_known_one(tmp_path):
    path = write_package(tmp_path)
    edit(path, "  layout: nchw", "  layuot: nchw")
    problem = only(path)
    assert (problem.code, problem.line, problem.column) == ("model-package-key", line_of(path, "layuot"), 3)
    assert "did you mean 'layout'" in problem.hint


@pytest.mark.parametrize(
    ("old", "new", "code", "words"),
    [
        ("name: tiny\n", "", "model-package-key", "'name' is missing"),
        ("stride: 8", "stride: eight", "model-package-value", "decoder.stride"),
        ("kind: center_heatmap", "kind: anchors", "model-package-value", "center_heatmap"),
        ("wooden_door: 0.6", "wood_door: 0.6", "model-package-value", "every class"),
        ("classes: [glass_door, wooden_door]", "classes: [a, a]", "model-package-value", "twice"),
        ("between: [10, 40]", "between: [40, 10]", "model-package-value", "empty"),
        ("{normal: {mean: 20, std: 4, between: [10, 40]}}", "{}", "model-package-value", "exactly one"),
        ("name: tiny\n", "name: tiny\nname: tiny\n", "duplicate-key", "written twice"),
        ("name: tiny\n", "name: !!python/name:os.system\n", "yaml-tag", "python/name"),
        ("lineage: {seed: 1, commit: none}", "lineage: &a {seed: *a}", "alias-bomb", "alias"),
        ("lineage: {seed: 1", "lineage: {seed: 1: 2", "yaml-syntax", ""),
        ("std: [0.25, 0.25, 0.25]", "std: [0.25, 0.0, 0.25]", "model-package-value", "input.std"),
    ],
)
def test_bad_content_is_reported_at_its_line(tmp_path, old, new, code, words):
    path = write_package(tmp_path)
    edit(path, old, new)
    problems = check_package(path)
    assert problems and {p.code for p in problems} == {code}
    assert any(words in p.with_hint for p in problems)
    first_words = new.split(":")[0].strip() if new else None
    if first_words and code == "model-package-value" and "classes" not in new and "wood" not in new:
        assert problems[0].line == line_of(path, new.splitlines()[0])


def test_all_problems_are_reported_in_one_go_in_the_order_of_the_file(tmp_path):
    path = write_package(tmp_path)
    edit(path, "width: 32", "widht: 32")
    edit(path, "max_detections: 5", "max_detections: -5")
    lines = [p.line for p in check_package(path)]
    assert len(lines) == 3 and lines == sorted(lines)


def test_a_network_in_place_of_what_declares_it_is_said_by_name(tmp_path):
    from simgate.policies.network.package import load_policy

    network = write_package(tmp_path).parent / "net.onnx"
    network.write_bytes(b"\x08\x07\xff\x00")
    problem = only(network)
    assert problem.message == "'net.onnx' is a network, not the YAML file that declares it"
    assert "model.yaml" in problem.hint
    with pytest.raises(PackageError, match=r"'net\.onnx' is a network") as caught:
        load_policy(network)
    assert [one.code for one in caught.value.problems] == ["policy-value"]


def test_bytes_that_are_no_text_are_reported_at_their_line(tmp_path):
    path = write_package(tmp_path)
    path.write_bytes(b"name: tiny\nversion: \xff\n")
    problem = only(path)
    assert (problem.code, problem.line) == ("not-utf8", 2)


def test_the_md5_of_what_dvc_tracks_is_in_the_lineage_of_package_and_run(tmp_path, memory_plugins):
    from simgate.harness.execution.planning.conditions import collect_fingerprint
    from tests.unit.execution.memory_pack import make_pack

    pack = make_pack(tmp_path)
    file = Path(str(pack.model)).with_name("weights.onnx")
    md5 = hashlib.md5(file.read_bytes()).hexdigest()
    file.with_name("weights.onnx.dvc").write_text(f"outs:\n- md5: {md5}\n  hash: md5\n  path: weights.onnx\n")
    package = load_package(Path(str(pack.model)))
    assert package.lineage == {"made_by": "tests", "dvc md5 of weights.onnx": md5}
    assert collect_fingerprint(pack, "onnxruntime").model_lineage == package.lineage


def test_asking_for_an_artifact_that_is_not_there_lists_what_there_is(tmp_path):
    package = load_package(write_package(tmp_path))
    with pytest.raises(PackageError, match=r"no artifact of kind 'tensorrt' \(has: onnx\)"):
        package.artifact("tensorrt")
