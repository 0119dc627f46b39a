"""``simgate detect`` as a user types it, on real files."""

import json

import numpy as np
import pytest
from PIL import Image

from simgate.harness.cli.main import main

pytest.importorskip("onnx", reason="makes the tiny model of these tests")

from onnx import TensorProto, helper

from tests.unit.policies.perception.tiny_model import onnx_bytes, write_package


def red_cell(row, column, size=(24, 32)):
    """The tiny model finds glass in a red cell of 8 x 8 pixels."""
    frame = np.zeros((*size, 3), np.uint8)
    scale = size[0] // 24
    edge = 8 * scale
    frame[row * edge : (row + 1) * edge, column * edge : (column + 1) * edge] = (255, 0, 0)
    return frame


@pytest.fixture
def model(tmp_path):
    write_package(tmp_path)
    (tmp_path / "pictures").mkdir()
    Image.fromarray(red_cell(1, 2)).save(tmp_path / "pictures" / "b.png")
    Image.fromarray(np.zeros((24, 32, 3), np.uint8)).save(tmp_path / "pictures" / "a.jpg")
    (tmp_path / "pictures" / "notes.txt").write_text("not for the model")
    return tmp_path


def test_what_is_found_is_printed_drawn_and_written(model, capsys):
    out, file = model / "out", model / "found.json"
    command = ["detect", str(model), str(model / "pictures"), "--out", str(out), "--json", str(file)]
    assert main(command) == 0
    said = capsys.readouterr().out
    assert "tiny 1.0.0 on onnxruntime" in said
    assert "a.jpg  32x24  0 detections" in said
    assert "b.png  32x24  1 detection\n" in said
    assert "  glass_door  1.000  12.0  4.0   28.0    20.0" in said
    assert "latency measured on this machine" in said
    written = json.loads(file.read_text())
    assert [len(one["detections"]) for one in written["pictures"]] == [0, 1]
    (found,) = written["pictures"][1]["detections"]
    assert (found["class"], found["box"]) == ("glass_door", [12, 4, 28, 20])
    assert written["pictures"][1]["measured_ms"] > 0
    with Image.open(out / "b-detections.png") as drawn:
        assert drawn.size == (96, 72)
        assert drawn.convert("RGB").getpixel((36, 50)) == (255, 176, 0)
    assert len(list(out.iterdir())) == 2


def test_a_picture_of_another_size_goes_through_the_packages_own_resize(model, capsys):
    large = model / "large.png"
    Image.fromarray(red_cell(1, 2, (48, 64))).save(large)
    assert main(["detect", str(model), str(large)]) == 2
    assert (
        f"{large}: model 'tiny' on ONNX Runtime: the model takes frames of 32x24" in capsys.readouterr().err
    )
    path = model / "model.yaml"
    path.write_text(path.read_text().replace("  width: 32", "  resize: stretch\n  width: 32"))
    assert main(["detect", str(model), str(large)]) == 0
    assert "glass_door  1.000  24.0  8.0   56.0    40.0" in capsys.readouterr().out


def test_two_pictures_of_one_name_are_both_kept(model):
    (model / "other").mkdir()
    Image.fromarray(red_cell(0, 0)).save(model / "other" / "b.png")
    pictures = [str(model / folder / "b.png") for folder in ("pictures", "other")]
    assert main(["detect", str(model), *pictures, "--out", str(model / "out")]) == 0
    assert sorted(file.name for file in (model / "out").iterdir()) == [
        "b-detections-2.png",
        "b-detections.png",
    ]


def test_another_threshold_shows_what_comes_near(model, capsys):
    frame = np.full((24, 32, 3), 127, np.uint8)
    Image.fromarray(frame).save(model / "even.png")
    assert main(["detect", str(model), str(model / "even.png")]) == 0
    assert "note: nothing reached its threshold; --threshold 0.05 shows" in capsys.readouterr().out
    assert main(["detect", str(model), str(model / "even.png"), "--threshold", "0.3"]) == 0
    assert "0.4" in capsys.readouterr().out


