"""``model.yaml`` is read as packs are: YAML 1.2, every problem at once, distributions in the packs' notation."""

import pytest

from simgate.harness.packs.loader import lint
from simgate.policies.perception.package import check_package, load_package
from tests.unit.policies.perception.tiny_model import write_package

LATENCY = "distribution: {normal: {mean: 20, std: 4, between: [10, 40]}}"


def write(folder, *changes):
    path = write_package(folder)
    text = path.read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text)
    return path


def said(path):
    return [problem.with_hint.removeprefix(f"{path}:") for problem in check_package(path)]


def test_numbers_are_those_of_yaml_1_2(tmp_path):
    path = write(tmp_path, ("width: 32", "width: 0032"), ("scale: 0.00392156862745098", "scale: 4e-3"))
    spec = load_package(path).input
    assert (spec.width, spec.scale) == (32, 0.004)


@pytest.mark.parametrize("name", ["no", "on", "y", "1:30", "2026-11-01"])
def test_words_that_yaml_1_1_took_for_something_else_are_text(tmp_path, name):
    path = write(tmp_path, ("glass_door", f"{name}"), ("version: 1.0.0", f"version: {name}"))
    assert load_package(path).classes == (name, "wooden_door")
    assert load_package(path).version == name


@pytest.mark.parametrize("commit", ["0123456", "1234567", "12e45678", "1e1000", "0x1f", "yes", '"5"', "1_0"])
def test_the_lineage_is_kept_as_written(tmp_path, commit):
    path = write(tmp_path, ("commit: none", f"commit: {commit}"))
    assert load_package(path).spec.lineage == {"seed": "1", "commit": commit.strip('"')}


@pytest.mark.parametrize("nothing", ["", "~", "null"])
def test_a_lineage_that_says_nothing_is_refused(tmp_path, nothing):
    (text,) = said(write(tmp_path, ("commit: none", f"commit: {nothing}")))
    assert "lineage.commit must be text, not empty" in text


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("version: 1.0.0", "version: 2.10", 'version must be text, not the number 2.10; put quotes around it: "2.10"'),
        ("width: 32", 'width: "32"', "input.width must be a whole number, not the text '32'; write it without quotes: 32"),
        ("width: 32", "width: 32.0", "input.width must be a whole number, not the number 32.0"),
        ("width: 32", "width: true", "input.width must be a whole number, not true"),
        ("0.00392156862745098", "1/255", "not the text '1/255'; write the number: 0.00392156862745098"),
        ("color: rgb", "color: RGB", "must be 'rgb', 'bgr' or 'grey', not the text 'RGB'; did you mean 'rgb'?"),
        ("stride: 8", "stride: 0", "decoder.stride must be greater than 0, not the number 0"),
        ("kind: center_heatmap", "kind: centre_heatmap", "unknown decoder 'centre_heatmap'; did you mean 'center_heatmap'?"),
        ("lineage:", 'limits: {box_max_px: "1.0"}\nlineage:', "box_max_px must be a number from 0 on"),
        ("lineage:", "limits: {score_max: -1}\nlineage:", "score_max must be a number from 0 on"),
        ("mean: [0.5, 0.5, 0.5]", "mean: .nan", ".nan is not a finite number of usable size"),
        ("mean: [0.5, 0.5, 0.5]", "mean: [1, 2, 3, 4]", "input.mean must have at most 3 entries, not 4"),
        ("{glass_door: 0.5, wooden_door: 0.6}", "high", "decoder.score_threshold must be a number, not the text 'high'"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_one_problem_with_what_to_write(tmp_path, old, new, words):
    (text,) = said(write(tmp_path, (old, new)))
    assert words in text


def test_everything_that_is_wrong_is_said_at_once_in_the_order_of_the_file(tmp_path):
    path = write(
        tmp_path,
        ("version: 1.0.0\n", ""),
        ("classes: [glass_door, wooden_door]", "classes: [glass_door, wooden_door, glass_door]"),
        ("width: 32", "widht: 32"),
        ("color: rgb", "color: 'rgb"),
    )
    (syntax,) = said(path)
    assert "yaml-syntax" in syntax
    path.write_text(path.read_text().replace("'rgb", "grb").replace("file: tiny", "file: gone"))
    expected = [
        "key 'version' is missing",
        "name one class twice",
        "key 'input.width' is missing",
        "unknown key 'input.widht'",
        "input.color must be",
        "artifact file 'gone.onnx' does not exist",
    ]
    found = said(path)
    assert len(found) == len(expected)
    assert all(words in text for words, text in zip(expected, found, strict=True))


def test_missing_keys_are_all_named(tmp_path):
    path = tmp_path / "model.yaml"
    path.write_text("decoder: {}\n")
    missing = {text.split("'")[1] for text in said(path)}
    assert missing == {
        "name",
        "version",
        "classes",
        "input",
        "decoder.kind",
        "artifacts",
        "latency",
        "lineage",
    }


@pytest.mark.parametrize(
    ("written", "older", "median"),
    [
        ("25", "{constant: 25}", 25.0),
        ("{uniform: [12, 80]}", "{uniform: {between: [12, 80]}}", 46.0),
    ],
)
def test_a_distribution_is_written_as_in_packs(tmp_path, written, older, median):
    found = []
    for text in (written, older):
        found.append(load_package(write(tmp_path, (LATENCY, f"distribution: {text}"))).latency.distribution)
    assert found[0] == found[1]
    assert found[0].quantile(0.5) == median


@pytest.mark.parametrize(
    "written", ["{uniform: [80, 12]}", "-1", "{uniform: 3}", "{uniform: [1, 2, 3]}", "true", "{}"]
)
def test_a_distribution_that_is_none_is_refused_where_it_stands(tmp_path, written):
    (text,) = said(write(tmp_path, (LATENCY, f"distribution: {written}")))
    assert text.startswith("23:") and "latency.distribution" in text


def test_the_file_of_a_model_is_read_once_under_an_anchor_too(tmp_path):
    path = write(
        tmp_path,
        ("mean: [0.5, 0.5, 0.5]", "mean: &half [0.5, 0.5, 0.5]"),
        ("std: [0.25, 0.25, 0.25]", "std: *half"),
    )
    assert load_package(path).input.std == (0.5, 0.5, 0.5)


def test_lint_underlines_the_whole_value_of_a_model(tmp_path):
    path = write(tmp_path, ("color: rgb", "color: redgreen"))
    pack = tmp_path / "pack.yaml"
    pack.write_text(f"simgate: 1\nmodel: {path.name}\n")
    (problem,) = [found for found in lint([pack]) if found.code == "model-package-value"]
    assert problem.length == len("redgreen")
