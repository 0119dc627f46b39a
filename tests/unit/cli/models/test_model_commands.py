"""``simgate parity`` and ``simgate bench-model`` as a user types them."""

import json

import numpy as np
import pytest

from simgate.harness.cli.main import main

pytest.importorskip("onnx", reason="makes the tiny model of these tests")

from tests.unit.policies.perception.tiny_model import write_package


@pytest.fixture(autouse=True)
def nothing_is_trusted(monkeypatch):
    """Unless a command line says so, and only for that test."""
    monkeypatch.setenv("SIMGATE_TRUST", "")


@pytest.fixture
def model(tmp_path):
    path = write_package(tmp_path)
    path.write_text(path.read_text() + "limits: {box_max_px: 0.5, score_max: 0.01}\n")
    frames = np.random.default_rng(1).integers(0, 256, (6, 24, 32, 3)).astype(np.uint8)
    np.save(tmp_path / "frames.npy", frames)
    np.savez(tmp_path / "frames.npz", lux=np.zeros(6), rgb=frames)
    return tmp_path


def test_parity_with_torch_prints_the_largest_differences_and_passes(model, capsys):
    pytest.importorskip("torch", reason="the other runtime")
    from simgate.policies.perception.onnx_to_torch import main as onnx_to_torch

    assert onnx_to_torch([str(model), str(model / "tiny.pt2"), "--add"]) == 0
    assert (
        main(["parity", str(model), "--runtime", "torch", "--frames", str(model / "frames.npz"), "--trust"])
        == 0
    )
    said = capsys.readouterr().out
    assert "A  tiny 1.0.0, tiny.pt2 on torch" in said
    assert "B  tiny 1.0.0, tiny.onnx on onnxruntime" in said
    assert "6 frames" in said
    assert "box, largest" in said
    assert "(limit 0.5 px, frame " in said
    assert said.endswith("within the limits\n")


def test_parity_fails_past_a_limit(model, capsys):
    """The torch program has weights that are two percent larger."""
    pytest.importorskip("torch", reason="the other runtime")
    import onnx
    from onnx import numpy_helper

    from simgate.policies.perception.model_yaml.edit import add_artifact, artifact_line
    from simgate.policies.perception.onnx_to_torch import main as onnx_to_torch
    from tests.unit.policies.perception.tiny_model import onnx_bytes

    changed = onnx.load_model_from_string(onnx_bytes())
    weights = changed.graph.initializer[0]
    weights.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(weights) * 1.1, weights.name))
    other = model / "other"
    other.mkdir()
    write_package(other, changed.SerializeToString())
    assert onnx_to_torch([str(other), str(model / "tiny.pt2")]) == 0
    digest = capsys.readouterr().out.partition("sha256: ")[2].partition("}")[0]
    assert add_artifact(model / "model.yaml", artifact_line("torch", "tiny.pt2", digest))
    frames = np.full((1, 24, 32, 3), 128, np.uint8)
    frames[0, 8:16, 8:16] = (134, 100, 100)
    np.save(model / "red.npy", frames)
    assert (
        main(["parity", str(model), "--runtime", "torch", "--frames", str(model / "red.npy"), "--trust"]) == 1
    )
    said = capsys.readouterr().out
    assert "PAST score, largest" in said
    assert "past the limits: score_max" in said


def test_parity_of_a_runtime_with_itself_says_so(model, capsys):
    assert main(["parity", str(model), "--frames", str(model / "frames.npy")]) == 0
    assert "both are the same file in the same runtime" in capsys.readouterr().out


def weakened(share):
    """The tiny model with weights of another size, as a quantised one has."""
    import onnx
    from onnx import numpy_helper

    from tests.unit.policies.perception.tiny_model import onnx_bytes

    changed = onnx.load_model_from_string(onnx_bytes())
    weights = changed.graph.initializer[0]
    weights.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(weights) * share, weights.name))
    return changed.SerializeToString()