def converted(frame, mode):
    return Image.fromarray(frame).convert(mode)


@pytest.mark.parametrize(
    ("name", "make", "words"),
    [
        ("grey.png", lambda f: converted(f, "L"), "grey, the same in all three channels"),
        ("palette.png", lambda f: converted(f, "P"), ""),
        ("opaque.png", lambda f: converted(f, "RGBA"), ""),
        ("bilevel.png", lambda f: converted(f, "1"), "grey"),
    ],
)
def test_other_8_bit_pictures_are_frames(model, capsys, name, make, words):
    make(red_cell(1, 2)).save(model / name)
    assert main(["detect", str(model), str(model / name)]) == 0
    assert words in capsys.readouterr().out


def test_colours_under_transparency_are_taken_as_stored(model, capsys):
    picture = converted(red_cell(1, 2), "RGBA")
    picture.putalpha(0)
    picture.save(model / "clear.png")
    assert main(["detect", str(model), str(model / "clear.png")]) == 0
    said = capsys.readouterr().out
    assert "transparency ignored" in said
    assert "glass_door  1.000  12.0  4.0" in said


def test_a_photo_is_turned_upright(model, capsys):
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(red_cell(1, 2)).transpose(Image.Transpose.ROTATE_90).save(model / "photo.png", exif=exif)
    assert main(["detect", str(model), str(model / "photo.png")]) == 0
    said = capsys.readouterr().out
    assert "32x24  1 detection; turned upright as its EXIF says" in said
    assert "glass_door  1.000  12.0  4.0" in said


def bytes_of(path, frame):
    Image.fromarray(frame).save(path)
    return path.read_bytes()


@pytest.mark.parametrize(
    ("name", "write", "words"),
    [
        ("text.png", lambda p: p.write_text("hello"), "is no PNG or JPEG picture"),
        ("empty.jpg", lambda p: p.write_bytes(b""), "is no PNG or JPEG picture"),
        ("x.webp", lambda p: converted(red_cell(0, 0), "RGB").save(p), "is no PNG or JPEG picture"),
        ("cut.png", lambda p: p.write_bytes(bytes_of(p, np.random.default_rng(0).integers(0, 255, (24, 32, 3)).astype(np.uint8))[:900]), "cannot be read"),
        ("16.png", lambda p: Image.fromarray(np.full((24, 32), 40000, np.uint16)).save(p), "16 bits a channel"),
        ("cmyk.jpg", lambda p: converted(red_cell(0, 0), "CMYK").save(p), "holds CMYK colours"),
        ("huge.png", lambda p: Image.new("1", (8000, 7000)).save(p), "8000x7000 pixels, more than 50,000,000"),
        ("bomb.png", lambda p: Image.new("1", (20000, 20000)).save(p), "more than 50,000,000 pixels"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_frame_is_refused_and_the_others_are_looked_at(model, capsys, name, write, words):
    write(model / name)
    assert main(["detect", str(model), str(model / name), str(model / "pictures")]) == 2
    said = capsys.readouterr()
    assert words in said.err
    assert str(model / name) in said.err
    assert len(said.err.splitlines()) == 1
    assert "1 detection in 2 pictures, 1 picture refused" in said.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["{model}", "{model}/nowhere.png"], "nowhere.png does not exist"),
        (["{model}", "{model}/empty"], "empty holds no PNG or JPEG files"),
        (["{model}", "/dev/null"], "/dev/null is no plain file"),
        (["{model}/empty", "{model}/pictures"], "missing-model"),
        (["{model}", "{model}/pictures", "--runtime", "torhc"], "did you mean 'torch'"),
        (["{model}", "{model}/pictures", "--out", "{model}/model.yaml"], "model.yaml: File exists"),
    ],
)
def test_wrong_use_is_told_in_one_line(model, capsys, arguments, words):
    (model / "empty").mkdir()
    assert main(["detect", *(one.format(model=model) for one in arguments)]) == 2
    said = capsys.readouterr().err
    assert words in said
    assert len(said.strip().splitlines()) == 1