@pytest.fixture
def two_files(model):
    """The package lists a second ONNX file; the frames hold one cell that is barely red."""
    import hashlib

    from simgate.policies.perception.model_yaml.edit import add_artifact, artifact_line

    content = weakened(0.6)
    (model / "small.onnx").write_bytes(content)
    line = artifact_line("onnx", "small.onnx", hashlib.sha256(content).hexdigest())
    assert add_artifact(model / "model.yaml", line)
    frames = np.full((2, 24, 32, 3), 100, np.uint8)
    frames[1, 8:16, 8:16] = (145, 100, 100)
    frames[1, :8, 24:] = (255, 100, 100)
    np.save(model / "faint.npy", frames)
    return model


def test_two_files_of_a_package_are_compared(two_files, capsys):
    out = two_files / "parity.json"
    options = ["--frames", str(two_files / "faint.npy"), "--json", str(out)]
    command = ["parity", str(two_files), "--artifact", "tiny.onnx", "--against", "small.onnx", *options]
    assert main([*command, "--limit", "unmatched=1", "--limit", "score_max=0.9"]) == 0
    said = capsys.readouterr().out
    assert "A  tiny 1.0.0, tiny.onnx on onnxruntime" in said
    assert "B  tiny 1.0.0, small.onnx on onnxruntime" in said
    written = json.loads(out.read_text())
    assert (written["a"]["file"], written["b"]["file"]) == ("tiny.onnx", "small.onnx")
    assert written["classes"] == {"glass_door": {"a": 2, "b": 2, "both": 2}}
    assert main([*command, "--limit", "score_max=0.001"]) == 1
    assert "past the limits: score_max" in capsys.readouterr().out


def test_two_packages_are_compared_at_their_own_thresholds(two_files, capsys):
    other = two_files / "other"
    other.mkdir()
    path = write_package(other, weakened(0.6))
    path.write_text(path.read_text().replace("{glass_door: 0.5, wooden_door: 0.6}", "0.97"))
    out = two_files / "parity.json"
    command = ["parity", str(two_files), "--against", str(other), "--frames", str(two_files / "faint.npy")]
    assert main([*command, "--limit", "recall_in_b=0.6", "--json", str(out)]) == 1
    said = capsys.readouterr().out
    assert "PAST A's boxes that B has  0.5 (limit 0.6)" in said
    (change,) = json.loads(out.read_text())["changes"]
    assert (change["frame"], change["kind"], change["a"]["label"]) == (1, "threshold", "glass_door")
    assert change["a"]["score"] > change["b"]["score"] > 0.5
    assert (
        f"frame 1: A glass_door {change['a']['score']:.3f}, B glass_door {change['b']['score']:.3f}, below 0.97"
        in said
    )


def test_both_can_be_looked_at_with_another_threshold(two_files, capsys):
    command = ["parity", str(two_files), "--against", "small.onnx", "--frames", str(two_files / "faint.npy")]
    assert main([*command, "--threshold", "0.85", "--limit", "unmatched=1"]) == 0
    said = capsys.readouterr().out
    assert "glass_door  2  1     1" in said
    assert "below 0.85" in said


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (
            ["--against", "nothing.onnx"],
            "the package lists no file 'nothing.onnx' (has: tiny.onnx, small.onnx)",
        ),
        (
            ["--artifact", "notes.onnx"],
            "add it: - {kind: ..., file: notes.onnx, sha256: 2cf24dba5fb0a30e26e83b2ac5b9",
        ),
        (
            ["--against", "{model}/stranger"],
            "A finds glass_door, wooden_door, B finds cat, dog: no class is common",
        ),
        (["--against", "{model}/nowhere/model.yaml"], "missing-model"),
    ],
)
def test_what_cannot_be_compared_is_told_in_one_line(two_files, capsys, options, words):
    (two_files / "notes.onnx").write_bytes(b"hello")
    stranger = two_files / "stranger"
    stranger.mkdir()
    path = write_package(stranger)
    path.write_text(path.read_text().replace("glass_door", "cat").replace("wooden_door", "dog"))
    frames = ["--frames", str(two_files / "faint.npy")]
    assert main(["parity", str(two_files), *frames, *(one.format(model=two_files) for one in options)]) == 2
    said = capsys.readouterr().err
    assert words in said
    assert len(said.strip().splitlines()) == 1