def test_a_model_whose_boxes_are_shares_is_noticed(model, capsys):
    """Every box reaches one stride each way; one of 8 pixels that is declared as 64 times smaller does not."""
    import onnx
    from onnx import numpy_helper

    made = onnx.load_model_from_string(onnx_bytes())
    for tensor in made.graph.initializer:
        if tensor.name == "b4":
            tensor.CopyFrom(numpy_helper.from_array(np.array([9, 9, -0.4, -0.4], np.float32), "b4"))
    write_package(model, made.SerializeToString())
    Image.fromarray(red_cell(0, 0)).save(model / "corner.png")
    assert main(["detect", str(model), str(model / "corner.png")]) == 0
    assert "every box lies in the first pixel" in capsys.readouterr().out


def test_a_wrong_form_of_the_boxes_is_noticed(model, capsys):
    """Centre and size read as two corners."""
    from tests.unit.policies.perception.made_models import constant_onnx, package

    table = np.array([[[24], [16], [10], [8], [0.9], [0.1]]], np.float32)
    decoder = {"kind": "yolo", "box": "xyxy", "score_threshold": 0.5, "outputs": {"predictions": "d"}}
    package(model / "other", constant_onnx({"d": table}), decoder=decoder, classes=["a", "b"])
    assert main(["detect", str(model / "other"), str(model / "pictures" / "b.png")]) == 0
    assert "note: boxes end before they begin" in capsys.readouterr().out


def test_names_of_files_and_classes_move_no_terminal_and_forge_no_line(model, capsys):
    path = model / "model.yaml"
    path.write_text(path.read_text().replace("glass_door", '"x\\n::error::y"'))
    Image.fromarray(red_cell(1, 2)).save(model / "a\x1b[31m\n::error::b.png")
    (model / "c\n::error::d.png").write_text("hello")
    assert main(["detect", str(model), str(model), "--out", str(model / "out")]) == 2
    said = capsys.readouterr()
    assert "\\x1b[31m\\n::error::b.png" in said.out
    assert "x\\n::error::y" in said.out
    assert "\x1b" not in said.out
    assert not any(line.startswith("::") for line in (said.out + said.err).splitlines())


def test_a_model_of_depth_is_told_in_metres_and_drawn_beside_the_picture(model, capsys):
    node = helper.make_node("ReduceMean", ["frames"], ["depth"], axes=[1], keepdims=0)
    frames = helper.make_tensor_value_info("frames", TensorProto.FLOAT, ["n", 3, 24, 32])
    depth = helper.make_tensor_value_info("depth", TensorProto.FLOAT, ["n", 24, 32])
    graph = helper.make_graph([node], "depth", [frames], [depth])
    content = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8
    ).SerializeToString()
    path = write_package(model, content)
    text = path.read_text()
    decoder = "decoder: {kind: depth, meaning: depth, unit_m: 1, outputs: {depth: depth}}\n"
    plain = text.replace("[0.5, 0.5, 0.5]", "[0, 0, 0]").replace("[0.25, 0.25, 0.25]", "[1, 1, 1]")
    start, end = plain.index("decoder:"), plain.index("artifacts:")
    path.write_text(f"{plain[:start]}{decoder}{plain[end:]}")
    out, file = model / "out", model / "found.json"
    pictures = [str(model / "pictures" / "b.png"), "--out", str(out), "--json", str(file)]
    assert main(["detect", str(model), *pictures]) == 0
    said = capsys.readouterr().out
    assert "b.png  32x24  depth" in said and "answers in 1 picture" in said
    assert "least m median m largest m % without depth 0.333 0.333 0.333 91.7" in " ".join(said.split())
    (written,) = json.loads(file.read_text())["pictures"]
    assert written["depth_m"]["largest"] == pytest.approx(1 / 3, rel=1e-6)
    with Image.open(out / "b-detections.png") as drawn:
        assert drawn.size == (2 * 96, 72), "the frame, and the depth at its right"