@pytest.mark.parametrize(
    "limit", ["score=1", "score_max", "score_max=-1", "score_max=few", "recall_in_b=nan"]
)
def test_a_limit_that_is_none_is_refused(model, capsys, limit):
    with pytest.raises(SystemExit):
        main(["parity", str(model), "--limit", limit])
    assert "must be NAME=NUMBER with NAME box_max_px, box_p99_px, score_max" in capsys.readouterr().err


def test_a_bench_prints_percentiles_with_bounds_and_writes_them(model, capsys):
    out = model / "bench.json"
    options = [
        "--frames",
        str(model / "frames.npy"),
        "--seconds",
        "0.2",
        "--batches",
        "1,4",
        "--json",
        str(out),
    ]
    assert main(["bench-model", str(model), *options]) == 0
    said = capsys.readouterr().out
    assert "tiny 1.0.0 on onnxruntime" in said
    assert "cpu.rss_peak_mb" in said
    written = json.loads(out.read_text())
    assert [row["batch"] for row in written["batches"]] == [1, 4]
    for row in written["batches"]:
        assert row["calls"] >= 20
        assert row["dropped"] >= 3
        times = row["host_ms"]
        assert 0 < times["p50"] <= times["p95"] <= times["p99"]
        assert times["p50_at_most"] >= times["p50"]
        assert row["device_ms"] is None
        assert 0 < row["cpu_ms_per_frame"] < 1000


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--frames", "nowhere.npy"], "nowhere.npy: cannot be read as frames"),
        (["--frames", "{model}"], "holds no PNG or JPEG files"),
        (["--frames", "{model}/model.yaml"], "cannot be read as frames"),
        ([], "no pack in scenarios/ uses this model; give --pack PACK or --frames FOLDER"),
        (["--count", "0"], "--count must be at least 1"),
        (["--frames", "{model}/frames.npy", "--runtime", "torhc"], "did you mean 'torch'"),
        (["--frames", "{model}/frames.npy", "--runtime", "onnxruntime:tpu"], "name:cuda:N"),
    ],
)
@pytest.mark.parametrize("command", ["parity", "bench-model"])
def test_wrong_use_is_told_in_one_line(model, capsys, monkeypatch, command, options, words):
    monkeypatch.chdir(model)
    assert main([command, str(model), *(option.format(model=model) for option in options)]) == 2
    said = capsys.readouterr().err
    assert words in said
    assert len(said.strip().splitlines()) == 1


@pytest.mark.parametrize("command", ["parity", "bench-model"])
def test_what_the_model_refuses_is_told_without_a_traceback(model, capsys, command):
    np.save(model / "large.npy", np.zeros((2, 48, 64, 3), np.uint8))
    assert main([command, str(model), "--frames", str(model / "large.npy")]) == 2
    said = capsys.readouterr().err
    assert "32x24 pixels" in said
    assert len(said.strip().splitlines()) == 1


@pytest.mark.parametrize("seconds", ["0", "-1", "soon", "inf", "nan"])
def test_a_bench_needs_some_time(model, capsys, seconds):
    with pytest.raises(SystemExit):
        main(["bench-model", str(model), "--seconds", seconds])
    assert f"must be a number above 0, not '{seconds}'" in capsys.readouterr().err


def test_png_files_are_frames(model, capsys):
    from PIL import Image

    folder = model / "pictures"
    folder.mkdir()
    for number, frame in enumerate(np.load(model / "frames.npy")):
        Image.fromarray(frame).save(folder / f"{number}.png")
    assert main(["parity", str(model), "--frames", str(folder), "--count", "4"]) == 0
    assert "4 frames" in capsys.readouterr().out
    Image.fromarray(np.zeros((48, 64, 3), np.uint8)).save(folder / "9.png")
    assert main(["parity", str(model), "--frames", str(folder)]) == 2
    said = capsys.readouterr().err
    assert f"frames must be of one size: {folder / '0.png'} 32x24, {folder / '9.png'} 64x48" in said
